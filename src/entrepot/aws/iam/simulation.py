"""SimulateCustomPolicy, SimulatePrincipalPolicy, GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

from __future__ import annotations

from typing import Any

from entrepot.aws.iam import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import iam as t
from entrepot.registry import identities, simulation
from entrepot.registry.simulation import Outcome, Trial


@operation("iam", "SimulateCustomPolicy", resource=ANY, reads=True)
def simulate_custom_policy(call: Call, req: t.SimulateCustomPolicyRequest) -> t.SimulatePolicyResponse:
    account = call.caller.principal.account
    return _page(account, req, simulation.custom(account, _trial(req)))


@operation("iam", "SimulatePrincipalPolicy", resource=scope.arn("PolicySourceArn"), reads=True)
def simulate_principal_policy(call: Call, req: t.SimulatePrincipalPolicyRequest) -> t.SimulatePolicyResponse:
    outcomes = simulation.principal(call.reg, call.caller, req["PolicySourceArn"], _trial(req))
    return _page(call.caller.principal.account, req, outcomes)


@operation("iam", "GetContextKeysForCustomPolicy", resource=ANY)
def get_context_keys_for_custom_policy(
    _: Call, req: t.GetContextKeysForCustomPolicyRequest
) -> t.GetContextKeysForPolicyResponse:
    return {"ContextKeyNames": list(simulation.keys_of(req["PolicyInputList"]))}


@operation("iam", "GetContextKeysForPrincipalPolicy", resource=scope.arn("PolicySourceArn"))
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
    named = simulation.told(decision.found, outcome.kinds)
    shown: t.EvaluationResult = {
        "EvalActionName": outcome.action,
        "EvalResourceName": outcome.resource,
        "EvalDecision": "allowed" if decision.allowed else "implicitDeny" if decision.missing else "explicitDeny",
        "MatchedStatements": [{"SourcePolicyId": named[0], "SourcePolicyType": named[1]}] if named else [],
        "MissingContextValues": list(outcome.missing),
    }
    if outcome.bounded is not None:
        shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": outcome.bounded}
    return shown
