"""The Query protocol: form fields in, XML out."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from entrepot.aws.wire.malformed import SPECIAL_FLOATS, Malformed, blob, from_iso8601, instant, iso8601, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws.model import Shape

MAX_FIELDS = 10_000
MAX_PARTS = 32
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_REAL = re.compile(r"[+-]?([0-9]{1,400}([.][0-9]{0,400})?|[.][0-9]{1,400})([eE][+-]?[0-9]{1,3})?")
_INDEX = re.compile(r"[1-9][0-9]{0,5}")
# What XML 1.0 has no way to write, even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Tree = dict[str, Any]  # a leaf is text, anything else a Tree


def fields(form: bytes) -> dict[str, str]:
    """Read form fields or a query string, at most MAX_FIELDS; of a name that comes twice the first counts.

    Raises Malformed, also for what is not UTF-8.
    """
    if form.count(b"&") >= MAX_FIELDS:
        raise Malformed("Too many parameters")
    found: dict[str, str] = {}
    for pair in form.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            found.setdefault(_text(name), _text(value))
    return found


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The request is not valid UTF-8") from None


def parse(shape: Shape, given: Mapping[str, str]) -> dict[str, Any]:
    """Read a request from its fields (Action, Version and unknown ones do no harm). Raises Malformed."""
    tree: Tree = {}
    for name, value in given.items():
        _plant(tree, name.split(".", MAX_PARTS), value)
    return _structure(shape, tree)


def _plant(tree: Tree, path: list[str], value: str) -> None:
    """Put `A.member.1` = value into the tree. Where a name is both a leaf and a branch, the branch stays."""
    if len(path) > MAX_PARTS:
        raise Malformed("Parameter names nest too deeply")
    for part in path[:-1]:
        branch = tree.get(part)
        if not isinstance(branch, dict):
            branch = tree[part] = {}
        tree = branch
    tree.setdefault(path[-1], value)


def _read(shape: Shape, node: str | Tree) -> Any:
    match shape.kind:
        case "structure":
            return _structure(shape, node) if isinstance(node, dict) else _unexpected(node, {})
        case "list":
            return _list(shape, node) if isinstance(node, dict) else _unexpected(node, [])
        case "map":
            return _map(shape, node) if isinstance(node, dict) else _unexpected(node, {})
    if isinstance(node, dict):
        raise Malformed("Unexpected complex element")
    return _scalar(shape, node)


def _unexpected(text: str, empty: Any) -> Any:
    if text:
        raise Malformed("Unexpected list element termination" if isinstance(empty, list) else "Expected null")
    return empty


def _structure(shape: Shape, tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire = member.wire_name or name
        if member.kind == "list" and member.flattened and member.of().wire_name:
            wire = member.of().wire_name or wire
        if wire in tree:
            found[name] = _read(member, tree[wire])
    return found


def _list(shape: Shape, tree: Tree) -> list[Any]:
    item = shape.of()
    inner = tree if shape.flattened else tree.get(item.wire_name or "member", {})
    return [_read(item, node) for node in _numbered(inner)]


def _map(shape: Shape, tree: Tree) -> dict[str, Any]:
    if shape.key is None or shape.value is None:
        raise TypeError(shape.name)
    inner = tree if shape.flattened else tree.get("entry", {})
    found: dict[str, Any] = {}
    for entry in _numbered(inner):
        key = entry.get(shape.key.wire_name or "key") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(key, str):
            raise Malformed("Expected a key in a map")
        found[key] = _read(shape.value, entry.get(shape.value.wire_name or "value", ""))
    return found


def _numbered(tree: str | Tree) -> list[str | Tree]:
    """The branches 1, 2, 3 … in the order of their numbers; gaps do no harm."""
    if isinstance(tree, str):
        _unexpected(tree, [])
        return []
    if not all(_INDEX.fullmatch(key) for key in tree):
        raise Malformed("List members are numbered from 1")
    return [tree[key] for key in sorted(tree, key=int)]


def _scalar(shape: Shape, text: str) -> Any:
    match shape.kind:
        case "string":
            return text
        case "boolean" if text.lower() in {"true", "false"}:
            return text.lower() == "true"
        case "integer" | "long" as kind if _WHOLE.fullmatch(text):
            return whole(int(text), kind)
        case "float" | "double" if text in SPECIAL_FLOATS or _REAL.fullmatch(text):
            return SPECIAL_FLOATS.get(text) if text in SPECIAL_FLOATS else float(text)
        case "blob":
            return blob(text)
        case "timestamp":
            return instant(float(text)) if _REAL.fullmatch(text) else from_iso8601(text)
        case kind:
            raise Malformed(f"Could not read the {kind} '{text[:64]}'")


def serialize(
    name: str, wrapper: str | None, shape: Shape, value: Mapping[str, Any], namespace: str, request_id: str
) -> bytes:
    """Write the answer of operation `name`. Characters that XML does not have become U+FFFD."""
    body = "".join(_members(shape, value))
    result = f"<{wrapper}>{body}</{wrapper}>" if wrapper else body
    return (
        f'<{name}Response xmlns="{_escape(namespace)}">{result}<ResponseMetadata>'
        f"<RequestId>{_escape(request_id)}</RequestId></ResponseMetadata></{name}Response>"
    ).encode()


def _members(shape: Shape, value: Mapping[str, Any]) -> list[str]:
    members = shape.members
    return [
        _element(members[name].wire_name or name, members[name], inner)
        for name, inner in value.items()
        if inner is not None
    ]


def _element(tag: str, shape: Shape, value: Any) -> str:
    match shape.kind:
        case "structure":
            body = "".join(_members(shape, value))
        case "list":
            item = shape.of()
            if shape.flattened:
                return "".join(_element(item.wire_name or tag, item, each) for each in value)
            body = "".join(_element(item.wire_name or "member", item, each) for each in value)
        case "map":
            return _entries(tag, shape, value)
        case _:
            body = _escape(_write(shape, value))
    return f"<{tag}>{body}</{tag}>"


def _entries(tag: str, shape: Shape, value: Mapping[str, Any]) -> str:
    if shape.key is None or shape.value is None:
        raise TypeError(shape.name)
    pairs = [
        _element(shape.key.wire_name or "key", shape.key, key)
        + _element(shape.value.wire_name or "value", shape.value, each)
        for key, each in value.items()
    ]
    if shape.flattened:
        return "".join(f"<{tag}>{pair}</{tag}>" for pair in pairs)
    return f"<{tag}>{''.join(f'<entry>{pair}</entry>' for pair in pairs)}</{tag}>"


def _write(shape: Shape, value: Any) -> str:
    match shape.kind:
        case "boolean":
            return "true" if value else "false"
        case "blob":
            return b64encode(value).decode("ascii")
        case "timestamp":
            return iso8601(value)
        case "float" | "double" if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case "float" | "double":
            return repr(float(value))
        case _:
            return str(value)


def _escape(text: str) -> str:
    text = _UNWRITABLE.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\r", "&#xD;")


def error(
    code: str,
    message: str,
    *,
    sender: bool,
    namespace: str,
    request_id: str,
    shape: Shape | None = None,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """Write an error, with the fields that its shape models beside code and message."""
    more = "".join(_members(shape, extra)) if shape is not None and extra else ""
    return (
        f'<ErrorResponse xmlns="{_escape(namespace)}"><Error><Type>{"Sender" if sender else "Receiver"}</Type>'
        f"<Code>{_escape(code)}</Code><Message>{_escape(message)}</Message>{more}</Error>"
        f"<RequestId>{_escape(request_id)}</RequestId></ErrorResponse>"
    ).encode()
