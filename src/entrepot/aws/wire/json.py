"""AWS JSON 1.0 and 1.1: strict about types and form, blind to members that the model does not know."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from entrepot.aws.wire.malformed import (
    MAX_DEPTH,
    SPECIAL_FLOATS,
    Malformed,
    blob,
    from_iso8601,
    instant,
    iso8601,
    named,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from entrepot.aws.model import Shape

_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)  # finds an end for each: to look for more takes for ever
_STEPS = {byte: 1 if byte in b"[{" else -1 for byte in b"[]{}"}
_OTHERS = bytes(set(range(256)) - set(_STEPS))
_AT_ONCE = 64 * 1024  # bytes of which the texts are taken in one go: nothing else runs meanwhile
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def parse(shape: Shape, body: bytes) -> dict[str, Any]:
    """Read a request. Of a key that comes twice the last counts, as in AWS. Raises Malformed."""
    check_depth(body)
    try:
        value = _decode(body)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise Malformed("") from None
    if not isinstance(value, dict):
        raise Malformed("Start of structure or map expected" if value is not None else "")
    return _structure(shape, value)


def check_depth(body: bytes) -> None:
    """Refuse nesting beyond MAX_DEPTH before any parser sees it. Raises Malformed."""
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return
    brackets = chain.from_iterable(part.translate(None, _OTHERS) for part in _outside_texts(body))
    if any(depth > MAX_DEPTH for depth in accumulate(map(_STEPS.__getitem__, brackets))):
        raise Malformed("")


def _outside_texts(body: bytes) -> Iterator[bytes]:
    if len(body) <= _AT_ONCE:
        yield _TEXTS.sub(b"", body)
        return
    at = 0
    for text in _TEXTS.finditer(body):
        yield body[at : text.start()]
        at = text.end()
    yield body[at:]


def _read(shape: Shape, value: Any) -> Any:
    return _READERS[shape.kind](shape, value)


def _read_string(_shape: Shape, value: Any) -> Any:
    return value if isinstance(value, str) else _refuse(value, "string")


def _read_boolean(_shape: Shape, value: Any) -> Any:
    return value if isinstance(value, bool) else _refuse(value, "boolean")


def _read_blob(_shape: Shape, value: Any) -> Any:
    return blob(value) if isinstance(value, str) else _refuse(value, "blob")


def _read_structure(shape: Shape, value: Any) -> Any:
    return _structure(shape, value) if isinstance(value, dict) else _refuse(value, "structure")


def _read_list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed("Expected list or null")
    item = shape.of()
    read = _READERS[item.kind]
    return [None if each is None else read(item, each) for each in value]


def _read_map(shape: Shape, value: Any) -> Any:
    if not isinstance(value, dict):
        return _refuse(value, "map")
    inner = shape.of()
    return {key: None if each is None else _read(inner, each) for key, each in value.items()}


def _structure(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        inner = value.get(member.wire_name or name)
        if inner is not None:
            found[name] = _READERS[member.kind](member, inner)
    return found


def _read_whole(shape: Shape, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(value, shape.kind)
    return whole(value, shape.kind)


def _read_real(shape: Shape, value: Any) -> Any:
    if isinstance(value, str) and value in SPECIAL_FLOATS:
        return SPECIAL_FLOATS[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(value, shape.kind)
    try:
        return float(value)
    except OverflowError:
        return _refuse(value, shape.kind)


def _read_timestamp(shape: Shape, value: Any) -> Any:
    if shape.timestamp_format == "iso8601" and isinstance(value, str):
        return from_iso8601(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(value, "timestamp")
    return instant(value)


_READERS: dict[str, Callable[[Shape, Any], Any]] = {
    "string": _read_string,
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "integer": _read_whole,
    "long": _read_whole,
    "float": _read_real,
    "double": _read_real,
    "boolean": _read_boolean,
    "blob": _read_blob,
    "timestamp": _read_timestamp,
}


def _refuse(value: Any, kind: str) -> NoReturn:
    """Raise Malformed in the words of AWS's JSON reader, which names the token that it met."""
    match value:
        case dict():
            raise Malformed("Start of structure or map found where not expected.")
        case list():
            raise Malformed("Start of list found where not expected.")
        case bool():
            found = "TRUE_VALUE" if value else "FALSE_VALUE"
        case str():
            found = "STRING_VALUE"
        case _:
            found = "NUMBER_VALUE"
    if kind in {"structure", "map"}:
        raise Malformed("Expected null")
    raise Malformed(f"{found} can not be converted to {named(kind)}")


def serialize(shape: Shape, value: Mapping[str, Any]) -> bytes:
    """Write an answer; members that are None stay out. Raises KeyError for a member that the model does not have."""
    return _encode(_write_structure(shape, value))


def _write(shape: Shape, value: Any) -> Any:
    writer = _WRITERS.get(shape.kind)
    return value if writer is None else writer(shape, value)


def _write_structure(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    members, written = shape.members, {}
    for name, inner in value.items():
        if inner is not None:
            member = members[name]
            writer = _WRITERS.get(member.kind)
            written[member.wire_name or name] = inner if writer is None else writer(member, inner)
    return written


def _write_list(shape: Shape, value: Iterable[Any]) -> list[Any]:
    item = shape.of()
    writer = _WRITERS.get(item.kind)
    return list(value) if writer is None else [writer(item, each) for each in value]


def _write_map(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    inner = shape.of()
    return {key: _write(inner, each) for key, each in value.items()}


def _write_blob(_shape: Shape, value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _write_timestamp(shape: Shape, value: float) -> float | str:
    return iso8601(value) if shape.timestamp_format == "iso8601" else value


def _write_real(_shape: Shape, value: float) -> float | str:
    return value if math.isfinite(value) else _special(value)


_WRITERS: dict[str, Callable[[Shape, Any], Any]] = {
    "structure": _write_structure,
    "list": _write_list,
    "map": _write_map,
    "blob": _write_blob,
    "timestamp": _write_timestamp,
    "float": _write_real,
    "double": _write_real,
}


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def error(code: str, message: str, shape: Shape | None = None, fields: Mapping[str, Any] | None = None) -> bytes:
    """Write an error: a bare `__type`, `message` where there is one, and the fields that its shape models."""
    body: dict[str, Any] = {"__type": code}
    if message:
        body["message"] = message
    if shape is not None and fields:
        body |= _write_structure(shape, fields)
    return _encode(body)
