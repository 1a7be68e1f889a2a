"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.repositories import tag_map
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.registry import repositories


@operation("ecr", "TagResource", resource=scope.resource)
def tag_resource(call: Call, req: t.TagResourceRequest) -> t.TagResourceResponse:
    repositories.add_tags(call.reg, call.caller, req["resourceArn"], tag_map(req["tags"]))
    return {}


@operation("ecr", "UntagResource", resource=scope.resource)
def untag_resource(call: Call, req: t.UntagResourceRequest) -> t.UntagResourceResponse:
    repositories.remove_tags(call.reg, call.caller, req["resourceArn"], req["tagKeys"])
    return {}


@operation("ecr", "ListTagsForResource", resource=scope.resource)
def list_tags_for_resource(call: Call, req: t.ListTagsForResourceRequest) -> t.ListTagsForResourceResponse:
    tags = repositories.tags(call.reg, call.caller, req["resourceArn"])
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
