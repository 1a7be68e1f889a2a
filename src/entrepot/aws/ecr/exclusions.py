"""RegisterPullTimeUpdateExclusion, DeregisterPullTimeUpdateExclusion, ListPullTimeUpdateExclusions."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import ANY, Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import exclusions


@operation("ecr", "RegisterPullTimeUpdateExclusion", resource=ANY)
def register_pull_time_update_exclusion(
    call: Call, req: t.RegisterPullTimeUpdateExclusionRequest
) -> t.RegisterPullTimeUpdateExclusionResponse:
    created = exclusions.register(call.reg, call.caller, scope.registry(call, req), req["principalArn"])
    return {"principalArn": req["principalArn"], "createdAt": scope.seconds(created)}


@operation("ecr", "DeregisterPullTimeUpdateExclusion", resource=ANY)
def deregister_pull_time_update_exclusion(
    call: Call, req: t.DeregisterPullTimeUpdateExclusionRequest
) -> t.DeregisterPullTimeUpdateExclusionResponse:
    exclusions.deregister(call.reg, call.caller, scope.registry(call, req), req["principalArn"])
    return {"principalArn": req["principalArn"]}


@operation("ecr", "ListPullTimeUpdateExclusions", resource=ANY)
def list_pull_time_update_exclusions(
    call: Call, req: t.ListPullTimeUpdateExclusionsRequest
) -> t.ListPullTimeUpdateExclusionsResponse:
    key = scope.registry(call, req)
    found, token = exclusions.describe(call.reg, key, req.get("nextToken"), req.get("maxResults"))
    answer: t.ListPullTimeUpdateExclusionsResponse = {"pullTimeUpdateExclusions": found}
    if token:
        answer["nextToken"] = token
    return answer
