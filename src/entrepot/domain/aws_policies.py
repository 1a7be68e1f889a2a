"""AWS's own managed policies for ECR: the same for every account, under AWS's ARNs, with AWS's documents.

(AWS managed policy reference guide.) ReadOnlyAccess is cut down to the services that are here; an id that AWS has not
made known widely is one of our own.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from entrepot.domain.managed_policies import AWS, ManagedPolicy, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCUMENTS: Final = Path(__file__).parent / "aws_documents"
_ECR, _PUBLIC = "AmazonEC2ContainerRegistry", "AmazonElasticContainerRegistryPublic"
_WHAT: Final = "Amazon EC2 Container Registry repositories"

# Name, version in force, made at, changed at, id, description.
_POLICIES: Final = (
    (
        *("AdministratorAccess", 1, "2015-02-06T18:39:46", "2015-02-06T18:39:46", "ANPAIWMBCKSKIEE64ZLYK"),
        "Provides full access to AWS services and resources.",
    ),
    (
        *(f"{_ECR}FullAccess", 3, "2015-12-21T17:06:48", "2020-12-05T00:04:19", "ANPAIESRL7KD7IIVF6V4W"),
        "Provides administrative access to Amazon ECR resources.",
    ),
    (
        *(f"{_ECR}PowerUser", 3, "2015-12-21T17:05:33", "2019-12-10T20:48:08", "ANPAIDNE5PIHROIBGGDDW"),
        f"Provides full access to {_WHAT}, but does not allow repository deletion or policy changes.",
    ),
    (
        *(f"{_ECR}PullOnly", 1, "2024-10-04T16:58:49", "2024-10-04T16:58:49", ""),
        "Provides access to pull images from Amazon ECR repositories.",
    ),
    (
        *(f"{_ECR}ReadOnly", 3, "2015-12-21T17:04:15", "2019-12-10T20:56:32", "ANPAIFYZPA37OOHVIH7KQ"),
        f"Provides read-only access to {_WHAT}.",
    ),
    (
        *(f"{_PUBLIC}FullAccess", 1, "2020-12-01T17:25:52", "2020-12-01T17:25:52", ""),
        "Provides administrative access to Amazon ECR Public resources.",
    ),
    (
        *(f"{_PUBLIC}PowerUser", 1, "2020-12-01T16:16:54", "2020-12-01T16:16:54", ""),
        "Provides full access to Amazon ECR Public repositories, but does not allow deletion or policy changes.",
    ),
    (
        *(f"{_PUBLIC}ReadOnly", 1, "2020-12-01T17:27:04", "2020-12-01T17:27:04", ""),
        "Provides read-only access to Amazon ECR Public repositories.",
    ),
    (
        *("ReadOnlyAccess", 182, "2015-02-06T18:39:48", "2026-04-03T15:27:12", "ANPAILL3HVNFSB6DCOWYQ"),
        "Provides read-only access to AWS services and resources.",
    ),
)


def _instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def _made_up(name: str) -> str:
    return "ANPA" + base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()[:17]


def _policy(name: str, version: int, made: str, changed: str, known: str, description: str) -> ManagedPolicy:
    return ManagedPolicy(
        id=0,
        account=AWS,
        name=name,
        path="/",
        unique_id=known or _made_up(name),
        description=description,
        default_version=version,
        last_version=version,
        created_at=_instant(made),
        updated_at=_instant(changed),
    )


_MADE = tuple(_policy(*row) for row in _POLICIES)

POLICIES: Final[Mapping[str, ManagedPolicy]] = MappingProxyType({policy.arn: policy for policy in _MADE})
"""The policies by ARN, in the order of their names. Of each only the version in force is there."""


@functools.cache
def version(arn: str) -> Version:
    """The version in force of the policy of that ARN, which is one of POLICIES."""
    policy = POLICIES[arn]
    text = (_DOCUMENTS / f"{policy.name}.json").read_text(encoding="utf-8").rstrip("\n")
    return Version(policy.default_version, text, policy.updated_at)
