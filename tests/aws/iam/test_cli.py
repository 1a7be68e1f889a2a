"""The aws CLI: every command about users, groups, access keys, tags and the account, once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT
from tests.aws.iam.test_tags import make
from tests.clients.processes import run
from tests.clients.serving import Server


@pytest.fixture
def aws(server: Server) -> Any:
    """Runs `aws iam …` and gives what it prints."""

    def ask(*words: str) -> Any:
        printed = run(["aws", "iam", *words, "--output", "json"], server.env).decode()
        return json.loads(printed) if printed.strip() else None

    return ask


def test_users(aws: Any, fresh: str) -> None:
    """A user from creation to deletion."""
    name = ("--user-name", fresh)
    made = aws("create-user", *name, "--path", f"/{fresh}/", "--tags", "Key=a,Value=1")["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{fresh}/{fresh}"
    assert aws("get-user", *name)["User"] == made
    [listed] = aws("list-users", "--path-prefix", f"/{fresh}/")["Users"]
    assert listed["UserId"] == made["UserId"]
    assert aws("update-user", *name, "--new-user-name", f"{fresh}2") is None
    assert aws("delete-user", "--user-name", f"{fresh}2") is None


def test_groups(aws: Any, user: str) -> None:
    """A group from creation to deletion, with a user in it for a while."""
    name, member = ("--group-name", user), ("--user-name", user)
    made = aws("create-group", *name, "--path", f"/{user}/")["Group"]
    assert aws("list-groups", "--path-prefix", f"/{user}/")["Groups"] == [made]
    assert aws("add-user-to-group", *name, *member) is None
    assert [each["UserName"] for each in aws("get-group", *name)["Users"]] == [user]
    assert aws("list-groups-for-user", *member)["Groups"] == [made]
    assert aws("remove-user-from-group", *name, *member) is None
    assert aws("update-group", *name, "--new-group-name", f"{user}2") is None
    assert aws("delete-group", "--group-name", f"{user}2") is None


def test_access_keys(aws: Any, user: str) -> None:
    """A key from creation to deletion."""
    name = ("--user-name", user)
    made = aws("create-access-key", *name)["AccessKey"]
    key = ("--access-key-id", made["AccessKeyId"])
    assert aws("update-access-key", *name, *key, "--status", "Inactive") is None
    [listed] = aws("list-access-keys", *name)["AccessKeyMetadata"]
    assert listed == {key: value for key, value in made.items() if key != "SecretAccessKey"} | {"Status": "Inactive"}
    unused = {"ServiceName": "N/A", "Region": "N/A"}
    assert aws("get-access-key-last-used", *key) == {"UserName": user, "AccessKeyLastUsed": unused}
    assert aws("delete-access-key", *name, *key) is None


@pytest.mark.parametrize("kind", ["user", "role", "instance_profile", "policy", "open_id_connect_provider"])
def test_tags(aws: Any, iam: Any, fresh: str, kind: str) -> None:
    """Tags of each kind are put, listed and taken off."""
    [(member, name)] = make(iam, kind, fresh).items()
    option = {"OpenIDConnectProviderArn": "open-id-connect-provider-arn"}.get(member) or "".join(
        f"-{letter.lower()}" if letter.isupper() else letter for letter in member
    ).lstrip("-")
    named, noun = (f"--{option}", name), kind.replace("_", "-")
    assert aws(f"tag-{noun}", *named, "--tags", "Key=a,Value=1", "Key=b,Value=") is None
    assert aws(f"list-{noun}-tags", *named)["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    assert aws(f"untag-{noun}", *named, "--tag-keys", "a", "b") is None


def test_the_account(aws: Any, fresh: str) -> None:
    """The alias comes and goes; the summary and the details are there."""
    assert aws("create-account-alias", "--account-alias", fresh) is None
    assert aws("list-account-aliases")["AccountAliases"] == [fresh]
    assert aws("delete-account-alias", "--account-alias", fresh) is None
    assert aws("get-account-summary")["SummaryMap"]["AccessKeysPerUserQuota"] == 2
    assert "UserDetailList" in aws("get-account-authorization-details", "--filter", "User")
