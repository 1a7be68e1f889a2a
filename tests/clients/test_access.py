"""Rights at work: an account that pushes to and pulls from another's repository, and rights that are taken away."""

from __future__ import annotations

import base64
import http.client
import json
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3

from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .images import Layout
    from .serving import Server

ACCOUNT, OTHER = "123456789012", "444455556666"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
PUSH = [*PULL, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]


def service(server: Server, name: str, key: str = "", secret: str = "") -> Any:
    create: Any = boto3.client  # typed, where there are stubs, for the services that it knows by literal names
    return create(
        name,
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=key or server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=secret or server.env["AWS_SECRET_ACCESS_KEY"],
    )


def allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def granting(*actions: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def a_user(iam: Any, name: str, *actions: str) -> tuple[str, str]:
    """A new user with these rights, and its key."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=allowing(*actions))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_another_accounts_repository(
    server: Server, layout: Layout, need: Callable[..., None], tmp_path: Path, repository: str
) -> None:
    """Skopeo pushes and pulls what the repository's policy and its own account's policy allow."""
    need("skopeo")
    command = [sys.executable, "-m", "entrepot", "account", "create", "partner", "--number", OTHER, "--json"]
    made = json.loads(run(command, server.env))
    partner = service(server, "iam", made["accessKeyId"], made["secretAccessKey"])
    key, secret = a_user(partner, "bob", "ecr:*")
    ecr, own = service(server, "ecr"), service(server, "ecr", key, secret)
    [data] = own.get_authorization_token(registryIds=[ACCOUNT])["authorizationData"]
    login = base64.b64decode(data["authorizationToken"]).decode()
    name = repository.partition("/")[2]
    there = f"docker://{repository}:one"
    push = ["skopeo", "copy", "--dest-tls-verify=false", f"--dest-creds={login}", f"oci:{layout.folder}:small", there]
    back = f"oci:{tmp_path}/back:one"
    pull = ["skopeo", "copy", "--src-tls-verify=false", f"--src-creds={login}", there, back]
    assert "403 (Forbidden)" in fail(push, server.env)  # a HEAD, which has no words
    ecr.set_repository_policy(repositoryName=name, policyText=granting(*PUSH))
    time.sleep(1)
    run(push, server.env)
    run(pull, server.env)
    ecr.set_repository_policy(repositoryName=name, policyText=granting(*PULL))
    time.sleep(1)
    run(pull, server.env)
    told = fail([*push[:-2], f"oci:{layout.folder}:debian", there], server.env)
    assert "because no resource-based policy allows the ecr:InitiateLayerUpload action" in told


def _status(server: Server, authorization: str, path: str) -> int:
    with closing(http.client.HTTPConnection("localhost", server.port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Authorization": authorization})
        response = connection.getresponse()
        response.read()
        return response.status


def test_a_right_that_is_taken_away(server: Server, repository: str) -> None:
    """A login goes on, but a second after its policy, its key or its user is gone, no worker lets it pull."""
    iam, name = service(server, "iam"), repository.partition("/")[2]
    path = f"/v2/{name}/manifests/none"  # 403 where one may not pull, else 404

    def statuses(authorization: str) -> set[int]:
        return {_status(server, authorization, path) for _ in range(40)}

    user = name.replace("/", "-")
    key, secret = a_user(iam, user, "ecr:*")
    [data] = service(server, "ecr", key, secret).get_authorization_token()["authorizationData"]
    token = f"Basic {data['authorizationToken']}"
    basic = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
    assert statuses(token) == statuses(basic) == {404}
    iam.delete_user_policy(UserName=user, PolicyName="rights")
    time.sleep(1)
    assert statuses(token) == statuses(basic) == {403}
    iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=allowing("ecr:Batch*"))
    assert statuses(token) == {404}  # what is given counts at once
    iam.update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")
    time.sleep(1)
    assert statuses(token) == {403}
    assert statuses(basic) <= {403, 429}  # which is a failed attempt each time
