"""A boto3 client of IAM whose every answer is held against the service's model, byte by byte of its XML."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.serving import Server

NAMESPACE = "{https://iam.amazonaws.com/doc/2010-05-08/}"
COMMON = {"AccessDenied", "ValidationError", "InvalidClientTokenId", "SignatureDoesNotMatch"}


@contextmanager
def client(
    server: Server,
    service: str = "iam",
    key: tuple[str, str] | None = None,
    *,
    token: str | None = None,
    strict: bool = True,
) -> Iterator[Any]:
    """A client that tries once, with the root's key or another; without `strict` it leaves all checking to the server.

    The root of an account has no name and no path, which the model asks of a user.
    """
    create: Any = boto3.client  # typed for the services that it knows by literal names
    key_id, secret = key or (server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
    made = create(
        service,
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name=server.env["AWS_REGION"],
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=strict),
    )
    if service == "iam":
        made.meta.events.register("after-call.iam.*", check)
    yield made
    made.close()


def check(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Raise AssertionError for an answer that the model of its operation does not describe."""
    root = ET.fromstring(http_response.content)
    assert parsed["ResponseMetadata"]["RequestId"]
    if http_response.status_code >= 300:
        _check_error(root, http_response.status_code, model)
        return
    assert root.tag == f"{NAMESPACE}{model.name}Response"
    results = [child for child in root if child.tag != f"{NAMESPACE}ResponseMetadata"]
    if model.output_shape is None:
        assert results == []
        return
    [result] = results
    assert result.tag == f"{NAMESPACE}{model.output_shape.serialization['resultWrapper']}"
    _follows(model.output_shape, result, model.name)


def _check_error(root: ET.Element, status: int, model: Any) -> None:
    error = root.find(f"{NAMESPACE}Error")
    assert error is not None
    code = error.findtext(f"{NAMESPACE}Code") or ""
    declared = {shape.error_code: shape for shape in model.error_shapes}
    assert code in set(declared) | COMMON, f"{model.name} answers {code}"
    assert error.findtext(f"{NAMESPACE}Type") == "Sender"
    assert error.findtext(f"{NAMESPACE}Message")
    if code in declared:
        assert status == declared[code].metadata["error"]["httpStatusCode"]
    else:
        assert status == (400 if code == "ValidationError" else 403)


def _follows(shape: Any, node: ET.Element, where: str) -> None:
    """Nothing unknown and nothing missing, texts within their enums, instants in whole seconds."""
    match shape.type_name:
        case "structure":
            found = [_name(child) for child in node]
            assert len(set(found)) == len(found), where
            missing = set(shape.required_members) - set(found)
            assert not missing or _is_root(node), f"{where} without {missing}"
            for name, child in zip(found, node, strict=True):
                assert name in shape.members, f"{where}.{name}"
                _follows(shape.members[name], child, f"{where}.{name}")
        case "list":
            for child in node:
                assert _name(child) == "member", where
                _follows(shape.member, child, where)
        case "map":
            for entry in node:
                assert [_name(child) for child in entry] == ["key", "value"], where
                _follows(shape.key, entry[0], where)
                _follows(shape.value, entry[1], where)
        case kind:
            assert _reads(kind, shape, node.text or ""), f"{where} is the {kind} {node.text}"


def _reads(kind: str, shape: Any, text: str) -> bool:
    match kind:
        case "timestamp":
            return len(text) == len("2026-01-01T00:00:00Z")
        case "boolean":
            return text in {"true", "false"}
        case "integer" | "long":
            return str(int(text)) == text
        case "string":
            return text in shape.enum or not shape.enum
    return False


def _name(node: ET.Element) -> str:
    assert node.tag.startswith(NAMESPACE)
    return node.tag.removeprefix(NAMESPACE)


def _is_root(node: ET.Element) -> bool:
    return (node.findtext(f"{NAMESPACE}Arn") or "").endswith(":root")
