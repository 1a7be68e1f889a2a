"""What is changed about a user's policies holds for its calls: at once where it allows, within a second everywhere."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.iam.asking import client
from tests.aws.iam.documents import allow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.clients.serving import Server

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
PULL_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
DESCRIBE = allow("ecr:DescribeRepositories")
NOTHING = allow("ecr:PutImage")
DENY = json.dumps({"Statement": {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}})
CALLS = 8  # so many in a row that each of the two workers has answered


@pytest.fixture
def ecr(server: Server, iam: Any, user: str) -> Iterator[Any]:
    """A client of ECR with a key of the user."""
    key = iam.create_access_key(UserName=user)["AccessKey"]
    with client(server, "ecr", (key["AccessKeyId"], key["SecretAccessKey"])) as made:
        yield made


def may(ecr: Any) -> bool:
    try:
        ecr.describe_repositories()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


def becomes(ecr: Any, allowed: bool) -> None:
    """Within a second every worker says so."""
    time.sleep(0 if allowed else 0.9)
    assert [may(ecr) for _ in range(CALLS)] == [allowed] * CALLS


def attached(iam: Any, user: str, policy: str) -> Iterator[bool]:
    iam.attach_user_policy(UserName=user, PolicyArn=READ_ONLY)
    yield True
    iam.detach_user_policy(UserName=user, PolicyArn=READ_ONLY)
    yield False
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    yield True


def inline(iam: Any, user: str, _: str) -> Iterator[bool]:
    iam.put_user_policy(UserName=user, PolicyName="x", PolicyDocument=DESCRIBE)
    yield True
    iam.put_user_policy(UserName=user, PolicyName="x", PolicyDocument=NOTHING)
    yield False
    iam.put_user_policy(UserName=user, PolicyName="x", PolicyDocument=DESCRIBE)
    yield True
    iam.delete_user_policy(UserName=user, PolicyName="x")
    yield False


def by_group(iam: Any, user: str, policy: str) -> Iterator[bool]:
    iam.create_group(GroupName=user)
    iam.add_user_to_group(GroupName=user, UserName=user)
    yield False
    iam.attach_group_policy(GroupName=user, PolicyArn=policy)
    yield True
    iam.put_group_policy(GroupName=user, PolicyName="x", PolicyDocument=DENY)
    yield False
    iam.delete_group_policy(GroupName=user, PolicyName="x")
    yield True
    iam.remove_user_from_group(GroupName=user, UserName=user)
    yield False


def versions(iam: Any, user: str, policy: str) -> Iterator[bool]:
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    yield True
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=NOTHING, SetAsDefault=True)
    yield False
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    yield True
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=DENY)
    yield True


def bounded(iam: Any, user: str, policy: str) -> Iterator[bool]:
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=policy)
    yield False  # a boundary gives nothing
    iam.attach_user_policy(UserName=user, PolicyArn=READ_ONLY)
    yield True
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=PULL_ONLY)
    yield False
    iam.delete_user_permissions_boundary(UserName=user)
    yield True


@pytest.mark.parametrize("steps", [attached, inline, by_group, versions, bounded])
def test_a_change_holds(
    iam: Any, ecr: Any, user: str, policy: str, steps: Callable[[Any, str, str], Iterator[bool]]
) -> None:
    """After each step the user may, or may not, on whatever worker it asks."""
    becomes(ecr, allowed=False)
    for allowed in steps(iam, user, policy):
        becomes(ecr, allowed)
