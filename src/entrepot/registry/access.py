"""Who is calling, and may they do this to that.

There is one principal for now: the root of the installation's account. Root may do everything in its own account,
and what another account's registry would have to grant is denied: no policies exist yet.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from entrepot.domain.errors import AccessDenied, TokenRefused
from entrepot.domain.principals import Caller, Principal, root

if TYPE_CHECKING:
    from entrepot.registry.context import Registry

ANY = "*"


def secret_of(reg: Registry, access_key_id: str) -> str | None:
    """The secret of an access key, None where there is no such key."""
    return reg.keys.secret_access_key if access_key_id == reg.keys.access_key_id else None


def principal_of(reg: Registry, access_key_id: str) -> Principal:
    """The identity that an access key stands for. Raises TokenRefused for a key that is gone."""
    if access_key_id != reg.keys.access_key_id:
        raise TokenRefused
    return root(reg.naming.account, access_key_id)


def principal_of_password(reg: Registry, access_key_id: str, secret: str) -> Principal:
    """The identity of an access key and its secret, as `/v2` takes them for a login.

    Raises TokenRefused, after the same work for an unknown key as for a wrong secret.
    """
    known = secret_of(reg, access_key_id)
    if not hmac.compare_digest((known or "").encode(), secret.encode()) or known is None:
        raise TokenRefused
    return principal_of(reg, access_key_id)


def authorise(caller: Caller, resource: str) -> None:
    """Refuse what `caller` may not do to `resource`, an ARN or ANY. Raises AccessDenied with ECR's sentence."""
    if not allowed(caller, caller.action, resource):
        reason = f"no resource-based policy allows the {caller.action} action"
        raise AccessDenied(caller.principal.arn, caller.action, resource, reason)


def allowed(caller: Caller, action: str, resource: str) -> bool:
    """Whether `caller` may do `action` to `resource`, an ARN or ANY."""
    del action  # root's right does not depend on it
    return resource == ANY or resource.split(":")[4] == caller.principal.account
