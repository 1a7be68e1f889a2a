"""AWS's service models (botocore's files, vendored in `models/`) as small immutable shapes, read when first asked for.

botocore itself is not imported: its reader costs 200 ms of start-up and an HTTP client that a server does not need.
The tests compare what is read here with botocore's own reading, shape by shape.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

Kind = Literal[
    "structure", "list", "map", "string", "integer", "long", "float", "double", "boolean", "blob", "timestamp"
]
Json = dict[str, Any]

# Where a call says what it wants. A test compares these with the models' metadata.
TARGETS = {
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "SpencerFrontendService": "ecr-public",
    "GraniteServiceVersion20100801": "cloudwatch",
}
QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam", "2010-08-01": "cloudwatch"}
CBOR_SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}
SERVICES = ("ecr", "ecr-public", "sts", "iam", "cloudwatch")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One type of a model. `least` and `most` bound a number, or the length of anything else."""

    name: str
    kind: Kind
    members: dict[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    item: Shape | None = None
    key: Shape | None = None
    value: Shape | None = None
    wire_name: str | None = None
    flattened: bool = False
    least: float | None = None
    most: float | None = None
    pattern: re.Pattern[str] | None = None
    pattern_text: str = ""
    choices: tuple[str, ...] = ()
    timestamp_format: str | None = None
    sensitive: bool = False
    union: bool = False

    def of(self) -> Shape:
        """The shape of a list's items or a map's values."""
        shape = self.item or self.value
        if shape is None:
            raise TypeError(f"{self.name} holds no other shape")
        return shape


@dataclass(frozen=True, slots=True, eq=False)
class ErrorShape:
    """A modelled error: the class name in JSON, the code in Query (they differ for some), and its status."""

    shape: Shape
    code: str
    status: int
    sender: bool


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    service: Service
    name: str
    input: Shape
    output: Shape
    result_wrapper: str | None
    errors: dict[str, ErrorShape]
    signed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """`operations` are compiled on demand by `operation`; the names in it are all of the model's."""

    name: str
    signing_name: str
    api_version: str
    target_prefix: str
    json_version: str
    xml_namespace: str
    query_compatible: bool
    protocols: tuple[str, ...]
    model: Json
    shapes: dict[str, Shape] = field(default_factory=dict)
    compiled: dict[str, Operation] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(self.model["operations"])

    def operation(self, name: str) -> Operation | None:
        """The operation of this exact name, None where the model has none."""
        if name not in self.compiled and name in self.model["operations"]:
            self.compiled[name] = _operation(self, name)
        return self.compiled.get(name)

    def error(self, name: str) -> ErrorShape | None:
        """The error of this shape name, None where the service has none."""
        return _error(self, name) if self.model["shapes"].get(name, {}).get("exception") else None


@cache
def service(name: str) -> Service:
    """Read one service's model. Raises KeyError for a service that is not vendored."""
    if name not in SERVICES:
        raise KeyError(name)
    model: Json = json.loads(_text(f"{name}.json"))
    meta: Json = model["metadata"]
    return Service(
        name=name,
        signing_name=meta.get("signingName") or meta["endpointPrefix"],
        api_version=meta["apiVersion"],
        target_prefix=meta.get("targetPrefix", ""),
        json_version=meta.get("jsonVersion", ""),
        xml_namespace=meta.get("xmlNamespace", ""),
        query_compatible="awsQueryCompatible" in meta,
        protocols=tuple(meta["protocols"]),
        model=model,
    )


def by_target(target: str) -> tuple[Service, Operation | None] | None:
    """Who `X-Amz-Target: Prefix.Operation` means; None where the prefix is of no service (AWS minds the case)."""
    prefix, _, name = target.rpartition(".")
    return _find(TARGETS.get(prefix), name)


def by_action(action: str, version: str) -> tuple[Service, Operation | None] | None:
    """Who `Action` with `Version` means, in the Query protocol."""
    return _find(QUERY_VERSIONS.get(version), action)


def by_rpc_path(path: str) -> tuple[Service, Operation | None] | None:
    """Who `/service/S/operation/O` means, the path of Smithy's RPC v2."""
    match path.split("/"):
        case ["", "service", name, "operation", operation]:
            return _find(CBOR_SERVICES.get(name), operation)
    return None


def _find(name: str | None, operation: str) -> tuple[Service, Operation | None] | None:
    if name is None:
        return None
    found = service(name)
    return found, found.operation(operation)


def _operation(owner: Service, name: str) -> Operation:
    model: Json = owner.model["operations"][name]
    empty = Shape("Unit", "structure")
    output: Json = model.get("output", {})
    errors = [_error(owner, ref["shape"]) for ref in model.get("errors", ())]
    return Operation(
        service=owner,
        name=name,
        input=_shape(owner, model["input"]) if "input" in model else empty,
        output=_shape(owner, {"shape": output["shape"]}) if output else empty,
        result_wrapper=output.get("resultWrapper"),
        errors={error.shape.name: error for error in errors},
        signed=model.get("authtype") != "none",
    )


def _error(owner: Service, name: str) -> ErrorShape:
    model: Json = owner.model["shapes"][name]
    error: Json = model.get("error", {})
    fault = bool(model.get("fault", error.get("fault", False)))
    return ErrorShape(
        shape=_shape(owner, {"shape": name}),
        code=error.get("code", name),
        status=error.get("httpStatusCode", 500 if fault else 400),
        sender=error.get("senderFault", not fault),
    )


def _shape(owner: Service, ref: Json) -> Shape:
    """The shape that `ref` names, with the traits that `ref` adds to it. Shapes without additions are shared."""
    extra = {key: value for key, value in ref.items() if key not in {"shape", "deprecated", "box"}}
    name: str = ref["shape"]
    if not extra and name in owner.shapes:
        return owner.shapes[name]
    model: Json = owner.model["shapes"][name] | extra
    members: dict[str, Shape] = {}
    shape = _plain(owner, name, model, members)
    if not extra:
        owner.shapes[name] = shape  # before the members, which may lead back here
    members.update((member, _shape(owner, inner)) for member, inner in model.get("members", {}).items())
    return shape


def _plain(owner: Service, name: str, model: Json, members: dict[str, Shape]) -> Shape:
    kind: Kind = model["type"]
    pattern: str = model.get("pattern", "")
    return Shape(
        name=name,
        kind=kind,
        members=members,
        required=tuple(model.get("required", ())),
        item=_shape(owner, model["member"]) if kind == "list" else None,
        key=_shape(owner, model["key"]) if kind == "map" else None,
        value=_shape(owner, model["value"]) if kind == "map" else None,
        wire_name=model.get("locationName"),
        flattened=model.get("flattened", False),
        least=model.get("min"),
        most=model.get("max"),
        pattern=re.compile(patches().get(f"{owner.name}.{name}", pattern), re.ASCII) if pattern else None,
        pattern_text=pattern,
        choices=tuple(model.get("enum", ())),
        timestamp_format=model.get("timestampFormat"),
        sensitive=model.get("sensitive", False),
        union=model.get("union", False),
    )


@cache
def patches() -> dict[str, str]:
    """Patterns to use in place of a model's: what Python's `re` cannot read, or would take exponential time for."""
    found: dict[str, str] = json.loads(_text("patches.json"))
    return found


def _text(name: str) -> str:
    return (resources.files("entrepot.aws") / "models" / name).read_text("utf-8")
