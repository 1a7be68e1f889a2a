"""Instance profiles, asked by boto3."""

from __future__ import annotations

from typing import Any

from tests.aws.ecr.asking import ACCOUNT, plain, refused


def test_a_profile(iam: Any, role: str) -> None:
    """A profile is shown as it was created, with its role while it has one; then it is gone."""
    tags = [{"Key": "Team", "Value": "a"}]
    made = plain(iam.create_instance_profile(InstanceProfileName=role, Path="/p/", Tags=tags))["InstanceProfile"]
    assert made == {
        "Path": "/p/",
        "InstanceProfileName": role,
        "InstanceProfileId": made["InstanceProfileId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/p/{role}",
        "CreateDate": made["CreateDate"],
        "Roles": [],
        "Tags": tags,
    }
    assert made["InstanceProfileId"].startswith("AIPA")
    assert iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"] == made
    assert plain(iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)) == {}
    shown = iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"]
    assert [each["Arn"] for each in shown["Roles"]] == [f"arn:aws:iam::{ACCOUNT}:role/{role}"]
    listed = {name: value for name, value in shown.items() if name != "Tags"}
    found = iam.list_instance_profiles(PathPrefix="/p/")["InstanceProfiles"]
    assert [each for each in found if each["InstanceProfileName"] == role] == [listed]
    of_role = plain(iam.list_instance_profiles_for_role(RoleName=role))
    assert of_role == {"InstanceProfiles": [listed], "IsTruncated": False}
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
        iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    message = "Cannot delete entity, must remove roles from instance profile first."
    with refused("DeleteConflict", message):
        iam.delete_instance_profile(InstanceProfileName=role)
    assert plain(iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)) == {}
    with refused("NoSuchEntity", f"The role with name {role} cannot be found."):
        iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)
    assert plain(iam.delete_instance_profile(InstanceProfileName=role)) == {}
    with refused("NoSuchEntity", f"Instance Profile {role} cannot be found."):
        iam.get_instance_profile(InstanceProfileName=role)


def test_pages(iam: Any, role: str) -> None:
    """The paginators give every profile once, by name, of the account and of a role."""
    names = [f"{role}{number}" for number in range(3)]
    for name in names:
        iam.create_instance_profile(InstanceProfileName=name, Path=f"/{role}/")
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    size = {"PageSize": 2}
    for pages in (
        iam.get_paginator("list_instance_profiles").paginate(PathPrefix=f"/{role}/", PaginationConfig=size),
        iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role, PaginationConfig=size),
    ):
        found = [[each["InstanceProfileName"] for each in page["InstanceProfiles"]] for page in pages]
        assert found == [names[:2], names[2:]]
