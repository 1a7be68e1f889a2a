"""A server with users, roles and a provider, for the tests of STS: who may assume what."""

from __future__ import annotations

import contextlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.clients.processes import environment
from tests.clients.serving import Server, serving
from tests.issuing import Issuer, issuing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "123456789012"


@dataclass(frozen=True, slots=True)
class World:
    """The server, its provider, and root's IAM and STS."""

    server: Server
    issuer: Issuer

    def client(self, service: str, keys: dict[str, Any] | None = None, *, unsigned: bool = False) -> Any:
        """A client with the credentials that STS or CreateAccessKey answered, else root's."""
        env = self.server.env
        found = keys or {"AccessKeyId": env["AWS_ACCESS_KEY_ID"], "SecretAccessKey": env["AWS_SECRET_ACCESS_KEY"]}
        more: dict[str, Any] = {"signature_version": UNSIGNED} if unsigned else {}
        create: Any = boto3.client
        return create(
            service,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, **more),
        )

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, Any]:
        """A user with an access key, and a policy of these statements."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
        return key

    def role(self, name: str, trust: dict[str, Any], *statements: dict[str, Any], **how: Any) -> str:
        """A role that trusts as one statement says; its ARN."""
        iam = self.client("iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **how)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return str(made["Role"]["Arn"])

    def provider(self) -> str:
        iam = self.client("iam")
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):  # another test has made it
            iam.create_open_id_connect_provider(Url=self.issuer.url, ClientIDList=["sts.amazonaws.com", "other"])
        return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.issuer.host}"


@contextmanager
def a_world(folder: Path, workers: int = 1, **settings: str) -> Iterator[World]:
    with issuing(folder) as issuer:
        env = environment(folder) | {"SSL_CERT_FILE": str(issuer.certificate), "ENTREPOT_OIDC__ALLOW_PRIVATE": "true"}
        with serving(folder, env | settings, workers) as server:
            yield World(server, issuer)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trusting(principal: Any, action: str | list[str] = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


ACCOUNT_ITSELF = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


@contextmanager
def refused(code: str, words: str = "", status: int | None = None) -> Iterator[None]:
    """The block is answered with this error."""
    with pytest.raises(ClientError) as caught:
        yield
    told: dict[str, Any] = {**caught.value.response}
    assert told["Error"]["Code"] == code, told
    assert words in told["Error"]["Message"], told
    assert status in {None, told["ResponseMetadata"]["HTTPStatusCode"]}, told
