"""A boto3 client whose every answer is held against the service's model, and what to expect of a refusal."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.serving import Server

ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@contextmanager
def client(server: Server, service: str = "ecr", region: str | None = None, *, strict: bool = True) -> Iterator[Any]:
    """A client that tries once; without `strict` it sends what botocore would refuse itself."""
    create: Any = boto3.client  # typed for the services that it knows by literal names
    made = create(
        service,
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name=region or server.env["AWS_REGION"],
        aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=strict),
    )
    if service == "ecr":
        made.meta.events.register("after-call.ecr.*", _check)
    yield made
    made.close()


def _check(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Raise AssertionError for an answer that the model of its operation does not describe."""
    body = json.loads(http_response.content)
    assert parsed["ResponseMetadata"]["RequestId"]
    if http_response.status_code < 300:
        _follows(model.output_shape, body, model.name)
        return
    code = body.pop("__type")
    shapes = {shape.error_code: shape for shape in model.error_shapes}
    if code in shapes:
        _follows(shapes[code], body, code)
        status = shapes[code].metadata.get("error", {}).get("httpStatusCode", 400)
        assert http_response.status_code == status
    else:
        assert code in {"AccessDeniedException", "SerializationException"}, code
        assert http_response.status_code == 400
        assert set(body) <= {"message"}


SCALARS: dict[str, set[type]] = {"timestamp": {int, float}, "boolean": {bool}, "integer": {int}, "long": {int}}


def _follows(shape: Any, value: Any, where: str) -> None:
    """Nothing unknown, nothing null, texts within their patterns and enums, timestamps as numbers."""
    match shape.type_name:
        case "structure":
            assert isinstance(value, dict), where
            assert set(value) <= set(shape.members), where
            for name, each in value.items():
                _follows(shape.members[name], each, f"{where}.{name}")
        case "list":
            assert isinstance(value, list), where
            for each in value:
                _follows(shape.member, each, where)
        case "map":
            assert isinstance(value, dict), where
            for each in value.values():
                _follows(shape.value, each, where)
        case "string":
            assert isinstance(value, str), where
            assert value in shape.enum or not shape.enum, where
        case kind:
            assert type(value) in SCALARS[kind], where


def method(client: Any, operation: str) -> Any:
    """The client's function for an operation."""
    [name] = [name for name, wire in client.meta.method_to_api_mapping.items() if wire == operation]
    return getattr(client, name)


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what botocore adds to it."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@contextmanager
def refused(code: str, message: str, **members: Any) -> Iterator[None]:
    """Expect a modelled error of exactly this text, with exactly these members beside it."""
    with pytest.raises(ClientError) as caught:
        yield
    told = caught.value.response
    assert (told["Error"]["Code"], told["Error"]["Message"]) == (code, message), told
    shown = {name: value for name, value in told.items() if name not in {"Error", "ResponseMetadata", "message"}}
    assert shown == members, told


@contextmanager
def invalid(member: str, constraint: str) -> Iterator[None]:
    """Expect an InvalidParameterException for that member."""
    with refused(
        "InvalidParameterException",
        f"Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'",
    ):
        yield


@contextmanager
def no_repository(name: str, account: str = ACCOUNT) -> Iterator[None]:
    """Expect a RepositoryNotFoundException for that repository."""
    with refused(
        "RepositoryNotFoundException",
        f"The repository with name '{name}' does not exist in the registry with id '{account}'",
    ):
        yield


@contextmanager
def denied(action: str, resource: str) -> Iterator[None]:
    """Expect an AccessDeniedException for the root of the account, for want of a resource-based policy."""
    with refused(
        "AccessDeniedException",
        f"User: {ROOT} is not authorized to perform: ecr:{action} on resource: {resource} "
        f"because no resource-based policy allows the ecr:{action} action",
    ):
        yield
