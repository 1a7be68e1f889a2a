"""Who is calling `/v2`, and which registry is meant: from the Host, else from the credentials."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from entrepot.domain.errors import NotAuthenticated, SessionExpired, TokenRefused
from entrepot.domain.principals import NOBODY, Caller, Principal
from entrepot.domain.registries import RegistryKey
from entrepot.registry import access, access_keys, credentials, logins
from entrepot.registry.context import Registry
from entrepot.web.requests import Request

# ACCOUNT.dkr.ecr.REGION.ANYTHING and the names of dual-stack and FIPS endpoints.
_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([0-9a-z-]{2,25})(?:\.[^:]*)?(?::[0-9]+)?", re.IGNORECASE)
AWS_USER: Final = "AWS"
"""The user name of a login with a token; any other is an access key."""

_FOR_EVER: Final = 2**62
_LOGINS: Final = 1_000  # that are remembered: as many as `credentials` keeps opened
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


def host_registry(host: str | None) -> RegistryKey | None:
    """The registry that a Host names; None for a host that names none, as `localhost:5000`."""
    match = _HOST.fullmatch(host or "")
    return RegistryKey(match[1], match[2].lower()) if match else None


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """Who has a login, and the registry that it is for; good while what it was checked against stands.

    `until` is in microseconds UTC; `ring` are the sealing keys, which open login tokens and session tokens.
    """

    principal: Principal
    key: RegistryKey
    user: str
    until: int
    ring: tuple[bytes, ...]


def authenticate(reg: Registry, request: Request) -> Admitted:
    """The caller of a request and the registry it is for.

    A login that was good is remembered for as long as nothing changes that it depends on.
    Raises NotAuthenticated without credentials, TokenRefused for any that are not good here and now: a login token
    is bound to its region; RateExceeded where too many were not. Refused ones are put on record, and the last use of
    an access key that is a password.
    """
    header, host = request.header("authorization"), request.header("host")
    remembered: dict[tuple[str | None, str | None], Admitted] = reg.memory.now(reg.db).facts.setdefault("logins", {})
    found, ring = remembered.get((header, host)), _ring(reg)
    if found is not None and reg.now() < found.until and found.ring == ring:
        reg.attempts.check(found.user, request.source_ip)
        _note_use(reg, found)
        return found
    user, password = _basic(header)
    named = host_registry(host)
    reg.attempts.check(user, request.source_ip)
    try:
        principal, key, until = _known(reg, user, password, named)
    except (TokenRefused, SessionExpired) as error:
        logins.refused(reg, _nobody(reg, request, named), user, type(error).__name__)
        if isinstance(error, TokenRefused):
            reg.attempts.failed(None if user == AWS_USER else user, request.source_ip)
        raise
    if len(remembered) >= _LOGINS:
        remembered.clear()
    remembered[header, host] = admitted = Admitted(principal, named or key, user, until, ring)
    _note_use(reg, admitted)
    return admitted


def _note_use(reg: Registry, admitted: Admitted) -> None:
    """Note when an access key that is a password was used."""
    if admitted.user != AWS_USER:
        access_keys.used(reg, admitted.principal, admitted.key.region, "ecr")


def _ring(reg: Registry) -> tuple[bytes, ...]:
    ring = reg.keys.ring
    ring.current()  # looks again where that is due
    return ring.keys


def _nobody(reg: Registry, request: Request, named: RegistryKey | None) -> Caller:
    """Who calls before that is known."""
    return Caller(
        principal=NOBODY,
        region=named.region if named is not None else reg.naming.region,
        action=logins.ACTION,
        request_id=request.scope["state"].get("request_id", ""),
        source_ip=request.source_ip,
        user_agent=(request.header("user-agent") or "")[:256],
    )


def _known(reg: Registry, user: str, password: str, named: RegistryKey | None) -> tuple[Principal, RegistryKey, int]:
    """Who has that password, the registry that it is for where the Host names none, and until when it is good."""
    if user != AWS_USER:
        principal = access.principal_of_password(reg, user, password)
        return principal, RegistryKey(principal.account, reg.naming.region), _end(principal, _FOR_EVER)
    login = credentials.read(reg.keys, password, reg.now())
    principal = access.principal_of_login(reg, login)
    if named is not None and named.region != login.region:
        raise TokenRefused
    return principal, RegistryKey(login.account, login.region), _end(principal, login.expires * 1_000_000)


def _end(principal: Principal, until: int) -> int:
    return min(until, principal.session.expires_at) if principal.session is not None else until


def _basic(header: str | None) -> tuple[str, str]:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError as error:
        raise TokenRefused from error
    if not colon:
        raise TokenRefused
    return user, password


def challenge(request: Request) -> tuple[str, str]:
    """The header that tells a client to log in, in ECR's form."""
    host = request.header("host") or ""
    realm = f"{request.scope['scheme']}://{host if _PLAIN_HOST.fullmatch(host) else 'localhost'}/"
    return "www-authenticate", f'Basic realm="{realm}",service="ecr.amazonaws.com"'
