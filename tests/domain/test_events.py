"""Events, as EventBridge delivers them."""

from __future__ import annotations

from entrepot.domain import events


def test_an_image_action() -> None:
    """The detail has ECR's keys; what there is not has none."""
    assert events.image_action("PUSH", "team/app", "sha256:00", "v1", "a/manifest", "a/artifact") == {
        "result": "SUCCESS",
        "repository-name": "team/app",
        "image-digest": "sha256:00",
        "action-type": "PUSH",
        "image-tag": "v1",
        "manifest-media-type": "a/manifest",
        "artifact-media-type": "a/artifact",
    }
    untagged = events.image_action("DELETE", "team/app", "sha256:00", None, "an/index", "")
    assert "image-tag" not in untagged
    assert "artifact-media-type" not in untagged
