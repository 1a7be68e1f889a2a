"""Who is calling `/v2`, and which registry is meant: from the Host, else from the credentials."""

from __future__ import annotations

import base64
import re

from entrepot.domain.errors import NotAuthenticated, SessionExpired, TokenRefused
from entrepot.domain.principals import NOBODY, Caller, Principal
from entrepot.domain.registries import RegistryKey
from entrepot.registry import access, access_keys, credentials, logins
from entrepot.registry.context import Registry
from entrepot.web.requests import Request

# ACCOUNT.dkr.ecr.REGION.ANYTHING and the names of dual-stack and FIPS endpoints.
_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([0-9a-z-]{2,25})(?:\.[^:]*)?(?::[0-9]+)?", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


def host_registry(host: str | None) -> RegistryKey | None:
    """The registry that a Host names; None for a host that names none, as `localhost:5000`."""
    match = _HOST.fullmatch(host or "")
    return RegistryKey(match[1], match[2].lower()) if match else None


def authenticate(reg: Registry, request: Request) -> tuple[Principal, RegistryKey]:
    """The caller of a request and the registry it is for.

    Raises NotAuthenticated without credentials, TokenRefused for any that are not good here and now: a login token
    is bound to its region; RateExceeded where too many were not. Refused ones are
    put on record, and the last use of an access key that is a password.
    """
    user, password = _basic(request.header("authorization"))
    named = host_registry(request.header("host"))
    reg.attempts.check(user, request.source_ip)
    try:
        principal, key = _known(reg, user, password, named)
    except (TokenRefused, SessionExpired) as error:
        logins.refused(reg, _nobody(reg, request, named), user, type(error).__name__)
        if isinstance(error, TokenRefused):
            reg.attempts.failed(None if user == "AWS" else user, request.source_ip)
        raise
    if user != "AWS":
        access_keys.used(reg, principal, (named or key).region, "ecr")
    return principal, named or key


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


def _known(reg: Registry, user: str, password: str, named: RegistryKey | None) -> tuple[Principal, RegistryKey]:
    """Who has that password, and the registry that it is for where the Host names none."""
    if user != "AWS":
        principal = access.principal_of_password(reg, user, password)
        return principal, RegistryKey(principal.account, reg.naming.region)
    login = credentials.read(reg.keys, password, reg.now())
    principal = access.principal_of_login(reg, login)
    if named is not None and named.region != login.region:
        raise TokenRefused
    return principal, RegistryKey(login.account, login.region)


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
