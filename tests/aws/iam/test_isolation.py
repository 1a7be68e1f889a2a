"""Two accounts on one server: what one has is not there for the other, in every operation that names something."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import method, plain
from tests.aws.iam.asking import client
from tests.aws.iam.test_tags import POLICY, TRUST

from entrepot import app
from entrepot.aws.operation import OPERATIONS
from entrepot.config import load
from entrepot.registry import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.serving import Server

THERE, GONE = "there", "gone"  # a name that one account has, and one that nobody has
TAGS = [{"Key": "a", "Value": "1"}]
READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
# What an operation needs beside the name of what it is about.
MORE: dict[str, Any] = {
    "AccessKeyId": "AKIAIOSFODNN7NOTHERE",
    "ActionNames": ["ecr:PutImage"],
    "ClientID": "a",
    "Description": "",
    "PermissionsBoundary": READ_ONLY,
    "PolicyArn": READ_ONLY,
    "PolicyDocument": POLICY,
    "PolicyName": "in",
    "RoleName": "any",
    "Status": "Inactive",
    "TagKeys": ["a"],
    "Tags": TAGS,
    "ThumbprintList": ["a" * 40],
    "UserName": "any",
    "VersionId": "v1",
}
BY_NAME = ("GroupName", "InstanceProfileName", "RoleName", "UserName")  # the first of them is what a call is about
BY_ARN = {
    "PolicyArn": "arn:aws:iam::{account}:policy/{name}",
    "OpenIDConnectProviderArn": "arn:aws:iam::{account}:oidc-provider/{name}.example.com",
}


@pytest.fixture(scope="session")
def other(server: Server, iam: Any) -> Iterator[Any]:
    """The root of another account, beside one that has one of everything."""
    with app.operator(load(None, {}, {"data_dir": str(server.data_dir)})) as registry:
        made = accounts.create(registry, f"other {os.urandom(4).hex()}", None)
    iam.create_user(UserName=THERE, Tags=TAGS)
    iam.create_group(GroupName=THERE)
    iam.create_role(RoleName=THERE, AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    iam.create_instance_profile(InstanceProfileName=THERE)
    iam.create_policy(PolicyName=THERE, PolicyDocument=POLICY)
    iam.create_open_id_connect_provider(Url=f"https://{THERE}.example.com", ClientIDList=["a"])
    for kind in ("user", "group", "role"):
        getattr(iam, f"put_{kind}_policy")(**{f"{kind.title()}Name": THERE}, PolicyName="in", PolicyDocument=POLICY)
    with client(server, key=(made.access_key_id, made.secret)) as theirs:
        yield theirs


def about(iam: Any, wanted: str) -> dict[str, dict[str, Any]]:
    """The operations that are there and are about what `wanted` names, with what else they need."""
    found = {}
    for (service, name), _ in sorted(OPERATIONS.items()):
        shape = iam.meta.service_model.operation_model(name).input_shape if service == "iam" else None
        needed = shape.required_members if shape is not None and not name.startswith("Create") else []
        if wanted == next((member for member in (*BY_NAME, *BY_ARN) if member in needed), None):
            more = {member: MORE[member] for member in needed if member != wanted}
            found[name] = {**more, "PolicyDocument": TRUST} if name == "UpdateAssumeRolePolicy" else more
    return found


def answer(iam: Any, operation: str, given: dict[str, Any]) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        method(iam, operation)(**given)
    told = caught.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told["Error"]["Message"]


@pytest.mark.parametrize(("member", "least"), list(zip((*BY_NAME, *BY_ARN), (11, 7, 17, 15, 10, 8), strict=True)))
def test_not_yours_is_not_there(iam: Any, other: Any, member: str, least: int) -> None:
    """For every operation the refusal of another account's entity is the one of an entity that nobody has."""
    account, operations = iam.get_user()["User"]["UserId"], about(iam, member)
    assert len(operations) >= least, sorted(operations)
    for operation, more in operations.items():
        names = {
            each: BY_ARN[member].format(account=account, name=each) if member in BY_ARN else each
            for each in (THERE, GONE)
        }
        there, gone = (answer(other, operation, {**more, member: named}) for named in names.values())
        assert there[:2] == gone[:2], operation
        assert there[2].replace(names[THERE], "NAME") == gone[2].replace(names[GONE], "NAME"), operation
        assert there[1] == ("NoSuchEntity" if member in BY_NAME else "AccessDenied"), operation


def test_lists(iam: Any, other: Any) -> None:
    """Every list of the other account is empty, and so is its summary; markers do not cross."""
    for operation, member in (
        ("ListUsers", "Users"),
        ("ListGroups", "Groups"),
        ("ListRoles", "Roles"),
        ("ListInstanceProfiles", "InstanceProfiles"),
        ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
        ("ListAccountAliases", "AccountAliases"),
    ):
        assert plain(method(other, operation)())[member] == []
    assert other.list_policies(Scope="Local")["Policies"] == []
    summary = other.get_account_summary()["SummaryMap"]
    assert {summary[name] for name in ("Users", "Groups", "Roles", "Policies", "Providers", "InstanceProfiles")} == {0}
    details = other.get_account_authorization_details()
    assert not any(details[name] for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"))
    iam.create_user(UserName="one-more-for-a-marker")
    marker = iam.list_users(MaxItems=1)["Marker"]
    assert answer(other, "ListUsers", {"Marker": marker})[1:] == ("ValidationError", "Invalid Marker.")


def test_the_same_names(iam: Any, other: Any) -> None:
    """Both accounts have names of their own, of which one is deleted without the other."""
    other.create_user(UserName=THERE)
    ids = {each.get_user(UserName=THERE)["User"]["UserId"] for each in (iam, other)}
    assert len(ids) == 2
    key = other.create_access_key(UserName=THERE)["AccessKey"]["AccessKeyId"]
    assert answer(iam, "DeleteAccessKey", {"UserName": THERE, "AccessKeyId": key})[1] == "NoSuchEntity"
    assert answer(iam, "GetAccessKeyLastUsed", {"AccessKeyId": key})[1] == "AccessDenied"
    other.delete_access_key(UserName=THERE, AccessKeyId=key)
    other.delete_user(UserName=THERE)
    assert iam.get_user(UserName=THERE)["User"]["Tags"] == TAGS
