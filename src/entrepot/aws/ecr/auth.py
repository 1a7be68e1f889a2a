"""GetAuthorizationToken."""

from __future__ import annotations

import base64

from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import credentials, sessions
from entrepot.registry.credentials import Login


@operation("ecr", "GetAuthorizationToken", resource=ANY, brief=True)
def get_authorization_token(call: Call, req: t.GetAuthorizationTokenRequest) -> t.GetAuthorizationTokenResponse:
    accounts = req.get("registryIds") or [call.caller.principal.account]
    return {"authorizationData": [_authorization(call, account) for account in accounts]}


def _authorization(call: Call, account: str) -> t.AuthorizationData:
    principal, region = call.caller.principal, call.caller.region
    expires = call.now // 1_000_000 + credentials.TOKEN_SECONDS
    if principal.session is not None:  # the token ends with the session that fetched it
        expires = min(expires, principal.session.expires_at // 1_000_000)
    login = Login(principal.access_key_id, account, region, expires, sessions.to_text(call.reg, principal))
    password = credentials.issue(call.reg.keys, login)
    return {
        "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
        "expiresAt": float(expires),
        "proxyEndpoint": call.reg.naming.endpoint(account, region),
    }
