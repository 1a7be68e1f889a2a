"""Access keys of users and of root, asked by boto3."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import ACCOUNT, ROOT, plain, refused
from tests.aws.iam.asking import client
from tests.clients.serving import Server


def no_key(key_id: str) -> Any:
    return refused("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")


def test_a_key(server: Server, iam: Any, user: str) -> None:
    """The secret is shown once and signs at once; the caller is the user."""
    made = plain(iam.create_access_key(UserName=user))["AccessKey"]
    secret = made.pop("SecretAccessKey")
    assert len(secret) == 40
    assert made["AccessKeyId"][:4] == "AKIA"
    assert len(made["AccessKeyId"]) == 20
    assert (made["UserName"], made["Status"]) == (user, "Active")
    assert plain(iam.list_access_keys(UserName=user)) == {"AccessKeyMetadata": [made], "IsTruncated": False}
    with client(server, "sts", (made["AccessKeyId"], secret)) as sts:
        shown = plain(sts.get_caller_identity())
    user_id = iam.get_user(UserName=user)["User"]["UserId"]
    assert shown == {"UserId": user_id, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/{user}"}


def test_two_keys(iam: Any, user: str) -> None:
    """A third key is one too many; a deleted one makes room."""
    first, second = (iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"] for _ in range(2))
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName=user)
    assert plain(iam.delete_access_key(UserName=user, AccessKeyId=first)) == {}
    iam.create_access_key(UserName=user)
    pages = list(iam.get_paginator("list_access_keys").paginate(UserName=user, PaginationConfig={"PageSize": 1}))
    assert pages[0]["AccessKeyMetadata"][0]["AccessKeyId"] == second
    assert [len(page["AccessKeyMetadata"]) for page in pages] == [1, 1]
    with refused("DeleteConflict", "Cannot delete entity, must delete access keys first."):
        iam.delete_user(UserName=user)


def test_turned_off(server: Server, iam: Any, user: str) -> None:
    """An inactive key signs nothing within a second, and signs again when it is active."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    with client(server, "sts", (made["AccessKeyId"], made["SecretAccessKey"])) as sts:
        sts.get_caller_identity()
        iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Inactive")
        assert iam.list_access_keys(UserName=user)["AccessKeyMetadata"][0]["Status"] == "Inactive"
        time.sleep(1)
        for _ in range(4):
            with pytest.raises(ClientError, match="InvalidClientTokenId"):
                sts.get_caller_identity()
        iam.update_access_key(UserName=user, AccessKeyId=made["AccessKeyId"], Status="Active")
        time.sleep(1)
        sts.get_caller_identity()
        iam.delete_access_key(UserName=user, AccessKeyId=made["AccessKeyId"])
        time.sleep(1)
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            sts.get_caller_identity()


def test_last_used(server: Server, iam: Any, user: str) -> None:
    """A key that was used says when and for what, within seconds; one that was not says N/A."""
    made = iam.create_access_key(UserName=user)["AccessKey"]

    def last_used() -> Any:
        return plain(iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"]))

    assert last_used() == {"UserName": user, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    with client(server, "sts", (made["AccessKeyId"], made["SecretAccessKey"])) as sts:
        sts.get_caller_identity()
    for _ in range(100):
        shown = last_used()["AccessKeyLastUsed"]
        if "LastUsedDate" in shown:
            break
        time.sleep(0.1)
    assert abs(shown.pop("LastUsedDate").timestamp() - time.time()) < 30
    assert shown == {"ServiceName": "sts", "Region": server.env["AWS_REGION"]}


def test_a_stranger_has_no_last_use(iam: Any) -> None:
    """A key that is not the account's is refused as AWS does, whether there is one or not."""
    with refused(
        "AccessDenied",
        f"User: {ROOT} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key "
        "AKIAIOSFODNN7NOTHERE because no identity-based policy allows the iam:GetAccessKeyLastUsed action",
    ):
        iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7NOTHERE")


def test_another_users_key(iam: Any, user: str) -> None:
    """A key is changed under its own user's name only."""
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    iam.create_user(UserName=f"{user}2")
    for other in ({"UserName": f"{user}2"}, {}):
        with no_key(key):
            iam.update_access_key(AccessKeyId=key, Status="Inactive", **other)
        with no_key(key):
            iam.delete_access_key(AccessKeyId=key, **other)
    with refused("InvalidInput", "The status of an access key can be set to Active or Inactive."):
        iam.update_access_key(UserName=user, AccessKeyId=key, Status="Expired")


def test_root_keys(server: Server, iam: Any) -> None:
    """Root sees its key of the settings, which stays, and may have another one."""
    set_here = server.env["AWS_ACCESS_KEY_ID"]
    [shown] = iam.list_access_keys()["AccessKeyMetadata"]
    assert shown["AccessKeyId"] == set_here
    with refused(
        "ValidationError",
        f"The access key {set_here} is set where this server is configured and can only be changed there.",
    ):
        iam.delete_access_key(AccessKeyId=set_here)
    made = iam.create_access_key()["AccessKey"]
    with client(server, "sts", (made["AccessKeyId"], made["SecretAccessKey"])) as sts:
        assert sts.get_caller_identity()["Arn"] == ROOT
    assert plain(iam.get_access_key_last_used(AccessKeyId=made["AccessKeyId"]))["UserName"] == ""
    iam.delete_access_key(AccessKeyId=made["AccessKeyId"])


def test_a_user_and_its_own_keys(server: Server, iam: Any, user: str) -> None:
    """Without a name a user's call is about itself."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}'
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=document)
    with client(server, key=(made["AccessKeyId"], made["SecretAccessKey"])) as own:
        time.sleep(1)
        assert own.get_user()["User"]["UserName"] == user
        [shown] = own.list_access_keys()["AccessKeyMetadata"]
        assert (shown["UserName"], shown["AccessKeyId"]) == (user, made["AccessKeyId"])
        assert own.create_access_key()["AccessKey"]["UserName"] == user
