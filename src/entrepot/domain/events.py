"""Events: what happened to an image, as ECR tells EventBridge, and what this registry found out about itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

IMAGE_ACTION = "ECR Image Action"
REFERRER_ACTION = "ECR Referrer Action"
PULL_THROUGH_CACHE_ACTION = "ECR Pull Through Cache Action"
IMAGE_SCAN = "ECR Image Scan"
REPLICATION_ACTION = "ECR Replication Action"
SERVICE_EVENT = "AWS Service Event via CloudTrail"
"""What EventBridge calls PolicyExecutionEvent and its like, whose detail is CloudTrail's record."""

BLOB_DAMAGED = "Entrepot Blob Damaged"

ECR, OURS = "aws.ecr", "entrepot"
_OF_ONE_REPOSITORY = frozenset({PULL_THROUGH_CACHE_ACTION, IMAGE_SCAN, REPLICATION_ACTION})
_NAMESPACE = uuid.UUID("5d1f7f0e-6a0c-5b0e-9b55-2f3a3e1f7a61")


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the outbox keeps it. `at` is in microseconds UTC; `id` grows with every event of an installation."""

    id: int
    account: str
    region: str
    at: int
    type: str
    detail: Mapping[str, object]


def envelope(event: Event) -> dict[str, object]:
    """The event as EventBridge delivers it; the same each time, `id` too. (EventBridge user guide, "Event structure".)

    What ECR has no event for has `source` entrepot, so that a pattern for `aws.ecr` gets what AWS would send.
    """
    named = f"{event.account}/{event.region}/{event.at}/{event.id}"
    return {
        "version": "0",
        "id": str(uuid.uuid5(_NAMESPACE, named)),
        "detail-type": event.type,
        "source": OURS if event.type.startswith("Entrepot ") else ECR,
        "account": event.account,
        "time": instant(event.at).partition(".")[0] + "Z",
        "region": event.region,
        "resources": _resources(event),
        "detail": dict(event.detail),
    }


def text(envelope: Mapping[str, object]) -> str:
    """An envelope as one line of JSON, in ASCII: what stands in an event does nothing to a terminal."""
    return json.dumps(envelope, separators=(",", ":"))


def repositories_of(detail: Mapping[str, object]) -> list[str]:
    """The names of the repositories that an event's detail tells of."""
    return [name for name in _repositories_of(detail) if isinstance(name, str)]


def _repositories_of(detail: Mapping[str, object]) -> Iterator[object]:
    inner = detail.get("serviceEventDetails")
    if isinstance(inner, Mapping):
        yield inner.get("repositoryName")
    yield detail.get("repository-name")
    several = detail.get("repository-names")
    yield from several if isinstance(several, list | tuple) else ()


def _resources(event: Event) -> list[str]:
    """The ARNs that ECR names; none for image actions. (ECR user guide, "Sample events from Amazon ECR".)"""
    if event.type not in _OF_ONE_REPOSITORY and event.type != BLOB_DAMAGED:
        return []
    start = f"arn:aws:ecr:{event.region}:{event.account}:repository/"
    return [start + name for name in repositories_of(event.detail)]


def instant(at: int) -> str:
    """Microseconds UTC as ISO 8601 with milliseconds: `2025-10-10T19:13:02.740Z`."""
    whole, rest = divmod(at, 1_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:03}Z"


# --- details ---------------------------------------------------------------------------------------------------


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


def storage_class_action(
    target: str, repository: str, digest: str, media_type: str, artifact_type: str, activated_at: int | None = None
) -> dict[str, str]:
    """The detail of an "ECR Image Action", or for a referrer an "ECR Referrer Action", of UPDATE_STORAGE_CLASS.

    `target` is ARCHIVE or STANDARD; `activated_at`, microseconds UTC, is told of an image that is restored.
    """
    detail = {
        "action-type": "UPDATE_STORAGE_CLASS",
        "target-storage-class": target,
        "image-digest": digest,
        "repository-name": repository,
        "result": "SUCCESS",
        "manifest-media-type": media_type,
    }
    if artifact_type:
        detail["artifact-media-type"] = artifact_type
    if activated_at is not None:
        detail["last-activated-at"] = instant(activated_at)
    return detail


def service_event(
    name: str, account: str, region: str, at: int, event_id: str, repository: str, details: Mapping[str, object]
) -> dict[str, object]:
    """CloudTrail's record of what ECR did by itself, such as PolicyExecutionEvent; it goes out as SERVICE_EVENT.

    `details` is its `serviceEventDetails`; `at` in microseconds UTC. (ECR user guide, "CloudTrail log file entries".)
    """
    return {
        "eventVersion": "1.05",
        "userIdentity": {"accountId": account, "invokedBy": "AWS Internal"},
        "eventTime": instant(at).partition(".")[0] + "Z",
        "eventSource": "ecr.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal",
        "requestParameters": None,
        "responseElements": None,
        "eventID": event_id,
        "readOnly": True,
        "resources": [
            {
                "ARN": f"arn:aws:ecr:{region}:{account}:repository/{repository}",
                "accountId": account,
                "type": "AWS::ECR::Repository",
            }
        ],
        "eventType": "AwsServiceEvent",
        "recipientAccountId": account,
        "serviceEventDetails": dict(details),
    }


def blob_damaged(digest: str, location: str, repositories: Sequence[str]) -> dict[str, object]:
    """The detail of an event that ECR has no name for: the bytes of a layer are wrong or gone."""
    return {
        "result": "FAILED",
        "layer-digest": digest,
        "location": location,
        "repository-names": list(repositories),
    }
