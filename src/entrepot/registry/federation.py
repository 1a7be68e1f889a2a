"""Who somebody is by the word of an OpenID Connect provider that the role's account trusts.

The provider's keys are fetched from where its discovery document says (OpenID Connect Discovery 1.0) and kept.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from entrepot.domain import oidc_providers as rules
from entrepot.domain.errors import IdentityProviderSilent, IdentityTokenInvalid
from entrepot.registry import tokens
from entrepot.registry.tokens import Key, Token
from entrepot.store import oidc_providers as table
from entrepot.upstream import calls

if TYPE_CHECKING:
    from entrepot.domain.oidc_providers import Provider
    from entrepot.domain.principals import Facts
    from entrepot.registry.context import Registry

DOCUMENT_MAX: Final = 256 * 1024  # bytes of a discovery document, and of a set of keys
ASK_AGAIN: Final = 30.0  # seconds between two questions to one provider, whatever tokens come
FETCHES: Final = 4  # providers that one process asks at a time
WAITING: Final = 8  # threads beyond those that wait for a provider's answer
PATIENCE: Final = 1.0  # seconds that one of them waits at most, for another thread's question or for a turn to ask
_KNOWN = 200  # providers
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_CLAIMS = 64
_VALUE = 1024  # characters


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a provider: its keys, when they came, and when they were last asked for."""

    keys: tuple[Key, ...]
    came: float
    asked: float


class Issuers:
    """The keys of providers, as one process knows them. `timeout` is for each of two calls; `keep` how long keys are
    believed.

    Threads may share it: one at a time asks a provider, FETCHES of them ask at all. Another one waits for PATIENCE, and
    only while there are not more than WAITING: a slow provider must not hold the threads that others need.
    """

    def __init__(
        self,
        allow_private: bool = False,
        timeout: float = 5.0,
        keep: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allow_private = allow_private
        self._timeout = timeout
        self._keep = keep
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._patience = min(timeout, PATIENCE)
        self._room = threading.BoundedSemaphore(FETCHES + WAITING)
        self._fetches = threading.BoundedSemaphore(FETCHES)

    def key(self, issuer: str, token: Token) -> Key:
        """The key of a provider (its URL without `https://`) that a token names.

        A name that is not known has the keys asked for again, but not more often than each ASK_AGAIN: a flood of such
        tokens costs the provider nothing. Raises IdentityProviderSilent, IdentityTokenInvalid.
        """
        kept = self._kept.get(issuer)
        found = self._found(kept, token)
        if found is None and self._may_ask(kept):
            kept = self._asked(issuer, token)
            found = self._found(kept, token)
        if found is None and not (kept and kept.keys):
            raise IdentityProviderSilent(f"{issuer} did not give its keys a moment ago")
        if found is None:
            raise IdentityTokenInvalid("The token is signed with a key that the provider does not have.")
        return found

    def _may_ask(self, kept: _Kept | None) -> bool:
        return kept is None or self._clock() - kept.asked >= ASK_AGAIN

    def _asked(self, issuer: str, token: Token) -> _Kept | None:
        """What is known of a provider once it was asked, here or by the thread that this one waited for."""
        with _held(self._room, 0, issuer), _held(self._turn(issuer), self._patience, issuer):
            kept = self._kept.get(issuer)
            if self._found(kept, token) is None and self._may_ask(kept):
                with _held(self._fetches, self._patience, issuer):
                    kept = self._ask(issuer, kept)
            return kept

    def _found(self, kept: _Kept | None, token: Token) -> Key | None:
        fresh = kept is not None and self._clock() - kept.came < self._keep
        return tokens.chosen(kept.keys, token) if kept is not None and fresh else None

    def _turn(self, issuer: str) -> threading.Lock:
        with self._lock:
            if len(self._locks) > _KNOWN:
                self._locks.clear()
                self._kept.clear()
            return self._locks.setdefault(issuer, threading.Lock())

    def _ask(self, issuer: str, kept: _Kept | None) -> _Kept:
        now = self._clock()
        try:
            found = _Kept(self._fetch(issuer), now, now)
        except (OSError, ValueError) as error:
            self._kept[issuer] = _Kept(kept.keys if kept else (), kept.came if kept else float("-inf"), now)
            raise IdentityProviderSilent(f"{issuer}: {error}") from error
        self._kept[issuer] = found
        return found

    def _fetch(self, issuer: str) -> tuple[Key, ...]:
        """Raises OSError, ValueError."""
        document = _json(self._get(f"https://{issuer}/.well-known/openid-configuration"))
        if str(document.get("issuer", "")).rstrip("/") != f"https://{issuer}":
            raise ValueError("the discovery document is of another issuer")
        where = document.get("jwks_uri")
        if not isinstance(where, str) or not where.startswith("https://"):
            raise ValueError("the discovery document names no place of keys")
        return tokens.parse_keys(self._get(where))

    def _get(self, url: str) -> bytes:
        return calls.get(url, self._timeout, DOCUMENT_MAX, allow_private=self._allow_private)


@contextmanager
def _held(what: threading.Lock | threading.Semaphore, seconds: float, issuer: str) -> Iterator[None]:
    """Hold a lock or one of several places, which is waited for so long. Raises IdentityProviderSilent."""
    if not (what.acquire(timeout=seconds) if seconds else what.acquire(blocking=False)):
        raise IdentityProviderSilent(f"{issuer} is being asked for its keys, and too many are waiting")
    try:
        yield
    finally:
        what.release()


def _json(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # the caller tells no types apart
    return found


# --- whose word ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody for whom a provider vouches."""

    provider: Provider
    token: Token
    audience: str

    @property
    def facts(self) -> Facts:
        """The token's claims as condition keys, `token.actions.githubusercontent.com:sub`, and who vouches."""
        host = self.provider.url.lower()
        if rules.reads_as_service(host):  # none can be made, but what was stored otherwise must not speak for AWS
            return {"aws:federatedprovider": (self.provider.arn,)}
        claims = [(name.lower(), values) for name, values in _claims(self.token.claims)]
        named = Counter(name for name, _ in claims)
        found = {f"{host}:{name}": values for name, values in claims if named[name] == 1}  # `Sub` is not `sub`
        found[f"{host}:sub"] = (self.token.subject,)
        found[f"{host}:aud"] = (self.audience,)
        found[f"{host}:oaud"] = tokens.audiences(self.token.claims)
        return found | {"aws:federatedprovider": (self.provider.arn,)}


def vouched(reg: Registry, account: str, text: str) -> Vouched:
    """Whom a token is about, by the word of a provider of `account`; all but the signature is checked before that.

    Raises IdentityTokenInvalid, IdentityTokenExpired, IdentityProviderSilent.
    """
    token = tokens.parse(text)
    provider = reg.db.read(lambda tx: table.find(tx, _arn(account, token.issuer)))
    if provider is None or provider.account != account:
        raise IdentityTokenInvalid(f"No OpenIDConnect provider found in your account for {token.issuer[:255]}")
    tokens.check_times(token, reg.now())
    audience = next((each for each in token.audiences if each in provider.client_ids), None)
    if audience is None:
        raise IdentityTokenInvalid("Incorrect token audience")
    if not tokens.is_signed(token, reg.issuers.key(provider.url, token)):
        raise IdentityTokenInvalid("The token's signature is not valid.")
    return Vouched(provider, token, audience)


def _arn(account: str, issuer: str) -> str:
    """The ARN of the provider that a token's `iss` names; of none, where it is no issuer's URL."""
    found = issuer.removeprefix("https://").rstrip("/") if issuer.startswith("https://") else ""
    return rules.arn(account, found)


def _claims(claims: dict[str, Any] | Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Claims that are a text, a number, true or false, or a list of texts; at most 64 of them."""
    count = 0
    for name, value in claims.items():
        values = _values(value)
        if values and _CLAIM.fullmatch(name) and count < _CLAIMS:
            count += 1
            yield name, values


def _values(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, int):
        return (str(value),)
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
    fitting = all(isinstance(each, str) and len(each) <= _VALUE for each in texts)
    return tuple(str(each) for each in texts) if fitting else ()
