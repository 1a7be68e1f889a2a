"""Temporary credentials: access key ids as ASIA…, that mean something only together with their session token.

Nothing of them is stored. The token is sealed and says whose they are; the secret follows from the token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from entrepot.domain import iam_names as names
from entrepot.domain.errors import SessionExpired, TokenRefused
from entrepot.domain.principals import ROLE, ROOT, USER, Principal, Session, root
from entrepot.registry import accounts, credentials, directory, sealing
from entrepot.registry.credentials import Keys
from entrepot.registry.sealing import Ring

if TYPE_CHECKING:
    from entrepot.domain.iam_entities import Identity
    from entrepot.registry.context import Registry

PREFIX: Final = "ASIA"
TOKEN_LIMIT: Final = 16_384  # characters; what is sealed is smaller by far
PACKED_LIMIT: Final = 4_096
"""Bytes that policies and tags may take in a session token, packed. AWS has such a limit and tells no number."""

_PURPOSE = "session"
_SECRET_BYTES = 30  # 40 characters


@dataclass(frozen=True, slots=True)
class Credentials:
    """What STS hands out; `expires_at` is in microseconds UTC."""

    access_key_id: str
    secret: str
    token: str
    expires_at: int

    def __repr__(self) -> str:
        return f"Credentials({self.access_key_id!r}, …)"


def is_temporary(access_key_id: str) -> bool:
    """Whether an access key id is one that needs a session token."""
    return access_key_id.startswith(PREFIX)


# --- giving out ------------------------------------------------------------------------------------------------


def issue(reg: Registry, account: str, holder: Identity | None, session: Session) -> Credentials:
    """Credentials of a role's session, of a user, or, where `holder` is None, of the account's root."""
    access_key_id = names.access_key_id(account, os.urandom(5), PREFIX)
    unique_id = holder.unique_id if holder is not None else accounts.mark(reg, account)
    said = json.dumps([access_key_id, account, holder.id if holder else None, unique_id, *_parts(session)])
    sealed = sealing.seal(reg.keys, _PURPOSE, zlib.compress(said.encode(), 9))
    token = base64.b64encode(sealed).decode()
    return Credentials(access_key_id, _secret(reg.keys.ring, sealed), token, session.expires_at)


def packed(policies: Sequence[str], context: Mapping[str, Sequence[str]]) -> int:
    """How much of PACKED_LIMIT policies and condition keys take, in percent, rounded up."""
    size = len(zlib.compress(json.dumps([list(policies), {key: list(context[key]) for key in context}]).encode(), 9))
    return -(-size * 100 // PACKED_LIMIT)


def _parts(session: Session) -> list[Any]:
    context = {key: list(values) for key, values in session.context.items()}
    return [session.name, session.issued_at, session.expires_at, list(session.policies), context]


def _secret(ring: Ring, sealed: bytes) -> str:
    """The secret that belongs to a sealed token. Raises TokenRefused where its key is not known here."""
    key = ring.named(sealed[: sealing.NAME_BYTES])
    if key is None:
        raise TokenRefused
    digest = hmac.new(sealing.derive(key, "session secret"), sealed, hashlib.sha512).digest()
    return base64.b64encode(digest[:_SECRET_BYTES]).decode()


# --- taking back -----------------------------------------------------------------------------------------------


def read(reg: Registry, access_key_id: str, token: str) -> tuple[Principal, str]:
    """Whose temporary credentials these are, and their secret.

    Raises TokenRefused for a token that is altered, of another access key or installation, or whose role or user is
    gone; SessionExpired.
    """
    if len(token) > TOKEN_LIMIT:
        raise TokenRefused
    ring = reg.keys.ring
    ring.current()  # looks again where that is due
    said, secret = _opened(token, ring.keys)
    principal = of_text(reg, said)
    if not hmac.compare_digest(principal.access_key_id.encode(), access_key_id.encode()):
        raise TokenRefused
    return principal, secret


@lru_cache(maxsize=1024)
def _opened(token: str, keys: tuple[bytes, ...]) -> tuple[str, str]:
    """What a token says, whenever, and its secret; one that was opened is remembered, one that is refused is not."""
    ring = Ring(keys)
    try:
        sealed = base64.b64decode(token, validate=True)
        if base64.b64encode(sealed).decode() != token:
            raise TokenRefused
        said = credentials.inflate(sealing.unseal(Keys("", "", ring), _PURPOSE, sealed)).decode()
    except ValueError as error:
        raise TokenRefused from error
    return said, _secret(ring, sealed)


def of_text(reg: Registry, said: str) -> Principal:
    """Who the credentials are that a session token, or a login token that they fetched, tells of.

    Raises TokenRefused where the role or user is gone; SessionExpired.
    """
    access_key_id, account, identity, unique_id, name, issued_at, expires_at, policies, context = json.loads(said)
    if reg.now() >= expires_at:
        raise SessionExpired
    facts = {key: tuple(values) for key, values in context.items()}
    session = Session(name, issued_at, expires_at, tuple(policies), facts)
    if identity is None:
        return _of_root(reg, account, unique_id, access_key_id, session)
    holder = directory.identity(reg, identity)
    if holder is None or holder.unique_id != unique_id:
        raise TokenRefused
    return principal_of(holder, access_key_id, session)


def to_text(reg: Registry, principal: Principal) -> str:
    """What `of_text` reads, of a principal with temporary credentials."""
    if principal.session is None:
        return ""
    is_root = principal.kind == ROOT
    unique_id = accounts.mark(reg, principal.account) if is_root else principal.user_id.partition(":")[0]
    head = [principal.access_key_id, principal.account, principal.identity, unique_id]
    return json.dumps([*head, *_parts(principal.session)])


def principal_of(holder: Identity, access_key_id: str, session: Session) -> Principal:
    """The session of a role, or of a user."""
    account, name = holder.account, holder.name
    if holder.kind == names.ROLE:
        arn, user_id = session_arn(holder, session.name), f"{holder.unique_id}:{session.name}"
        return Principal(account, arn, user_id, access_key_id, ROLE, holder.id, name, session, holder.arn)
    return Principal(account, holder.arn, holder.unique_id, access_key_id, USER, holder.id, name, session)


def session_arn(role: Identity, name: str) -> str:
    """The ARN of a role's session, in which the role's path does not stand."""
    return f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}"


def _of_root(reg: Registry, account: str, mark: str | None, access_key_id: str, session: Session) -> Principal:
    if mark is None or accounts.mark(reg, account) != mark:
        raise TokenRefused
    found = root(account, access_key_id)
    return Principal(account, found.arn, found.user_id, access_key_id, session=session)
