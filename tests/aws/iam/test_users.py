"""CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import ACCOUNT, ROOT, plain, refused

NAMES = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATHS = "It must begin and end with / and contain only alphanumeric characters and/or / characters."


def missing(name: str) -> Any:
    return refused("NoSuchEntity", f"The user with name {name} cannot be found.")


def test_root(iam: Any) -> None:
    """Without a name GetUser tells who calls; the root has neither name nor path."""
    shown = plain(iam.get_user())["User"]
    created = shown.pop("CreateDate")
    assert shown == {"UserId": ACCOUNT, "Arn": ROOT}
    assert created.microsecond == 0


def test_a_user(iam: Any, fresh: str) -> None:
    """A user is shown as it was created, with its path, its tags and an id; then it is gone."""
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "empty", "Value": ""}]
    made = plain(iam.create_user(UserName=fresh, Path="/ci/build/", Tags=tags))["User"]
    assert made["UserId"].startswith("AIDA")
    listed = {
        "Path": "/ci/build/",
        "UserName": fresh,
        "UserId": made["UserId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/ci/build/{fresh}",
        "CreateDate": made["CreateDate"],
    }
    assert made == {**listed, "Tags": tags}
    assert plain(iam.get_user(UserName=fresh))["User"] == {**listed, "Tags": tags[::-1]}
    assert plain(iam.list_users(PathPrefix="/ci/build"))["Users"] == [listed]
    assert plain(iam.delete_user(UserName=fresh)) == {}
    with missing(fresh):
        iam.get_user(UserName=fresh)
    with missing(fresh):
        iam.delete_user(UserName=fresh)


def test_taken(iam: Any, user: str) -> None:
    """A name is taken in any case, and found in it."""
    with refused("EntityAlreadyExists", f"User with name {user.upper()} already exists."):
        iam.create_user(UserName=user.upper())
    assert iam.get_user(UserName=user.upper())["User"]["UserName"] == user


def test_update(iam: Any, user: str, fresh: str) -> None:
    """A user gets another name and path and keeps its id."""
    before = iam.get_user(UserName=user)["User"]
    assert plain(iam.update_user(UserName=user, NewUserName=f"{fresh}.new", NewPath="/x/")) == {}
    after = iam.get_user(UserName=f"{fresh}.new")["User"]
    assert after["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/x/{fresh}.new"
    assert after["UserId"] == before["UserId"]
    with missing(user):
        iam.update_user(UserName=user, NewPath="/")


def test_pages(iam: Any, fresh: str) -> None:
    """The paginator gives every user once, by name, page by page."""
    names = sorted(f"{fresh}{number}" for number in range(5))
    for name in reversed(names):
        iam.create_user(UserName=name, Path=f"/{fresh}/")
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix=f"/{fresh}/", PaginationConfig={"PageSize": 2}))
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    with refused("ValidationError", "Invalid Marker."):
        iam.list_users(Marker=pages[0]["Marker"])


@pytest.mark.parametrize(
    ("given", "member"),
    [
        ({"UserName": ""}, "userName"),
        ({"UserName": "a" * 65}, "userName"),
        ({"UserName": "a b" * 30}, "userName"),
        ({"UserName": "ok", "Path": "/" + "a" * 600}, "path"),
        ({"UserName": "ok", "Tags": [{"Key": "", "Value": ""}]}, "tags.1.member.key"),
        ({"UserName": "ok", "Tags": [{"Key": "a", "Value": "\t"}]}, "tags.1.member.value"),
        ({"UserName": "ok", "Tags": [{"Key": f"{n}", "Value": ""} for n in range(51)]}, "tags"),
    ],
)
def test_outside_the_model(raw: Any, given: dict[str, Any], member: str) -> None:
    """Names, paths and tags outside the model are a ValidationError that names the member."""
    with pytest.raises(ClientError) as caught:
        raw.create_user(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert f" at '{member}' failed to satisfy constraint" in error["Message"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"UserName": "a b"}, "The specified value for userName is invalid. " + NAMES),
        ({"UserName": "arn:aws:iam::1:user/a"}, "The specified value for userName is invalid. " + NAMES),
        ({"UserName": "ok", "Path": "x"}, "The specified value for path is invalid. " + PATHS),
        ({"UserName": "ok", "Path": "/a"}, "The specified value for path is invalid. " + PATHS),
    ],
)
def test_names_and_paths(raw: Any, given: dict[str, Any], message: str) -> None:
    """Of letters that a name or a path cannot have IAM has a sentence of its own."""
    with pytest.raises(ClientError) as caught:
        raw.create_user(**given)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", message)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["a", "A"], "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
        (["aws:x"], "System tags cannot be added/updated by requester."),
    ],
)
def test_tags_refused(iam: Any, fresh: str, tags: list[str], message: str) -> None:
    """Keys that come twice and keys of AWS are refused, and no user is made."""
    with refused("InvalidInput", message):
        iam.create_user(UserName=fresh, Tags=[{"Key": key, "Value": ""} for key in tags])
    with missing(fresh):
        iam.get_user(UserName=fresh)


def test_boundary(iam: Any, fresh: str) -> None:
    """A permissions boundary has to be there, and is shown by GetUser and not by ListUsers."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{fresh}"
    with refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable."):
        iam.create_user(UserName=fresh, PermissionsBoundary=arn)
    arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
    iam.create_user(UserName=fresh, Path=f"/{fresh}/", PermissionsBoundary=arn)
    shown = iam.get_user(UserName=fresh)["User"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}
    [listed] = iam.list_users(PathPrefix=f"/{fresh}/")["Users"]
    assert "PermissionsBoundary" not in listed
