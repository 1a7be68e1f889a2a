"""Events: what happened to an image, as ECR tells EventBridge, and what this registry found out about itself."""

from __future__ import annotations

from collections.abc import Sequence

IMAGE_ACTION = "ECR Image Action"
BLOB_DAMAGED = "Entrepot Blob Damaged"


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


def blob_damaged(digest: str, location: str, repositories: Sequence[str]) -> dict[str, object]:
    """The detail of an event that ECR has no name for: the bytes of a layer are wrong or gone."""
    return {
        "result": "FAILED",
        "layer-digest": digest,
        "location": location,
        "repository-names": list(repositories),
    }
