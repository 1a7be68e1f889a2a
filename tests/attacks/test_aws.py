"""Bad input to the AWS door: unknown calls, altered signatures, bodies that are none, tokens of other lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.attacks.conftest import Reply, Target

TARGET = "AmazonEC2ContainerRegistry_V20150921."
JSON = {"Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def signed(
    target: Target, body: bytes, headers: dict[str, str], service: str, at: datetime | None = None
) -> dict[str, str]:
    """The headers of a request that botocore signed, as of another time if one is given."""
    env = target.server.env
    request = AWSRequest("POST", f"http://127.0.0.1:{target.server.port}/", headers=headers, data=body)
    credentials = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
    auth: Any = botocore.auth.SigV4Auth(credentials, service, "us-east-1")
    if at is None:
        auth.add_auth(request)
    else:
        request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        auth._inject_signature_to_request(request, _signature(auth, request))
    return dict(request.headers.items())


def _signature(auth: Any, request: AWSRequest) -> str:
    canonical = auth.canonical_request(request)
    return str(auth.signature(auth.string_to_sign(request, canonical), request))


def ecr(target: Target, operation: str, body: bytes, alter: Callable[[dict[str, str]], Any] | None = None) -> Reply:
    """A signed call of an ECR operation, its headers altered after signing."""
    headers = signed(target, body, {**JSON, "X-Amz-Target": TARGET + operation}, "ecr")
    if alter:
        alter(headers)
    return target.request("POST", "/", body, headers)


class Body(NamedTuple):
    """A body that a correctly signed call has."""

    name: str
    operation: str
    body: bytes
    code: str


BODIES = [
    Body("empty", "CreateRepository", b"", "SerializationException"),
    Body("no JSON", "CreateRepository", b"{", "SerializationException"),
    Body("a list", "CreateRepository", b"[]", "SerializationException"),
    Body("no UTF-8", "CreateRepository", b'{"repositoryName":"\xff"}', "SerializationException"),
    Body("a number for a name", "CreateRepository", b'{"repositoryName":1}', "SerializationException"),
    Body("a name that is none", "CreateRepository", b'{"repositoryName":"../x"}', "InvalidParameterException"),
    Body("a null in a name", "CreateRepository", b'{"repositoryName":"a\\u0000b"}', "InvalidParameterException"),
    Body("100,000 levels", "CreateRepository", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "SerializationException"),
    Body("100,000 lists", "CreateRepository", b"[" * 100_000, "SerializationException"),
    Body("a huge number", "DescribeRepositories", b'{"maxResults":' + b"9" * 100_000 + b"}", "SerializationException"),
    Body("NaN", "DescribeRepositories", b'{"maxResults":NaN}', "SerializationException"),
    Body("maxResults of 0", "DescribeRepositories", b'{"maxResults":0}', "InvalidParameterException"),
    Body("maxResults of 1001", "DescribeRepositories", b'{"maxResults":1001}', "InvalidParameterException"),
    Body("maxResults of -1", "DescribeRepositories", b'{"maxResults":-1}', "InvalidParameterException"),
    Body("maxResults of 2^63", "DescribeRepositories", b'{"maxResults":9223372036854775808}', ""),
    Body("a token of nowhere", "DescribeRepositories", b'{"nextToken":"x"}', "InvalidParameterException"),
    Body(
        "a huge token", "DescribeRepositories", b'{"nextToken":"' + b"A" * 100_000 + b'"}', "InvalidParameterException"
    ),
    Body("a token with SQL", "DescribeRepositories", b'{"nextToken":"\' OR 1=1 --"}', "InvalidParameterException"),
    Body("SQL for a name", "ListImages", b"{\"repositoryName\":\"a' OR '1'='1\"}", "InvalidParameterException"),
    Body(
        "101 images", "BatchGetImage", json.dumps({"repositoryName": "team/app", "imageIds": [{}] * 101}).encode(), ""
    ),
    Body("no image", "BatchGetImage", b'{"repositoryName":"team/app","imageIds":[]}', "InvalidParameterException"),
    Body(
        "a manifest that is none",
        "PutImage",
        b'{"repositoryName":"team/app","imageManifest":"{"}',
        "InvalidParameterException",
    ),
    Body("a lone surrogate", "PutImage", b'{"repositoryName":"team/app","imageManifest":"\\ud800"}', ""),
    Body(
        "a part that is no base64",
        "UploadLayerPart",
        b'{"repositoryName":"team/app","uploadId":"x","layerPartBlob":"*"}',
        "",
    ),
    Body("2 MiB", "CreateRepository", b'{"repositoryName":"' + b"a" * 2_000_000 + b'"}', ""),
]


@pytest.mark.parametrize("row", BODIES, ids=[row.name for row in BODIES])
def test_bodies(target: Target, row: Body) -> None:
    """A4-A6, A12, A46: a body outside the model is refused before anything runs."""
    reply = ecr(target, row.operation, row.body)
    assert reply.status in (400, 413)
    assert reply.code == row.code or (row.code == "" and reply.code.endswith("Exception"))


UNKNOWN = [
    TARGET + "DeleteEverything",
    TARGET + "createRepository",
    TARGET,
    "AmazonEC2ContainerRegistry_V20150921",
    "AmazonEC2ContainerRegistry_V20150922.CreateRepository",
    "SpencerFrontendService.CreateRepository2",
    "AmazonEC2ContainerRegistry_V20150921.CreateRepository.x",
    "AmazonEC2ContainerRegistry_V20150921.__init__",
    "",
    "." * 1000,
]


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_operations(target: Target, name: str) -> None:
    """A34: what is not in the table is UnknownOperationException, and nothing runs."""
    body = b'{"repositoryName":"made/by/nobody"}'
    headers = signed(target, body, {**JSON, "X-Amz-Target": name}, "ecr")
    reply = target.request("POST", "/", body, headers)
    assert (reply.status, reply.code) == (400, "UnknownOperationException")
    with pytest.raises(target.ecr.exceptions.RepositoryNotFoundException):
        target.ecr.describe_repositories(repositoryNames=["made/by/nobody"])


def test_operations_that_are_not_here_yet(target: Target) -> None:
    """Nothing answers success for nothing done."""
    with pytest.raises(ClientError) as caught:
        target.ecr.describe_pull_through_cache_rules()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


def _drop(name: str) -> Callable[[dict[str, str]], Any]:
    return lambda headers: headers.pop(name)


def _set(name: str, value: str) -> Callable[[dict[str, str]], Any]:
    return lambda headers: headers.update({name: value})


def _edit(old: str, new: str) -> Callable[[dict[str, str]], Any]:
    return lambda headers: headers.update({"Authorization": headers["Authorization"].replace(old, new, 1)})


def _flip(headers: dict[str, str]) -> None:
    last = headers["Authorization"][-1]
    headers["Authorization"] = headers["Authorization"][:-1] + ("0" if last != "0" else "1")


WRONG, UNKNOWN_KEY = "InvalidSignatureException", "UnrecognizedClientException"
ALTERED: list[tuple[str, Callable[[dict[str, str]], Any], tuple[str, ...]]] = [
    ("the signature", _flip, (WRONG,)),
    ("the target", _set("X-Amz-Target", TARGET + "DeleteRepository"), (WRONG,)),
    ("the date", _set("X-Amz-Date", "20200101T000000Z"), (WRONG, "IncompleteSignatureException")),
    ("no date", _drop("X-Amz-Date"), ("IncompleteSignatureException", WRONG)),
    ("no signature", _drop("Authorization"), ("MissingAuthenticationTokenException",)),
    ("an unknown key", _edit("Credential=AKIA", "Credential=AKIB"), (UNKNOWN_KEY,)),
    ("the region", _edit("us-east-1", "eu-west-1"), (WRONG,)),
    ("the service", _edit("/ecr/", "/s3/"), (WRONG,)),
    ("the scope's end", _edit("aws4_request", "aws4_requesx"), (WRONG, "IncompleteSignatureException")),
    ("host not signed", _edit("host;", ""), (WRONG, "IncompleteSignatureException")),
    ("the target not signed", _edit(";x-amz-target", ""), (WRONG,)),
    ("a token of nobody", _set("X-Amz-Security-Token", "x"), (UNKNOWN_KEY, WRONG)),
    ("another algorithm", _edit("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5"), ("IncompleteSignatureException", WRONG)),
    ("junk", _set("Authorization", "AWS4-HMAC-SHA256 junk"), ("IncompleteSignatureException",)),
    (
        "Basic",
        _set("Authorization", "Basic QVdTOng="),
        ("IncompleteSignatureException", "MissingAuthenticationTokenException"),
    ),
    ("an unsigned payload", _set("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"), (WRONG,)),
    ("a streamed payload", _set("X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), (WRONG,)),
    ("another payload", _set("X-Amz-Content-SHA256", "0" * 64), (WRONG,)),
]


@pytest.mark.parametrize(("what", "alter", "codes"), ALTERED, ids=[row[0] for row in ALTERED])
def test_altered_signatures(
    target: Target, what: str, alter: Callable[[dict[str, str]], Any], codes: tuple[str, ...]
) -> None:
    """A22, A23: whatever is altered after signing is refused, with status 400 as JSON services do."""
    reply = ecr(target, "CreateRepository", b'{"repositoryName":"made/by/nobody"}', alter)
    assert reply.status == 400
    assert reply.code in codes


def test_altered_body(target: Target) -> None:
    """A22: another body than the one that was signed."""
    headers = signed(target, b"{}", {**JSON, "X-Amz-Target": TARGET + "DescribeRepositories"}, "ecr")
    assert target.request("POST", "/", b'{"maxResults":1}', headers).code == WRONG


@pytest.mark.parametrize(("minutes", "code"), [(-6, WRONG), (6, WRONG), (-60 * 24, WRONG), (-4, ""), (4, "")])
def test_clocks(target: Target, minutes: int, code: str) -> None:
    """A22: five minutes either way are borne, as AWS does for JSON services."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = signed(target, b"{}", {**JSON, "X-Amz-Target": TARGET + "DescribeRepositories"}, "ecr", at)
    assert target.request("POST", "/", b"{}", headers).code == code


def test_query_services(target: Target) -> None:
    """A22, A34 in Query: 403 for who you are, 400 for what you ask."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    good = signed(target, body, FORM, "sts")
    assert target.request("POST", "/", body, good).status == 200
    altered = {**good, "Authorization": good["Authorization"][:-1] + "x"}
    for headers, status, code in (
        (altered, 403, "SignatureDoesNotMatch"),
        ({**good, "Authorization": good["Authorization"].replace("AKIA", "AKIB")}, 403, "InvalidClientTokenId"),
        (FORM, 403, "MissingAuthenticationToken"),
    ):
        reply = target.request("POST", "/", body, headers)
        assert (reply.status, reply.code) == (status, code)
    for other in (b"Action=DropTables&Version=2011-06-15", b"Action=GetCallerIdentity&Version=1999-01-01", b"Action="):
        reply = target.request("POST", "/", other, signed(target, other, FORM, "sts"))
        assert (reply.status, reply.code) == (400, "InvalidAction")


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br"])
def test_compressed_bodies(target: Target, encoding: str) -> None:
    """A21: compressed bodies are not taken."""
    reply = ecr(target, "DescribeRepositories", b"{}", _set("Content-Encoding", encoding))
    assert 400 <= reply.status < 500
    assert reply.code


def test_nothing_grows(target: Target) -> None:
    """Bad bodies over and over leave memory where it was."""
    for row in BODIES:
        ecr(target, row.operation, row.body)
    before = target.resident()
    for row in BODIES * 4:
        ecr(target, row.operation, row.body)
    assert target.resident() - before < 32 * 1024**2
