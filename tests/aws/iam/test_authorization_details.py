"""GetAccountAuthorizationDetails, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, plain, refused
from tests.aws.iam.test_tags import POLICY, TRUST

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def every(iam: Any, size: int, *kinds: str) -> dict[str, list[Any]]:
    """All pages put together, each with as many entries as fit."""
    found: dict[str, list[Any]] = {name: [] for name in LISTS}
    pages = iam.get_paginator("get_account_authorization_details")
    for page in pages.paginate(Filter=list(kinds), PaginationConfig={"PageSize": size}):
        assert sum(len(page[name]) for name in LISTS) == size or not page["IsTruncated"]
        for name in LISTS:
            found[name] += page[name]
    return found


@pytest.fixture
def world(iam: Any, fresh: str) -> str:
    """A user in a group, a role in a profile, each with an inline policy and managed ones."""
    tags = [{"Key": "a", "Value": "1"}]
    own = iam.create_policy(PolicyName=fresh, PolicyDocument=POLICY, Description="what")["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=own, PolicyDocument=POLICY, SetAsDefault=True)
    iam.create_group(GroupName=fresh)
    iam.put_group_policy(GroupName=fresh, PolicyName="in", PolicyDocument=POLICY)
    iam.create_user(UserName=fresh, Tags=tags, PermissionsBoundary=own)
    iam.put_user_policy(UserName=fresh, PolicyName="in", PolicyDocument=POLICY)
    iam.attach_user_policy(UserName=fresh, PolicyArn=own)
    iam.attach_user_policy(UserName=fresh, PolicyArn=READ_ONLY)
    iam.add_user_to_group(GroupName=fresh, UserName=fresh)
    iam.create_role(RoleName=fresh, AssumeRolePolicyDocument=TRUST, Tags=tags)
    iam.create_instance_profile(InstanceProfileName=fresh)
    iam.add_role_to_instance_profile(InstanceProfileName=fresh, RoleName=fresh)
    return fresh


def test_details(iam: Any, world: str) -> None:
    """Each entry shows what the other operations show of it, one by one."""
    own = f"arn:aws:iam::{ACCOUNT}:policy/{world}"
    found = {name: [each for each in rows if world in each["Arn"]] for name, rows in every(iam, 1000).items()}
    [user], [group], [role], [policy] = (found[name] for name in LISTS)
    inline = [
        {"PolicyName": "in", "PolicyDocument": iam.get_user_policy(UserName=world, PolicyName="in")["PolicyDocument"]}
    ]
    assert user == {
        **iam.get_user(UserName=world)["User"],
        "UserPolicyList": inline,
        "GroupList": [world],
        "AttachedManagedPolicies": [
            {"PolicyName": world, "PolicyArn": own},
            {"PolicyName": "AmazonEC2ContainerRegistryReadOnly", "PolicyArn": READ_ONLY},
        ],
    }
    assert group == {
        **iam.get_group(GroupName=world)["Group"],
        "GroupPolicyList": inline,
        "AttachedManagedPolicies": [],
    }
    shown = iam.get_role(RoleName=world)["Role"]
    del shown["MaxSessionDuration"]
    profiles = iam.list_instance_profiles_for_role(RoleName=world)["InstanceProfiles"]
    empty: dict[str, Any] = {"RolePolicyList": [], "AttachedManagedPolicies": [], "RoleLastUsed": {}}
    assert role == {**empty, **shown, "InstanceProfileList": profiles}
    versions = policy.pop("PolicyVersionList")
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v2", True), ("v1", False)]
    assert versions[0] == iam.get_policy_version(PolicyArn=own, VersionId="v2")["PolicyVersion"]
    kept = iam.get_policy(PolicyArn=own)["Policy"]
    assert policy == {name: value for name, value in kept.items() if name != "Tags"}


def test_pages_and_filters(iam: Any, world: str) -> None:
    """Pages of any size give every entry once; a filter keeps kinds; of AWS's policies those in use are there."""
    whole = every(iam, 1000)
    assert [policy["Arn"] for policy in whole["Policies"] if ":aws:policy/" in policy["Arn"]].count(READ_ONLY) == 1
    for size in (1, 3):
        assert every(iam, size) == whole
    groups = every(iam, 2, "Group")
    assert groups == {**{name: [] for name in LISTS}, "GroupDetailList": whole["GroupDetailList"]}
    local = every(iam, 1, "LocalManagedPolicy", "Role")
    assert {policy["Arn"].split(":")[4] for policy in local["Policies"]} == {ACCOUNT}
    assert (local["RoleDetailList"], local["UserDetailList"]) == (whole["RoleDetailList"], [])
    assert READ_ONLY in {policy["Arn"] for policy in every(iam, 2, "AWSManagedPolicy")["Policies"]}
    marker = iam.get_account_authorization_details(MaxItems=1)["Marker"]
    with refused("ValidationError", "Invalid Marker."):
        iam.get_account_authorization_details(Filter=["Role"], Marker=marker)
    assert world in {user["UserName"] for user in whole["UserDetailList"]}
    assert plain(iam.get_account_authorization_details(Filter=["User"]))["Policies"] == []
