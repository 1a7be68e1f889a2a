"""What every ECR operation asks of its call: which registry, which resource, and instants as the wire has them."""

from __future__ import annotations

from typing import Any

from entrepot.aws.operation import Call, about
from entrepot.domain import names
from entrepot.domain.registries import RegistryKey


def registry(call: Call, req: Any) -> RegistryKey:
    """The registry that a request is about: `registryId`, else the caller's own, in the region that was called."""
    return RegistryKey(req.get("registryId") or call.caller.principal.account, call.caller.region)


@about("repository")
def repository(call: Call, req: Any) -> str:
    """The ARN of the repository that a request names."""
    key = registry(call, req)
    return names.repository_arn(key.region, key.account, req["repositoryName"])


@about("repository")
def repositories(call: Call, req: Any) -> tuple[str, ...]:
    """The ARNs of the repositories that a request names, where it names none that of all of its registry."""
    key, wanted = registry(call, req), req.get("repositoryNames") or ["*"]
    return tuple(names.repository_arn(key.region, key.account, name) for name in dict.fromkeys(wanted))


@about("repository")
def resource(_: Call, req: Any) -> str:
    """The ARN of the repository that a request gives one of. Raises InvalidParameter for one that is none.

    What is asked about is made from its parts: another partition in the text would pass a policy by.
    """
    parts = names.parse_repository_arn(req["resourceArn"])
    return names.repository_arn(parts.region, parts.account, parts.name)


def seconds(instant: int) -> float:
    """Microseconds as the seconds since 1970 that the wire has, to the millisecond, as ECR gives them."""
    return instant // 1_000 / 1_000
