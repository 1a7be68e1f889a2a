"""What a user of the account may do with IAM: the ARN that each operation asks about, asked by boto3."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, refused
from tests.aws.iam.asking import client
from tests.aws.iam.test_tags import TRUST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.clients.serving import Server

HERE = f"arn:aws:iam::{ACCOUNT}"


@pytest.fixture
def may(server: Server, iam: Any, user: str) -> Iterator[Callable[..., Any]]:
    """Gives the user these rights and a client with its key."""
    key = iam.create_access_key(UserName=user)["AccessKey"]

    def grant(actions: str, resource: str) -> Any:
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=document)
        time.sleep(1)  # every worker knows by then
        return own

    with client(server, key=(key["AccessKeyId"], key["SecretAccessKey"])) as own:
        yield grant


def denied(user: str, action: str, resource: str) -> Any:
    """Expect the refusal of a user whose own policies do not allow it."""
    return refused(
        "AccessDenied",
        f"User: {HERE}:user/{user} is not authorized to perform: iam:{action} on resource: {resource} "
        f"because no identity-based policy allows the iam:{action} action",
    )


def test_a_path(may: Callable[..., Any], iam: Any, user: str) -> None:
    """Whoever has a path may do everything there and nothing elsewhere, and move nothing in or out."""
    own = may("iam:*", f"{HERE}:user/{user}/*")
    own.create_user(UserName=f"{user}a", Path=f"/{user}/")
    own.tag_user(UserName=f"{user}a", Tags=[{"Key": "a", "Value": ""}])
    own.update_user(UserName=f"{user}a", NewUserName=f"{user}b")
    inside, outside = f"{HERE}:user/{user}/{user}b", f"{HERE}:user/{user}b"
    with denied(user, "UpdateUser", outside):
        own.update_user(UserName=f"{user}b", NewPath="/")
    with denied(user, "CreateUser", f"{HERE}:user/{user}c"):
        own.create_user(UserName=f"{user}c")
    iam.create_user(UserName=f"{user}d")
    for operation, action in (
        (own.get_user, "GetUser"),
        (own.delete_user, "DeleteUser"),
        (own.create_access_key, "CreateAccessKey"),
    ):
        with denied(user, action, f"{HERE}:user/{user}d"):
            operation(UserName=f"{user}d")
    with denied(user, "UpdateUser", f"{HERE}:user/{user}d"):
        own.update_user(UserName=f"{user}d", NewPath=f"/{user}/")
    with denied(user, "ListUsers", "*"):
        own.list_users(PathPrefix=f"/{user}/")
    assert own.get_user(UserName=f"{user}b")["User"]["Arn"] == inside


def test_nobody_learns_who_is_there(may: Callable[..., Any], user: str) -> None:
    """Without a right to them, a user that is there and one that is not are refused alike."""
    own = may("iam:GetUser", f"{HERE}:user/nobody-at-all")
    with refused("NoSuchEntity", "The user with name nobody-at-all cannot be found."):
        own.get_user(UserName="nobody-at-all")
    for name in (user, f"{user}-not-there"):
        with denied(user, "GetUser", f"{HERE}:user/{name}"):
            own.get_user(UserName=name)


def test_own_keys(may: Callable[..., Any], iam: Any, user: str) -> None:
    """The usual policy for one's own keys: made, listed, changed and deleted without naming oneself."""
    own = may("iam:*AccessKey*", f"{HERE}:user/${{aws:username}}")
    made = own.create_access_key()["AccessKey"]["AccessKeyId"]
    assert len(own.list_access_keys()["AccessKeyMetadata"]) == 2
    own.update_access_key(AccessKeyId=made, Status="Inactive")
    assert own.get_access_key_last_used(AccessKeyId=made)["UserName"] == user
    own.delete_access_key(AccessKeyId=made)
    with denied(user, "GetUser", f"{HERE}:user/{user}"):
        own.get_user()
    iam.create_user(UserName=f"{user}2")
    with denied(user, "CreateAccessKey", f"{HERE}:user/{user}2"):
        own.create_access_key(UserName=f"{user}2")
    theirs = iam.create_access_key(UserName=f"{user}2")["AccessKey"]["AccessKeyId"]
    with denied(user, "GetAccessKeyLastUsed", f"{HERE}:user/{user}2"):
        own.get_access_key_last_used(AccessKeyId=theirs)


def test_by_a_group(may: Callable[..., Any], iam: Any, user: str) -> None:
    """Rights of a group come with the membership and go with it."""
    own = may("iam:ListGroupsForUser", "*")
    iam.create_group(GroupName=user)
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}}
    iam.put_group_policy(GroupName=user, PolicyName="in", PolicyDocument=json.dumps(document))
    with denied(user, "GetUser", f"{HERE}:user/{user}"):
        own.get_user()
    iam.add_user_to_group(GroupName=user, UserName=user)
    time.sleep(1)
    own.get_user()
    assert len(own.list_groups_for_user(UserName=user)["Groups"]) == 1
    iam.remove_user_from_group(GroupName=user, UserName=user)
    time.sleep(1)
    for _ in range(4):
        with denied(user, "GetUser", f"{HERE}:user/{user}"):
            own.get_user()


def test_a_renamed_user(may: Callable[..., Any], iam: Any, user: str) -> None:
    """The key of a renamed user is the user's under its new name within a second."""
    own = may("iam:GetUser", "*")
    iam.update_user(UserName=user, NewUserName=f"{user}2", NewPath="/new/")
    time.sleep(1)
    for _ in range(4):
        assert own.get_user()["User"]["Arn"] == f"{HERE}:user/new/{user}2"


def test_a_session(server: Server, iam: Any, fresh: str) -> None:
    """A session of a role is no user: it names whom it means; GetRole tells when the role was used."""
    iam.create_role(RoleName=fresh, AssumeRolePolicyDocument=TRUST)
    iam.create_user(UserName=f"{fresh}a")
    iam.attach_user_policy(UserName=f"{fresh}a", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    user = iam.create_access_key(UserName=f"{fresh}a")["AccessKey"]
    iam.attach_role_policy(RoleName=fresh, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert iam.get_role(RoleName=fresh)["Role"]["RoleLastUsed"] == {}
    with client(server, "sts", (user["AccessKeyId"], user["SecretAccessKey"])) as sts:
        given = sts.assume_role(RoleArn=f"{HERE}:role/{fresh}", RoleSessionName="me")["Credentials"]
    key = (given["AccessKeyId"], given["SecretAccessKey"])
    with client(server, key=key, token=given["SessionToken"]) as own:
        for operation in (own.get_user, own.create_access_key, own.list_access_keys):
            with refused("ValidationError", "Must specify userName when calling with non-User credentials"):
                operation()
        own.create_user(UserName=fresh)
        assert own.list_access_keys(UserName=fresh)["AccessKeyMetadata"] == []
    for _ in range(100):
        used = iam.get_role(RoleName=fresh)["Role"]["RoleLastUsed"]
        if used:
            break
        time.sleep(0.1)
    assert used.pop("LastUsedDate").timestamp() > time.time() - 30
    assert used == {"Region": server.env["AWS_REGION"]}
