"""What botocore, as a client, makes of the same models: the other side of every round trip."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, cast
from urllib.parse import urlencode

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer


@cache
def service(name: str) -> ServiceModel:
    text = (resources.files("entrepot.aws") / "models" / f"{name}.json").read_text("utf-8")
    return ServiceModel(json.loads(text), name)


def operation(name: str, operation_name: str) -> OperationModel:
    return service(name).operation_model(operation_name)


def request(protocol: str, model: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
    """Serialise a request as a client would; `body` is bytes."""
    sent: dict[str, Any] = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    if isinstance(sent["body"], dict):
        sent["body"] = urlencode(sent["body"], doseq=True).encode()
    return sent


def answer(
    protocol: str, model: OperationModel, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Parse an answer as a client would, without its metadata."""
    response = {"body": body, "headers": headers or {}, "status_code": status}
    parsed: dict[str, Any] = create_parser(protocol).parse(response, cast("Shape", model.output_shape))
    if status == 200:
        parsed.pop("ResponseMetadata", None)
    return parsed
