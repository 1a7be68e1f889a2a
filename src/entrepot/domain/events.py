"""Events: what happened to an image, as ECR tells EventBridge."""

from __future__ import annotations

IMAGE_ACTION = "ECR Image Action"


def image_action(
    action: str, repository: str, digest: str, tag: str | None, media_type: str, artifact_type: str
) -> dict[str, str]:
    """The detail of an "ECR Image Action": `action` is PUSH or DELETE. (ECR user guide, "Events and EventBridge".)"""
    detail = {
        "result": "SUCCESS",
        "repository-name": repository,
        "image-digest": digest,
        "action-type": action,
        "manifest-media-type": media_type,
    }
    if artifact_type:
        detail["artifact-media-type"] = artifact_type
    if tag is not None:
        detail["image-tag"] = tag
    return detail
