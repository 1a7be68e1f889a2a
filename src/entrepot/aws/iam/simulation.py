"""SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.domain.evaluation import Found
from entrepot.registry import identities, simulation
from entrepot.registry.simulation import Outcome, Trial


@operation("iam", "SimulateCustomPolicy", resource=ANY, reads=True)
def simulate_custom_policy(call: Call, req: t.SimulateCustomPolicyRequest) -> t.SimulatePolicyResponse:
    account = call.caller.principal.account
    return _page(account, req, simulation.custom(account, _trial(req)))


@operation("iam", "SimulatePrincipalPolicy", resource=scope.arn("PolicySourceArn", "user", "group", "role"), reads=True)
def simulate_principal_policy(call: Call, req: t.SimulatePrincipalPolicyRequest) -> t.SimulatePolicyResponse:
    outcomes = simulation.principal(call.reg, call.caller, req["PolicySourceArn"], _trial(req))
    return _page(call.caller.principal.account, req, outcomes)


@operation("iam", "GetContextKeysForCustomPolicy", resource=ANY)
def get_context_keys_for_custom_policy(
    _: Call, req: t.GetContextKeysForCustomPolicyRequest
) -> t.GetContextKeysForPolicyResponse:
    return {"ContextKeyNames": list(simulation.keys_of(req["PolicyInputList"]))}


@operation("iam", "GetContextKeysForPrincipalPolicy", resource=scope.arn("PolicySourceArn", "user", "group", "role"))
def get_context_keys_for_principal_policy(
    call: Call, req: t.GetContextKeysForPrincipalPolicyRequest
) -> t.GetContextKeysForPolicyResponse:
    texts = req.get("PolicyInputList", [])
    return {"ContextKeyNames": list(simulation.keys_of_principal(call.reg, call.caller, req["PolicySourceArn"], texts))}


def _trial(req: Any) -> Trial:
    entries = req.get("ContextEntries", [])
    boundary = req.get("PermissionsBoundaryPolicyInputList")
    return Trial(
        actions=tuple(req["ActionNames"]),
        resources=tuple(req.get("ResourceArns") or ["*"]),
        policies=tuple(req.get("PolicyInputList", [])),
        boundary=tuple(boundary) if boundary else None,
        resource_policy=req.get("ResourcePolicy", ""),
        caller=req.get("CallerArn", ""),
        owner=req.get("ResourceOwner", ""),
        context={one["ContextKeyName"].lower(): tuple(one.get("ContextKeyValues", [])) for one in entries},
    )


def _page(account: str, req: Any, outcomes: list[Outcome]) -> t.SimulatePolicyResponse:
    page = identities.listing_of((account, "simulation"), req.get("Marker"), req.get("MaxItems"), outcomes)
    return {"EvaluationResults": [_result(one) for one in page.items], **scope.paging(page)}


def _result(outcome: Outcome) -> t.EvaluationResult:
    decision = outcome.decision
    shown: t.EvaluationResult = {
        "EvalActionName": outcome.action,
        "EvalResourceName": outcome.resource,
        "EvalDecision": "allowed" if decision.allowed else "implicitDeny" if decision.missing else "explicitDeny",
        "MatchedStatements": _matched(outcome, decision.found),
        "MissingContextValues": list(outcome.missing),
    }
    if outcome.bounded is not None:
        shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": outcome.bounded}
    return shown


def _matched(outcome: Outcome, found: Found | None) -> list[t.Statement]:
    source = outcome.sources.get(found.policy) if found is not None else None
    if found is None or source is None:
        return []
    start, end = simulation.place(found, source)
    return [
        {
            "SourcePolicyId": source.name,
            "SourcePolicyType": source.kind,
            "StartPosition": {"Line": start.line, "Column": start.column},
            "EndPosition": {"Line": end.line, "Column": end.column},
        }
    ]
