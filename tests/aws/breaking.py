"""Requests that break one constraint of an operation's model each, made from the model as botocore reads it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from botocore.model import ListShape, OperationModel, Shape, StructureShape
from tests.aws import oracle

Steps = tuple[str | int, ...]
"""How to get from a request to a value in it: the names of members, and 0 for the one item of a list."""

ABSENT: Final = object()

DIGEST = f"sha256:{'0' * 64}"
REPOSITORY_ARN = "arn:aws:ecr:us-east-1:123456789012:repository/team/app"
# One value of every shape that has a pattern, and of some whose meaning a handler looks at.
VALID: dict[str, str] = {
    "AccountSettingName": "BLOB_MOUNTING",
    "AccountSettingValue": "ENABLED",
    "Arn": REPOSITORY_ARN,
    "CredentialArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf",
    "CustomRoleArn": "arn:aws:iam::123456789012:role/templates",
    "ImageDigest": DIGEST,
    "ImageTag": "v1",
    "ImageTagMutabilityExclusionFilterValue": "dev-*",
    "KmsKey": "a key",
    "KmsKeyForRepositoryCreationTemplate": "arn:aws:kms:us-east-1:123456789012:key/a",
    "LayerDigest": DIGEST,
    "Prefix": "team",
    "PrincipalArn": "arn:aws:iam::123456789012:role/puller",
    "PullThroughCacheRuleRepositoryPrefix": "team",
    "Region": "eu-west-1",
    "RegistryId": "123456789012",
    "RepositoryFilterValue": "team/app",
    "RepositoryName": "team/app",
    "ScanningRepositoryFilterValue": "team/*",
    "SigningProfileArn": "arn:aws:signer:us-east-1:123456789012:/signing-profiles/name",
    "SigningRepositoryFilterValue": "team/*",
    "UploadId": "00000000-0000-4000-8000-000000000000",
}
_WRONG: dict[str, Any] = {"string": 7, "blob": 7, "structure": "text", "list": {}, "map": [], "boolean": "yes"}
_ODD = ("!", " ", "A!", "?" * 8, "?" * 64)
_BY_HAND = {"RepositoryName", "RegistryId", "ImageTag"}  # whose pattern ECR words in a way of its own


@dataclass(frozen=True, slots=True)
class Place:
    """A value somewhere in a request. `needed`: it may not be left out, or (in a list) be null."""

    steps: Steps
    shape: Shape
    needed: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One constraint of one value of one operation: `kind` is required, null, min, max, pattern, enum or type."""

    operation: str
    place: Place
    kind: str

    def __str__(self) -> str:
        return f"{self.operation}-{'.'.join(map(str, self.place.steps))}-{self.kind}"

    def request(self) -> Any:
        """A request that is right in everything but this."""
        return asking(model(self.operation), self.place.steps, broken(self.place.shape, self.kind))

    def constraint(self) -> str:
        """What AWS says of it, without what stands around it."""
        shape, limits = self.place.shape, self.place.shape.metadata
        what = "value" if shape.type_name in {"integer", "long"} else "length"
        match self.kind:
            case "min":
                return f"Member must have {what} greater than or equal to {limits['min']}"
            case "max":
                return f"Member must have {what} less than or equal to {limits['max']}"
            case "pattern" if shape.name in _BY_HAND and len(self.place.steps) == 1:
                shown = limits["pattern"] if shape.name == "RegistryId" else f"'{limits['pattern']}'"
                return f"must satisfy regular expression {shown}"
            case "pattern":
                return f"Member must satisfy regular expression pattern: {limits['pattern']}"
            case "enum":
                return f"Member must satisfy enum value set: [{', '.join(shape.metadata['enum'])}]"
        return "Member must not be null"

    def message(self) -> str:
        """The whole sentence, with the member that it names: the top one where the value is in a list."""
        names, constraint = [str(step) for step in self.place.steps], self.constraint()
        if 0 in self.place.steps:
            member, constraint = names[0], f"Member must satisfy constraint: [{constraint}]"
        else:
            member = ".".join(names)
        return f"Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"


@cache
def model(operation: str) -> OperationModel:
    return oracle.operation("ecr", operation)


def cases(operation: str) -> Iterator[Case]:
    """Every constraint of an operation's request."""
    for place in places(operation):
        if place.needed:
            yield Case(operation, place, "null")
        if place.needed and isinstance(place.steps[-1], str):
            yield Case(operation, place, "required")
        yield Case(operation, place, "type")
        limits = place.shape.metadata
        for kind in ("min", "max", "pattern", "enum"):
            if limits.get(kind) is not None and not (kind == "min" and limits[kind] == 0):
                yield Case(operation, place, kind)


def places(operation: str) -> list[Place]:
    """Every value that a request of the operation can have."""
    shape = model(operation).input_shape
    return [] if shape is None else list(_below(shape, ()))


def _below(shape: Shape, steps: Steps) -> Iterator[Place]:
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield Place((*steps, name), member, name in shape.required_members)
            yield from _below(member, (*steps, name))
    elif isinstance(shape, ListShape):
        yield Place((*steps, 0), shape.member, needed=True)
        yield from _below(shape.member, (*steps, 0))
    elif shape.type_name == "map":
        raise TypeError(f"{shape.name} is a map: say here how its keys and values are broken")


def asking(operation: OperationModel, steps: Steps, value: Any) -> Any:
    """A request with what it needs, and `value` at the end of `steps` (ABSENT: left out)."""
    return _with(operation.input_shape, steps, value)


def _with(shape: Any, steps: Steps, value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        return [_with(shape.member, rest, value)]
    whole = dict(valid(shape))
    if value is ABSENT and not rest:
        whole.pop(step, None)
    else:
        whole[step] = _with(shape.members[step], rest, value)
    return whole


def valid(shape: Any) -> Any:
    """A value that the model allows, with no more in it than it needs."""
    limits = shape.metadata
    match shape.type_name:
        case "structure":
            return {name: valid(shape.members[name]) for name in shape.required_members}
        case "list":
            return [valid(shape.member)] * limits.get("min", 1)
        case "string":
            text = (
                limits["enum"][0]
                if "enum" in limits
                else VALID.get(shape.name, "text".ljust(limits.get("min", 0), "."))
            )
            if "pattern" in limits and not re.fullmatch(limits["pattern"].replace("9-_", r"9\-_"), text):
                raise TypeError(f"VALID has no text that fits {shape.name}: {limits['pattern']}")
            return text
        case "boolean":
            return False
        case "blob":
            return base64.b64encode(b"x").decode()
        case "integer" | "long":
            return limits.get("min", 1)
    raise TypeError(shape.type_name)


def broken(shape: Any, kind: str) -> Any:
    """A value of the shape that breaks its constraint of that kind."""
    match kind:
        case "required":
            return ABSENT
        case "null":
            return None
        case "type":
            return _WRONG.get(shape.type_name, "text")
        case "enum":
            return "NOT_A_CHOICE"
        case "pattern":
            return _unfit(shape)
    return sized(shape, shape.metadata[kind] + (1 if kind == "max" else -1))


def sized(shape: Any, size: int) -> Any:
    """A number, or a value of that length, in which nothing but that may be wrong."""
    match shape.type_name:
        case "integer" | "long":
            return size
        case "list":
            return [valid(shape.member)] * size
        case "blob":
            return base64.b64encode(b"x" * size).decode()
    return ("9" if shape.name == "RegistryId" else "a") * size


def _unfit(shape: Any) -> str:
    limits = shape.metadata
    for text in _ODD:
        long_enough = limits.get("min", 0) <= len(text) <= limits.get("max", len(text))
        if long_enough and not re.fullmatch(limits["pattern"], text):
            return text
    raise TypeError(f"no odd text is as long as {shape.name} has to be")
