"""The account itself: its alias, its summary."""

from __future__ import annotations

from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.registry import aliases, summaries


@operation("iam", "CreateAccountAlias", resource=ANY)
def create_account_alias(call: Call, req: t.CreateAccountAliasRequest) -> None:
    aliases.put(call.reg, call.caller, req["AccountAlias"])


@operation("iam", "DeleteAccountAlias", resource=ANY)
def delete_account_alias(call: Call, req: t.DeleteAccountAliasRequest) -> None:
    aliases.remove(call.reg, call.caller, req["AccountAlias"])


@operation("iam", "ListAccountAliases", resource=ANY)
def list_account_aliases(call: Call, _: t.ListAccountAliasesRequest) -> t.ListAccountAliasesResponse:
    found = aliases.of_account(call.reg, call.caller.principal.account)
    return {"AccountAliases": list(found), "IsTruncated": False}


@operation("iam", "GetAccountSummary", resource=ANY)
def get_account_summary(call: Call, _: object) -> t.GetAccountSummaryResponse:
    return {"SummaryMap": summaries.summary(call.reg, call.caller.principal.account)}
