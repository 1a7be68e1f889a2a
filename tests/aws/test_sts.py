"""GetCallerIdentity, asked by boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.aws.door import a_door
from tests.aws.ecr.asking import ACCOUNT, ROOT, client, plain
from tests.aws.signing import MICROSECONDS
from tests.clients.processes import environment
from tests.clients.serving import Server, serving

from entrepot.domain.principals import Session
from entrepot.registry import accounts, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), environment(tmp_path_factory.mktemp("home")), 1) as running:
        yield running


@pytest.mark.parametrize("region", ["us-east-1", "eu-north-1"])
def test_root(server: Server, region: str) -> None:
    """The root's keys are the account's root, in every region."""
    with client(server, "sts", region) as sts:
        assert plain(sts.get_caller_identity()) == {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": ROOT}


UNKNOWN = "The security token included in the request is invalid."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@pytest.mark.parametrize(
    ("key", "secret", "code", "message"),
    [
        ("AKIAIOSFODNN7NOTHERE", None, "InvalidClientTokenId", UNKNOWN),
        (None, "wrong", "SignatureDoesNotMatch", MISMATCH),
    ],
)
def test_strangers(server: Server, key: str | None, secret: str | None, code: str, message: str) -> None:
    """An unknown key and a wrong secret are 403, in the words of Query services."""
    sts = boto3.client(
        "sts",
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=key or server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret or server.env["AWS_SECRET_ACCESS_KEY"],
    )
    with pytest.raises(ClientError) as caught:
        sts.get_caller_identity()
    sts.close()
    told: dict[str, Any] = {**caught.value.response}
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert told["Error"] == {"Type": "Sender", "Code": code, "Message": message}


def test_an_expired_session(tmp_path: Path) -> None:
    """Temporary credentials that are over are told so: 403 in Query, 400 in JSON, 403 DENIED for a password."""
    door = a_door(tmp_path)
    accounts.settle(door.reg.db, ACCOUNT, door.reg.now())
    made = sessions.issue(door.reg, ACCOUNT, None, Session("", MICROSECONDS - 900_000_000, MICROSECONDS))
    keys = Credentials(made.access_key_id, made.secret, made.token)
    said = "The security token included in the request is expired"
    reply = door.query(b"Action=GetCallerIdentity&Version=2011-06-15", credentials=keys)
    assert reply.status == 403
    assert b"<Code>ExpiredToken</Code>" in reply.body
    assert said.encode() in reply.body
    reply = door.call("DescribeRepositories", credentials=keys)
    assert (reply.status, reply.json()) == (400, {"__type": "ExpiredTokenException", "message": said})
