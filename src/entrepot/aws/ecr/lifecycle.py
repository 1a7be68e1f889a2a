"""Put, Get and DeleteLifecyclePolicy; Start and GetLifecyclePolicyPreview."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain.errors import InvalidParameter
from entrepot.domain.images import ARCHIVED, ImageId
from entrepot.domain.lifecycle_policy import EXPIRE, TRANSITION
from entrepot.registry import lifecycle, previews
from entrepot.store.lifecycle import Previewed

_TAGGED = {"TAGGED": True, "UNTAGGED": False}


@operation("ecr", "PutLifecyclePolicy", resource=scope.repository)
def put_lifecycle_policy(call: Call, req: t.PutLifecyclePolicyRequest) -> t.PutLifecyclePolicyResponse:
    key, name, text = scope.registry(call, req), req["repositoryName"], req["lifecyclePolicyText"]
    lifecycle.put(call.reg, call.caller, key, name, text)
    return {"registryId": key.account, "repositoryName": name, "lifecyclePolicyText": text}


@operation("ecr", "GetLifecyclePolicy", resource=scope.repository)
def get_lifecycle_policy(call: Call, req: t.GetLifecyclePolicyRequest) -> t.GetLifecyclePolicyResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    stored = lifecycle.get(call.reg, key, name)
    return {
        "registryId": key.account,
        "repositoryName": name,
        "lifecyclePolicyText": stored.text,
        "lastEvaluatedAt": scope.seconds(stored.evaluated_at),
    }


@operation("ecr", "DeleteLifecyclePolicy", resource=scope.repository)
def delete_lifecycle_policy(call: Call, req: t.DeleteLifecyclePolicyRequest) -> t.DeleteLifecyclePolicyResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    stored = lifecycle.delete(call.reg, call.caller, key, name)
    return {
        "registryId": key.account,
        "repositoryName": name,
        "lifecyclePolicyText": stored.text,
        "lastEvaluatedAt": scope.seconds(stored.evaluated_at),
    }


@operation("ecr", "StartLifecyclePolicyPreview", resource=scope.repository)
def start_lifecycle_policy_preview(
    call: Call, req: t.StartLifecyclePolicyPreviewRequest
) -> t.StartLifecyclePolicyPreviewResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    text = previews.start(call.reg, call.caller, key, name, req.get("lifecyclePolicyText"))
    return {
        "registryId": key.account,
        "repositoryName": name,
        "lifecyclePolicyText": text,
        "status": "IN_PROGRESS",
    }


@operation("ecr", "GetLifecyclePolicyPreview", resource=scope.repository)
def get_lifecycle_policy_preview(
    call: Call, req: t.GetLifecyclePolicyPreviewRequest
) -> t.GetLifecyclePolicyPreviewResponse:
    key, name, image_ids = scope.registry(call, req), req["repositoryName"], req.get("imageIds")
    for option in ("maxResults", "nextToken"):
        if image_ids is not None and option in req:
            raise InvalidParameter(option, f"{option} cannot be used with imageIds")
    shown = previews.get(
        call.reg,
        key,
        name,
        wanted=None
        if image_ids is None
        else [ImageId(one.get("imageDigest"), one.get("imageTag")) for one in image_ids],
        tagged=_TAGGED.get(req.get("filter", {}).get("tagStatus", "ANY")),
        token=req.get("nextToken"),
        limit=req.get("maxResults"),
    )
    answer: t.GetLifecyclePolicyPreviewResponse = {
        "registryId": key.account,
        "repositoryName": name,
        "lifecyclePolicyText": shown.text,
        "status": shown.status,  # type: ignore[typeddict-item]
        "previewResults": [_result(image) for image in shown.images],
        "summary": {"expiringImageTotalCount": shown.counts.get(EXPIRE, 0)},
    }
    moving = shown.counts.get(TRANSITION, 0)
    if moving:
        answer["summary"]["transitioningImageTotalCounts"] = [
            {"targetStorageClass": "ARCHIVE", "imageTotalCount": moving}
        ]
    if shown.token:
        answer["nextToken"] = shown.token
    return answer


def _result(image: Previewed) -> t.LifecyclePolicyPreviewResult:
    action: t.LifecyclePolicyRuleAction = {"type": "EXPIRE"}
    if image.action == TRANSITION:
        action = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    return {
        "imageTags": list(image.tags),
        "imageDigest": image.digest,
        "imagePushedAt": scope.seconds(image.pushed_at),
        "action": action,
        "appliedRulePriority": image.priority,
        "storageClass": "ARCHIVE" if image.status == ARCHIVED else "STANDARD",
    }
