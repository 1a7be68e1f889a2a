"""Smithy's RPC v2 in CBOR: one tag (an instant), no tricks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import cbor2

from entrepot.aws.wire.malformed import MAX_DEPTH, Malformed, instant, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws.model import Shape

# Every tag that cbor2 would act on. Some compile patterns, build references or compute huge numbers.
_BUILT_IN = (
    0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799
)  # fmt: skip


class _Instant(float):
    """Epoch seconds under tag 1, told apart from a plain number."""

    __slots__ = ()


def _read_instant(value: Any, _immutable: bool) -> _Instant:  # cbor2 calls it so
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Malformed("An instant is a number of seconds")
    return _Instant(instant(value))


def _refuse_tag(*_: Any) -> NoReturn:
    raise Malformed("This CBOR tag is not part of the protocol")


_TAGS = {1: _read_instant} | dict.fromkeys(_BUILT_IN, _refuse_tag)


def parse(shape: Shape, body: bytes) -> dict[str, Any]:
    """Read a request; an empty body is an empty structure. Raises Malformed."""
    if not body:
        return {}
    try:
        value = cbor2.loads(
            body, max_depth=MAX_DEPTH, semantic_decoders=_TAGS, tag_hook=_refuse_tag, strict_hashable_types=True
        )
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError, MemoryError, Malformed):
        raise Malformed("") from None
    return _structure(shape, value)


def _read(shape: Shape, value: Any) -> Any:
    if shape.kind in _TYPES:
        if not isinstance(value, _TYPES[shape.kind]):
            raise Malformed(f"Expected {shape.kind}")
        return float(value) if shape.kind == "timestamp" else value
    match shape.kind:
        case "structure":
            return _structure(shape, value)
        case "list" if isinstance(value, list):
            item = shape.of()
            return [None if each is None else _read(item, each) for each in value]
        case "map" if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            inner = shape.of()
            return {key: None if each is None else _read(inner, each) for key, each in value.items()}
        case _:
            return _number(shape, value)


_TYPES: dict[str, type[Any]] = {"string": str, "boolean": bool, "blob": bytes, "timestamp": _Instant}


def _number(shape: Shape, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, (bool, _Instant)):
        match shape.kind:
            case "integer" | "long" as kind if float(value).is_integer():
                return whole(int(value), kind)
            case "float" | "double":
                return float(value)
    raise Malformed(f"Expected {shape.kind}")


def _structure(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("Expected structure")
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        inner = value.get(name)
        if inner is not None:
            found[name] = _read(member, inner)
    return found


def serialize(shape: Shape, value: Mapping[str, Any]) -> bytes:
    """Write an answer; members that are None stay out. Raises KeyError for a member that the model does not have."""
    return cbor2.dumps(_write(shape, value))


def _write(shape: Shape, value: Any) -> Any:
    match shape.kind:
        case "structure":
            return {name: _write(shape.members[name], inner) for name, inner in value.items() if inner is not None}
        case "list":
            item = shape.of()
            return [_write(item, each) for each in value]
        case "map":
            inner = shape.of()
            return {key: _write(inner, each) for key, each in value.items()}
        case "timestamp":
            return cbor2.CBORTag(1, int(value) if float(value).is_integer() else float(value))
        case "float" | "double":
            return float(value)
        case _:
            return value


def error(code: str, message: str, shape: Shape | None = None, fields: Mapping[str, Any] | None = None) -> bytes:
    """Write an error: its type without a namespace, its message, and the fields that its shape models."""
    body: dict[str, Any] = {"__type": code, "message": message}
    if shape is not None and fields:
        body |= _write(shape, fields)
    return cbor2.dumps(body)
