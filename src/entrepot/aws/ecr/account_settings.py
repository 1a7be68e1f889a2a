"""PutAccountSetting, GetAccountSetting."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import account_settings


@operation("ecr", "PutAccountSetting", resource=ANY)
def put_account_setting(call: Call, req: t.PutAccountSettingRequest) -> t.PutAccountSettingResponse:
    account_settings.put(call.reg, call.caller, scope.registry(call, req), req["name"], req["value"])
    return {"name": req["name"], "value": req["value"]}


@operation("ecr", "GetAccountSetting", resource=ANY)
def get_account_setting(call: Call, req: t.GetAccountSettingRequest) -> t.GetAccountSettingResponse:
    return {"name": req["name"], "value": account_settings.get(call.reg, scope.registry(call, req), req["name"])}
