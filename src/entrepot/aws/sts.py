"""STS: who am I."""

from __future__ import annotations

from entrepot.aws.operation import NO_PERMISSION, Call, operation
from entrepot.aws.types import sts as t


@operation("sts", "GetCallerIdentity", resource=NO_PERMISSION)
def get_caller_identity(call: Call, _: t.GetCallerIdentityRequest) -> t.GetCallerIdentityResponse:
    principal = call.caller.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}
