"""Which operation a request means, and in which protocol it speaks: told by header, query string, form or path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from entrepot.aws import model
from entrepot.aws.errors import Refused
from entrepot.aws.wire import cbor, json, query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws.sigv4 import SignedRequest

MIB = 1 << 20
BODY_CAP = MIB
"""Bytes of a request's body, where `BODY_CAPS` has no other number."""

BODY_CAPS = {
    # A part of 20,971,520 bytes (the model's maximum) is 28 MB in base64.
    ("ecr", "UploadLayerPart"): 32 * MIB,
    ("ecr-public", "UploadLayerPart"): 32 * MIB,
    # A manifest of 4 MiB (the model's maximum), its quotation marks escaped.
    ("ecr", "PutImage"): 8 * MIB,
    ("ecr-public", "PutImage"): 8 * MIB,
}

FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Target:
    """What a request means. `service` and `operation` are None where no model knows them.

    `fields` holds the parameters of a Query call; `form` says that its body has some too. `query_mode`: the caller
    of a JSON or CBOR service wants Query's error code as well.
    """

    protocol: Literal["json", "query", "cbor"]
    service: model.Service | None = None
    operation: model.Operation | None = None
    fields: Mapping[str, str] | None = None
    form: bool = False
    query_mode: bool = False

    def cap(self) -> int:
        """How many bytes of body this call may have."""
        if self.operation is None:
            return BODY_CAP
        return BODY_CAPS.get((self.operation.service.name, self.operation.name), BODY_CAP)


def find(head: SignedRequest) -> Target | None:
    """Read the target from all but the body. None for what is no AWS call at all.

    Raises Malformed for a query string that cannot be read.
    """
    posted = head.method == "POST"
    targets = [value for name, value in head.headers if name == b"x-amz-target"]
    if targets:
        text = targets[0].decode("latin-1") if len(targets) == 1 and posted and _at_root(head) else ""
        return _known(Target("json", query_mode=_query_mode(head)), model.by_target(text))
    if posted and head.raw_path.startswith(b"/service/"):
        found = model.by_rpc_path(head.raw_path.decode("latin-1"))
        return _known(Target("cbor", query_mode=_query_mode(head)), found)
    if not _at_root(head):
        return None
    form = posted and content_type(head).startswith(FORM)
    fields = query.fields(head.raw_query)
    if form:
        return Target("query", fields=fields, form=True)
    if "Action" in fields and head.method in {"GET", "POST"}:
        return by_fields(fields)
    return Target("json") if posted else None


def by_fields(fields: Mapping[str, str]) -> Target:
    """The target that Action and Version name."""
    found = model.by_action(fields.get("Action", ""), fields.get("Version", ""))
    return _known(Target("query", fields=fields), found)


def with_form(target: Target, body: bytes) -> Target:
    """The target of a Query call, once the form in its body is read. Raises Malformed."""
    return by_fields({**query.fields(body), **(target.fields or {})}) if target.form else target


def unknown(target: Target) -> Refused:
    """The refusal of an operation that is not here."""
    if target.protocol != "query":
        return Refused("UnknownOperationException", "")
    fields = target.fields or {}
    action, version = fields.get("Action", ""), fields.get("Version", "NO_VERSION_SPECIFIED")
    return Refused("UnknownOperationException", f"Could not find operation {action[:128]} for version {version[:32]}")


def parse(target: Target, shape: model.Shape, body: bytes) -> dict[str, Any]:
    """Read the parameters of a call. Raises Malformed."""
    match target.protocol:
        case "json":
            return json.parse(shape, body)
        case "cbor":
            return cbor.parse(shape, body)
        case "query":
            return query.parse(shape, target.fields or {})


def content_type(head: SignedRequest) -> bytes:
    return next((value.lower() for name, value in head.headers if name == b"content-type"), b"")


def _known(target: Target, found: tuple[model.Service, model.Operation | None] | None) -> Target:
    return target if found is None else replace(target, service=found[0], operation=found[1])


def _at_root(head: SignedRequest) -> bool:
    return not head.raw_path.strip(b"/")


def _query_mode(head: SignedRequest) -> bool:
    return (b"x-amzn-query-mode", b"true") in head.headers
