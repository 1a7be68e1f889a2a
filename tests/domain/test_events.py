"""Events, as EventBridge delivers them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from entrepot.domain import events
from entrepot.domain.events import Event

ARN = "arn:aws:ecr:us-west-2:123456789012:repository/"
AT = 1_573_869_274_123_456  # 2019-11-16T01:54:34Z


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


def test_a_storage_class_action() -> None:
    """The detail of ECR's documented example of a restore; an archive has no time."""
    kinds = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json")
    at = 1_760_123_582_740_000
    assert events.storage_class_action("STANDARD", "r", "sha256:00", *kinds, at) == {
        "action-type": "UPDATE_STORAGE_CLASS",
        "target-storage-class": "STANDARD",
        "image-digest": "sha256:00",
        "repository-name": "r",
        "result": "SUCCESS",
        "manifest-media-type": kinds[0],
        "artifact-media-type": kinds[1],
        "last-activated-at": "2025-10-10T19:13:02.740Z",
    }
    assert "last-activated-at" not in events.storage_class_action("ARCHIVE", "r", "sha256:00", kinds[0], "")


def test_the_documented_push() -> None:
    """The envelope of ECR's documented example: every member but the id, which is this registry's."""
    detail = {
        "result": "SUCCESS",
        "repository-name": "my-repository-name",
        "image-digest": "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234",
        "action-type": "PUSH",
        "image-tag": "latest",
    }
    found = events.envelope(Event(7, "123456789012", "us-west-2", AT, events.IMAGE_ACTION, detail))
    assert list(found) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    del found["id"]
    assert found == {
        "version": "0",
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": "123456789012",
        "time": "2019-11-16T01:54:34Z",
        "region": "us-west-2",
        "resources": [],
        "detail": detail,
    }


@pytest.mark.parametrize(
    ("kind", "detail", "source", "resources"),
    [
        (events.IMAGE_ACTION, {"repository-name": "r"}, "aws.ecr", []),
        (events.REFERRER_ACTION, {"repository-name": "r"}, "aws.ecr", []),
        (
            "ECR Pull Through Cache Action",
            {"repository-name": "docker-hub/alpine"},
            "aws.ecr",
            [ARN + "docker-hub/alpine"],
        ),
        ("ECR Image Scan", {"repository-name": "r"}, "aws.ecr", [ARN + "r"]),
        ("ECR Replication Action", {"repository-name": "r"}, "aws.ecr", [ARN + "r"]),
        ("ECR Scan Resource Change", {"repositories": []}, "aws.ecr", []),
        (events.SERVICE_EVENT, {"serviceEventDetails": {"repositoryName": "r"}}, "aws.ecr", []),
        (events.BLOB_DAMAGED, {"repository-names": ["r", "s"]}, "entrepot", [ARN + "r", ARN + "s"]),
    ],
)
def test_source_and_resources(kind: str, detail: dict[str, object], source: str, resources: list[str]) -> None:
    """Which events name the repository's ARN, as the documentation shows, and which are not ECR's own."""
    found = events.envelope(Event(1, "123456789012", "us-west-2", AT, kind, detail))
    assert (found["source"], found["resources"]) == (source, resources)


def test_an_id_is_the_same_each_time() -> None:
    """A message that comes again has the same id; another event, and another registry's, has another."""
    event = Event(1, "123456789012", "us-west-2", AT, events.IMAGE_ACTION, {})
    others = [replace(event, id=2), replace(event, account="1" * 12), replace(event, region="x"), replace(event, at=0)]
    assert events.envelope(event) == events.envelope(event)
    assert len({events.envelope(each)["id"] for each in (event, *others)}) == 5


def test_repositories_of() -> None:
    """Where each kind of event names its repositories."""
    assert events.repositories_of({"repository-name": "a"}) == ["a"]
    assert events.repositories_of({"repository-names": ["a", "b", 3]}) == ["a", "b"]
    assert events.repositories_of({"serviceEventDetails": {"repositoryName": "a"}}) == ["a"]
    assert events.repositories_of({"repository-name": None, "repository-names": "x", "serviceEventDetails": 1}) == []


def test_a_service_event() -> None:
    """CloudTrail's record of what ECR did by itself."""
    details = {"repositoryName": "r", "lifecycleEventImageActions": []}
    found = events.service_event("PolicyExecutionEvent", "123456789012", "us-west-2", AT, "an-id", "r", details)
    assert found["userIdentity"] == {"accountId": "123456789012", "invokedBy": "AWS Internal"}
    assert found["eventType"] == "AwsServiceEvent"
    assert found["eventTime"] == "2019-11-16T01:54:34Z"
    assert found["resources"] == [{"ARN": ARN + "r", "accountId": "123456789012", "type": "AWS::ECR::Repository"}]
    assert found["serviceEventDetails"] == details
    assert events.repositories_of(found) == ["r"]


def test_a_line_is_ascii() -> None:
    """One line, whatever an event holds: nothing in it does something to a terminal."""
    line = events.text({"x": "é\n\u2028\x1b[31m\x9b"})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {"x": "é\n\u2028\x1b[31m\x9b"}
