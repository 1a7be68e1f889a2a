"""Attach…, Detach…, ListAttached…, ListEntitiesForPolicy and permissions boundaries, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, plain, refused

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_attach_and_detach(iam: Any, request: pytest.FixtureRequest, policy: str, kind: str) -> None:
    """A policy of the account and one of AWS are attached, listed, found by path, and detached once."""
    named = {f"{kind.capitalize()}Name": request.getfixturevalue(kind)}
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    listed = getattr(iam, f"list_attached_{kind}_policies")
    for arn in (READ_ONLY, policy, policy):
        assert plain(attach(**named, PolicyArn=arn)) == {}
    both = [{"PolicyName": arn.rsplit("/", 1)[1], "PolicyArn": arn} for arn in (policy, READ_ONLY)]
    assert plain(listed(**named)) == {"AttachedPolicies": both, "IsTruncated": False}
    assert listed(**named, PathPrefix="/team/")["AttachedPolicies"] == both[:1]
    paginator = iam.get_paginator(f"list_attached_{kind}_policies")
    pages = paginator.paginate(**named, PaginationConfig={"PageSize": 1})
    assert [page["AttachedPolicies"] for page in pages] == [both[:1], both[1:]]
    found = plain(iam.list_entities_for_policy(PolicyArn=policy))
    holders = {name: value for name, value in found.items() if value}
    member = f"Policy{kind.capitalize()}s"
    [holder] = holders.pop(member)
    assert holders == {}
    assert holder[f"{kind.capitalize()}Name"] == next(iter(named.values()))
    assert plain(detach(**named, PolicyArn=policy)) == {}
    with refused("NoSuchEntity", f"Policy {policy} was not found."):
        detach(**named, PolicyArn=policy)
    gone = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    with refused("NoSuchEntity", f"Policy {gone} does not exist or is not attachable."):
        attach(**named, PolicyArn=gone)
    missing = dict.fromkeys(named, "nobody")
    with refused("NoSuchEntity", f"The {kind} with name nobody cannot be found."):
        attach(**missing, PolicyArn=READ_ONLY)


def test_entities(iam: Any, user: str, group: str, role: str, policy: str) -> None:
    """Who has a policy is told by kind, filtered, and in pages."""
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    iam.attach_group_policy(GroupName=group, PolicyArn=policy)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)

    def found(**given: Any) -> list[str]:
        answer = iam.list_entities_for_policy(PolicyArn=policy, **given)
        every = [*answer["PolicyGroups"], *answer["PolicyRoles"], *answer["PolicyUsers"]]
        return [value for each in every for name, value in each.items() if name.endswith("Name")]

    assert found() == [group, role, user]
    assert found(EntityFilter="Role") == [role]
    assert found(EntityFilter="AWSManagedPolicy") == []
    assert found(PolicyUsageFilter="PermissionsBoundary") == [role]
    assert found(PolicyUsageFilter="PermissionsPolicy") == [group, user]
    assert found(PathPrefix="/elsewhere/") == []
    paginator = iam.get_paginator("list_entities_for_policy")
    pages = list(paginator.paginate(PolicyArn=policy, PaginationConfig={"PageSize": 2}))
    assert [len(page["PolicyGroups"] + page["PolicyRoles"]) for page in pages] == [2, 0]
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=policy)


@pytest.mark.parametrize("kind", ["user", "role"])
def test_boundaries(iam: Any, request: pytest.FixtureRequest, policy: str, kind: str) -> None:
    """A boundary is put, shown, replaced and taken away."""
    named = {f"{kind.capitalize()}Name": request.getfixturevalue(kind)}
    put = getattr(iam, f"put_{kind}_permissions_boundary")
    delete = getattr(iam, f"delete_{kind}_permissions_boundary")
    for arn in (READ_ONLY, policy):
        assert plain(put(**named, PermissionsBoundary=arn)) == {}
        shown = getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]["PermissionsBoundary"]
        assert shown == {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    gone = f"arn:aws:iam::{ACCOUNT}:policy/gone"
    with refused("NoSuchEntity", f"Scope ARN: {gone} does not exist or is not attachable."):
        put(**named, PermissionsBoundary=gone)
    assert plain(delete(**named)) == {}
    assert "PermissionsBoundary" not in getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        delete(**named)
