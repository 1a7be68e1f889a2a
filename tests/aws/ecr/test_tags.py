"""TagResource, UntagResource, ListTagsForResource, asked by boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused

if TYPE_CHECKING:
    from collections.abc import Callable

CHARACTERS = "Tag keys and values may hold letters, digits, spaces and _ . : / = + - @"
LENGTHS = (
    "An invalid parameter has been specified. Tag keys can have a maximum character length of 128 characters, "
    "and tag values can have a maximum length of 256 characters."
)


def arn_of(name: str, account: str = ACCOUNT, region: str = "us-east-1") -> str:
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


def as_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(ecr: Any, arn: str) -> dict[str, str]:
    found = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    tags = {tag["Key"]: tag["Value"] for tag in found}
    assert len(tags) == len(found)
    return tags


def test_tag_and_untag(ecr: Any, repository: str) -> None:
    """Tags are added and replaced by key; taking one off that is not there is no error."""
    arn = arn_of(repository)
    assert plain(ecr.list_tags_for_resource(resourceArn=arn)) == {"tags": []}
    assert plain(ecr.tag_resource(resourceArn=arn, tags=as_tags({"a": "1", "A": "2", "b": ""}))) == {}
    assert tags_of(ecr, arn) == {"a": "1", "A": "2", "b": ""}
    ecr.tag_resource(resourceArn=arn, tags=as_tags({"a": "3", "c": "4"}))
    assert tags_of(ecr, arn) == {"a": "3", "A": "2", "b": "", "c": "4"}
    assert plain(ecr.untag_resource(resourceArn=arn, tagKeys=["a", "none"])) == {}
    assert tags_of(ecr, arn) == {"A": "2", "b": "", "c": "4"}


@pytest.mark.parametrize(
    ("key", "value"),
    [("k" * 128, "v" * 256), ("a b_c.d:e/f=g+h-i@j", "a b_c.d:e/f=g+h-i@j"), ("grün", "초록"), ("x:aws:y", "aws:z")],
)
def test_tags_within_the_limits(ecr: Any, fresh: str, key: str, value: str) -> None:
    """Every letter of every language, and lengths up to the limit, come back as they were given."""
    arn = ecr.create_repository(repositoryName=fresh, tags=as_tags({key: value}))["repository"]["repositoryArn"]
    assert tags_of(ecr, arn) == {key: value}
    ecr.untag_resource(resourceArn=arn, tagKeys=[key])
    assert tags_of(ecr, arn) == {}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("k" * 129, "", LENGTHS),
        ("", "", LENGTHS),
        ("k", "v" * 257, LENGTHS),
        ("aws:k", "", "Tag keys that start with 'aws:' are reserved for AWS use."),
        ("AWS:k", "", "Tag keys that start with 'aws:' are reserved for AWS use."),
        ("k?", "", CHARACTERS),
        ("k\n", "", CHARACTERS),
        ("k", "\t", CHARACTERS),
        ("k", "<v>", CHARACTERS),
    ],
)
def test_tags_outside_the_limits(raw: Any, repository: str, key: str, value: str, message: str) -> None:
    """A bad tag is refused at the creation and later, and none of its call is kept."""
    tags = as_tags({"good": "1", key: value})
    with refused("InvalidTagParameterException", message):
        raw.tag_resource(resourceArn=arn_of(repository), tags=tags)
    assert tags_of(raw, arn_of(repository)) == {}
    with refused("InvalidTagParameterException", message):
        raw.create_repository(repositoryName=f"{repository}/2", tags=tags)
    with no_repository(f"{repository}/2"):
        raw.describe_repositories(repositoryNames=[f"{repository}/2"])


def test_one_key_twice(ecr: Any, repository: str) -> None:
    """A call that names a key twice is refused."""
    with refused("InvalidTagParameterException", "Duplicate tag keys found."):
        ecr.tag_resource(resourceArn=arn_of(repository), tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])


def test_fifty_tags(ecr: Any, fresh: str) -> None:
    """A repository has at most 50 tags, given at once or one after another; replacing is possible at the limit."""
    fifty = {f"k{number}": "v" for number in range(50)}
    too_many = (
        "The list of tags on the repository is over the limit. "
        "The maximum number of tags that can be applied to a repository is 50."
    )
    with refused("TooManyTagsException", too_many):
        ecr.create_repository(repositoryName=fresh, tags=as_tags(fifty | {"one more": ""}))
    arn = ecr.create_repository(repositoryName=fresh, tags=as_tags(fifty))["repository"]["repositoryArn"]
    with refused("TooManyTagsException", too_many):
        ecr.tag_resource(resourceArn=arn, tags=as_tags({"one more": ""}))
    ecr.tag_resource(resourceArn=arn, tags=as_tags({"k7": "changed"}))
    assert tags_of(ecr, arn) == fifty | {"k7": "changed"}


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "nonsense",
        "arn:aws:ecr:us-east-1:123456789012:repository/",
        "arn:aws:ecr:us-east-1:123456789012:repository/UPPER",
        "arn:aws:ecr:us-east-1:123456789012:image/team",
        "arn:aws:ecr:us-east-1:1234:repository/team",
        "arn:aws:s3:us-east-1:123456789012:repository/team",
        "arn:aws:ecr:us-west-2:123456789012:repository/team",
        "arn:aws:ecr:us-east-1:123456789012:repository/team\n",
    ],
)
def test_arns(raw: Any, arn: str) -> None:
    """What is no repository's ARN of the region that was called is refused by all three."""
    with invalid("resourceArn", "Invalid ARN"):
        raw.list_tags_for_resource(resourceArn=arn)
    with invalid("resourceArn", "Invalid ARN"):
        raw.tag_resource(resourceArn=arn, tags=as_tags({"a": "1"}))
    with invalid("resourceArn", "Invalid ARN"):
        raw.untag_resource(resourceArn=arn, tagKeys=["a"])


def test_members_are_needed(raw: Any, repository: str) -> None:
    """The ARN, the tags and the keys have to be given, and a tag has both parts."""
    arn = arn_of(repository)
    with invalid("resourceArn", "Member must not be null"):
        raw.list_tags_for_resource()
    with invalid("tags", "Member must not be null"):
        raw.tag_resource(resourceArn=arn)
    with invalid("tagKeys", "Member must not be null"):
        raw.untag_resource(resourceArn=arn)
    for tag in ({"Key": "a"}, {"Value": "a"}):
        with invalid("tags", "Member must satisfy constraint: [Member must not be null]"):
            raw.tag_resource(resourceArn=arn, tags=[tag])


def test_no_repository(ecr: Any, fresh: str) -> None:
    """The ARN of a repository that is not there."""
    arn = arn_of(fresh)
    with no_repository(fresh):
        ecr.list_tags_for_resource(resourceArn=arn)
    with no_repository(fresh):
        ecr.tag_resource(resourceArn=arn, tags=as_tags({"a": "1"}))
    with no_repository(fresh):
        ecr.untag_resource(resourceArn=arn, tagKeys=["a"])


def test_another_account(ecr: Any, repository: str) -> None:
    """Another account's repositories cannot be tagged, nor their tags read."""
    arn = arn_of(repository, OTHER_ACCOUNT)
    with denied("ListTagsForResource", arn):
        ecr.list_tags_for_resource(resourceArn=arn)
    with denied("TagResource", arn):
        ecr.tag_resource(resourceArn=arn, tags=as_tags({"a": "1"}))
    with denied("UntagResource", arn):
        ecr.untag_resource(resourceArn=arn, tagKeys=["a"])


def test_another_region(elsewhere: Callable[[str], Any], repository: str) -> None:
    """A repository is tagged in its own region."""
    with invalid("resourceArn", "Invalid ARN"):
        elsewhere("us-west-2").list_tags_for_resource(resourceArn=arn_of(repository))
