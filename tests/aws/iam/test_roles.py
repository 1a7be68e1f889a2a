"""CreateRole, GetRole, ListRoles, UpdateAssumeRolePolicy, UpdateRole, UpdateRoleDescription, DeleteRole, by boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, plain, refused
from tests.aws.iam.documents import allow, trust

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


def missing(name: str) -> Any:
    return refused("NoSuchEntity", f"The role with name {name} cannot be found.")


def test_a_role(iam: Any, fresh: str) -> None:
    """A role is shown as it was created, in lists without tags and boundary; then it is gone."""
    tags = [{"Key": "Team", "Value": "a"}]
    made = plain(
        iam.create_role(
            RoleName=fresh,
            Path="/nodes/",
            AssumeRolePolicyDocument=trust(),
            Description="pulls - ä",
            MaxSessionDuration=7200,
            PermissionsBoundary=READ_ONLY,
            Tags=tags,
        )
    )["Role"]
    bounded = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": READ_ONLY}
    listed = {
        "Path": "/nodes/",
        "RoleName": fresh,
        "RoleId": made["RoleId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/nodes/{fresh}",
        "CreateDate": made["CreateDate"],
        "AssumeRolePolicyDocument": json.loads(trust()),
        "Description": "pulls - ä",
        "MaxSessionDuration": 7200,
    }
    assert made == {**listed, "PermissionsBoundary": bounded, "Tags": tags}
    assert made["RoleId"].startswith("AROA")
    assert iam.get_role(RoleName=fresh)["Role"] == {**made, "RoleLastUsed": {}}
    assert [role for role in iam.list_roles(PathPrefix="/nodes")["Roles"] if role["RoleName"] == fresh] == [listed]
    assert plain(iam.delete_role(RoleName=fresh)) == {}
    with missing(fresh):
        iam.get_role(RoleName=fresh)
    with missing(fresh):
        iam.delete_role(RoleName=fresh)


def test_updates(iam: Any, role: str) -> None:
    """Each update changes its own part, and UpdateRole what it is given."""
    other = trust({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "x"}})
    assert plain(iam.update_assume_role_policy(RoleName=role, PolicyDocument=other)) == {}
    assert plain(iam.update_role(RoleName=role, Description="one", MaxSessionDuration=43200)) == {}
    shown = iam.get_role(RoleName=role)["Role"]
    assert shown["AssumeRolePolicyDocument"] == json.loads(other)
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("one", 43200)
    assert iam.update_role_description(RoleName=role, Description="two")["Role"]["Description"] == "two"
    iam.update_role(RoleName=role)
    shown = iam.get_role(RoleName=role)["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("two", 43200)


@pytest.mark.parametrize("seconds", [3599, 43201])
def test_longest_session(raw: Any, role: str, seconds: int) -> None:
    """A session of a role lasts from an hour to twelve at most."""
    with refused_invalid("maxSessionDuration"):
        raw.update_role(RoleName=role, MaxSessionDuration=seconds)


def refused_invalid(member: str) -> Any:
    return pytest.raises(Exception, match=rf"\(ValidationError\).*'{member}' failed to satisfy constraint")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(action="ecr:GetAuthorizationToken"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (
            json.dumps({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}),
            "Missing required field Principal",
        ),
    ],
)
def test_trust_policies(iam: Any, role: str, fresh: str, document: str, message: str) -> None:
    """What is no trust policy is refused in IAM's words."""
    with refused("MalformedPolicyDocument", message):
        iam.create_role(RoleName=f"{fresh}x", AssumeRolePolicyDocument=document)
    with refused("MalformedPolicyDocument", message):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)


def test_taken(iam: Any, role: str) -> None:
    """A name is taken in any case."""
    with refused("EntityAlreadyExists", f"Role with name {role.upper()} already exists."):
        iam.create_role(RoleName=role.upper(), AssumeRolePolicyDocument=trust())


def test_pages(iam: Any, fresh: str) -> None:
    """The paginator gives every role once, by name."""
    names = [f"{fresh}{number}" for number in range(5)]
    for name in reversed(names):
        iam.create_role(RoleName=name, Path=f"/{fresh}/", AssumeRolePolicyDocument=trust())
    pages = iam.get_paginator("list_roles").paginate(PathPrefix=f"/{fresh}/", PaginationConfig={"PageSize": 2})
    assert [[role["RoleName"] for role in page["Roles"]] for page in pages] == [names[:2], names[2:4], names[4:]]


def test_delete_conflicts(iam: Any, role: str) -> None:
    """A role is deleted when nothing hangs on it any more, in the order in which AWS asks."""
    iam.create_instance_profile(InstanceProfileName=role)
    iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    iam.attach_role_policy(RoleName=role, PolicyArn=READ_ONLY)
    iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=allow("ecr:*"))
    steps: list[tuple[str, Callable[[], object]]] = [
        (
            "Cannot delete entity, must remove roles from instance profile first.",
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role),
        ),
        (
            "Cannot delete entity, must detach all policies first.",
            lambda: iam.detach_role_policy(RoleName=role, PolicyArn=READ_ONLY),
        ),
        (
            "Cannot delete entity, must delete policies first.",
            lambda: iam.delete_role_policy(RoleName=role, PolicyName="inline"),
        ),
    ]
    for message, undo in steps:
        with refused("DeleteConflict", message):
            iam.delete_role(RoleName=role)
        undo()
    iam.delete_role(RoleName=role)
