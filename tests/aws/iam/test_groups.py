"""Groups and their members, asked by boto3."""

from __future__ import annotations

from typing import Any

from tests.aws.ecr.asking import ACCOUNT, plain, refused


def missing(name: str) -> Any:
    return refused("NoSuchEntity", f"The group with name {name} cannot be found.")


def test_a_group(iam: Any, fresh: str) -> None:
    """A group is shown as it was created, renamed, and deleted."""
    made = plain(iam.create_group(GroupName=fresh, Path=f"/{fresh}/"))["Group"]
    assert made == {
        "Path": f"/{fresh}/",
        "GroupName": fresh,
        "GroupId": made["GroupId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/{fresh}/{fresh}",
        "CreateDate": made["CreateDate"],
    }
    assert made["GroupId"].startswith("AGPA")
    assert plain(iam.get_group(GroupName=fresh)) == {"Group": made, "Users": [], "IsTruncated": False}
    assert plain(iam.list_groups(PathPrefix=f"/{fresh}/")) == {"Groups": [made], "IsTruncated": False}
    with refused("EntityAlreadyExists", f"Group with name {fresh} already exists."):
        iam.create_group(GroupName=fresh)
    assert plain(iam.update_group(GroupName=fresh, NewGroupName=f"{fresh}2", NewPath="/")) == {}
    assert iam.get_group(GroupName=f"{fresh}2")["Group"]["GroupId"] == made["GroupId"]
    with missing(fresh):
        iam.update_group(GroupName=fresh, NewPath="/")
    assert plain(iam.delete_group(GroupName=f"{fresh}2")) == {}
    with missing(f"{fresh}2"):
        iam.get_group(GroupName=f"{fresh}2")


def test_members(iam: Any, user: str) -> None:
    """A user goes into a group and out again; both sides show it, and neither can be deleted meanwhile."""
    iam.create_group(GroupName=user)
    assert plain(iam.add_user_to_group(GroupName=user, UserName=user)) == {}
    [shown] = iam.get_group(GroupName=user)["Users"]
    assert shown == iam.get_user(UserName=user)["User"]
    [group] = iam.list_groups_for_user(UserName=user)["Groups"]
    assert group["GroupName"] == user
    conflict = "Cannot delete entity, must remove users from group first."
    with refused("DeleteConflict", conflict):
        iam.delete_group(GroupName=user)
    with refused("DeleteConflict", conflict):
        iam.delete_user(UserName=user)
    assert plain(iam.remove_user_from_group(GroupName=user, UserName=user)) == {}
    assert iam.list_groups_for_user(UserName=user)["Groups"] == []
    iam.delete_group(GroupName=user)
    with missing(user):
        iam.add_user_to_group(GroupName=user, UserName=user)
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        iam.list_groups_for_user(UserName="nobody")


def test_pages(iam: Any, user: str) -> None:
    """Groups, groups of a user and users of a group come in pages, by name."""
    groups = [f"{user}{letter}" for letter in "abc"]
    for name in groups:
        iam.create_group(GroupName=name, Path=f"/{user}/")
        iam.add_user_to_group(GroupName=name, UserName=user)
    for number in range(2):
        iam.create_user(UserName=f"{user}{number}")
        iam.add_user_to_group(GroupName=groups[0], UserName=f"{user}{number}")

    def walk(operation: str, member: str, name: str, **given: str) -> list[list[str]]:
        pages = iam.get_paginator(operation).paginate(**given, PaginationConfig={"PageSize": 2})
        return [[each[name] for each in page[member]] for page in pages]

    assert walk("list_groups", "Groups", "GroupName", PathPrefix=f"/{user}/") == [groups[:2], groups[2:]]
    assert walk("list_groups_for_user", "Groups", "GroupName", UserName=user) == [groups[:2], groups[2:]]
    members = [user, f"{user}0", f"{user}1"]
    assert walk("get_group", "Users", "UserName", GroupName=groups[0]) == [members[:2], members[2:]]


def test_ten_groups(iam: Any, user: str) -> None:
    """An eleventh group is one too many."""
    for number in range(11):
        iam.create_group(GroupName=f"{user}{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"{user}{number}", UserName=user)
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName=f"{user}10", UserName=user)
