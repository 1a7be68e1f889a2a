"""Whom the calls of the benchmark come from: an IAM user in a group, with managed and inline policies, and a login."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.config
import botocore.session

from bench.workloads import REPOSITORY, ApiKey

USER = "build"
GROUP = "builders"
POWER_USER = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"
_NEAR = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "192.0.2.0/24"]}}
_FAR = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "192.0.2.0/24"]}}
_MORE = ["ecr:CreateRepository", "ecr:BatchDeleteImage", "ecr:DeleteRepository"]
INLINE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": _MORE, "Resource": "arn:aws:ecr:*:*:repository/bench/*", "Condition": _NEAR},
        {"Effect": "Deny", "Action": "ecr:*", "Resource": "*", "Condition": _FAR},
    ],
}
REPOSITORY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "another account may pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/deploy-*"}},
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the user signs with, and the Authorization that `docker login` would have kept."""

    key: ApiKey
    authorization: str


def client(service: str, port: int, key: ApiKey) -> Any:
    """A botocore client of the server on this port."""
    return _session().create_client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=key.region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        config=botocore.config.Config(retries={"max_attempts": 1}),
    )


@cache
def _session() -> botocore.session.Session:
    """One for all clients: reading the models takes a while."""
    return botocore.session.Session()


def made(port: int, root: ApiKey) -> Known:
    """Make the user, the repository `bench/app` with its policy, and the template of what is pushed below `bench/`.

    Where the user is there from an earlier start of the same folder, it gets one more key.
    """
    iam = client("iam", port, root)
    if not any(user["UserName"] == USER for user in iam.list_users()["Users"]):
        _user(iam)
        _repositories(client("ecr", port, root))
    secret = iam.create_access_key(UserName=USER)["AccessKey"]
    key = ApiKey(secret["AccessKeyId"], secret["SecretAccessKey"], root.region)
    answer = client("ecr", port, key).get_authorization_token()
    return Known(key, f"Basic {answer['authorizationData'][0]['authorizationToken']}")


def _user(iam: Any) -> None:
    iam.create_group(GroupName=GROUP)
    iam.attach_group_policy(GroupName=GROUP, PolicyArn=POWER_USER)
    iam.create_user(UserName=USER)
    iam.add_user_to_group(GroupName=GROUP, UserName=USER)
    iam.put_user_policy(UserName=USER, PolicyName="from-here", PolicyDocument=json.dumps(INLINE))


def _repositories(ecr: Any) -> None:
    policy = json.dumps(REPOSITORY_POLICY)
    ecr.create_repository_creation_template(prefix="bench", appliedFor=["CREATE_ON_PUSH"], repositoryPolicy=policy)
    ecr.create_repository(repositoryName=REPOSITORY)
    ecr.set_repository_policy(repositoryName=REPOSITORY, policyText=policy)
