"""CreateRepository, DescribeRepositories, DeleteRepository, asked by boto3."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused
from tests.aws.ecr.putting import put_image, put_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.serving import Server

PATTERN = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
NO_SUCH_NAME = f"must satisfy regular expression '{PATTERN}'"
KMS_TEXT = "This installation does not offer KMS encryption yet. Use the encryption type AES256."


def test_create(ecr: Any, server: Server, fresh: str) -> None:
    """A new repository has ECR's defaults, and DescribeRepositories shows the same."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    made = ecr.create_repository(repositoryName=fresh)["repository"]
    assert before <= made["createdAt"] <= datetime.now(UTC)
    assert made == {
        "repositoryArn": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{fresh}",
        "registryId": ACCOUNT,
        "repositoryName": fresh,
        "repositoryUri": f"{server.host}/{fresh}",
        "createdAt": made["createdAt"],
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    assert plain(ecr.describe_repositories(repositoryNames=[fresh])) == {"repositories": [made]}


def test_create_with_everything(ecr: Any, fresh: str) -> None:
    """All that may be said at the creation is kept."""
    filters = [{"filterType": "WILDCARD", "filter": "v*"}, {"filterType": "WILDCARD", "filter": "*-rc.*"}]
    made = ecr.create_repository(
        registryId=ACCOUNT,
        repositoryName=fresh,
        imageTagMutability="MUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "AES256"},
        tags=[{"Key": "team", "Value": "core"}, {"Key": "empty", "Value": ""}],
    )["repository"]
    assert made["imageTagMutability"] == "MUTABLE_WITH_EXCLUSION"
    assert made["imageTagMutabilityExclusionFilters"] == filters
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert ecr.describe_repositories(registryId=ACCOUNT, repositoryNames=[fresh])["repositories"] == [made]
    tags = ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]
    assert sorted(tags, key=lambda tag: str(tag["Key"])) == [
        {"Key": "empty", "Value": ""},
        {"Key": "team", "Value": "core"},
    ]


def test_create_again(ecr: Any, repository: str) -> None:
    """A name is taken once, whatever else the second call asks for."""
    with refused(
        "RepositoryAlreadyExistsException",
        f"The repository with name '{repository}' already exists in the registry with id '{ACCOUNT}'",
    ):
        ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    [shown] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert shown["imageTagMutability"] == "MUTABLE"


def test_name_length(raw: Any) -> None:
    """Names have 2 to 256 characters."""
    unique = os.urandom(4).hex()
    longest = f"{unique}/" + "x" * (256 - len(unique) - 1)
    assert raw.create_repository(repositoryName=longest)["repository"]["repositoryName"] == longest
    with invalid("repositoryName", "Member must have length less than or equal to 256"):
        raw.create_repository(repositoryName=longest + "x")
    assert raw.create_repository(repositoryName="ab")["repository"]["repositoryName"] == "ab"
    raw.delete_repository(repositoryName="ab")
    with invalid("repositoryName", "Member must have length greater than or equal to 2"):
        raw.create_repository(repositoryName="a")


@pytest.mark.parametrize(
    "name", ["Upper", "under_", "a//b", "/a", "a/", "a..b", "a___b", "a b", "a\n", "ü1", "_a", "-a", "a._b", "../x"]
)
def test_name_outside_the_grammar(raw: Any, name: str) -> None:
    """A name outside the model's pattern is refused by every operation that takes one, before it is looked up."""
    with invalid("repositoryName", NO_SUCH_NAME):
        raw.create_repository(repositoryName=name)
    with invalid("repositoryName", NO_SUCH_NAME):
        raw.delete_repository(repositoryName=name)


@pytest.mark.parametrize("name", ["a.b", "a_b", "a__b", "a---b", "0/1", "a/b.c/d_e"])
def test_name_within_the_grammar(ecr: Any, fresh: str, name: str) -> None:
    """What the pattern allows can be created."""
    assert ecr.create_repository(repositoryName=f"{fresh}/{name}")


def test_name_is_needed(raw: Any) -> None:
    """A name has to be given, and has to be text."""
    with invalid("repositoryName", "Member must not be null"):
        raw.create_repository()


@pytest.mark.parametrize("setting", ["MUTABLE", "IMMUTABLE"])
def test_filters_without_exclusion(raw: Any, fresh: str, setting: str) -> None:
    """Exclusion filters go with *_WITH_EXCLUSION only."""
    with invalid(
        "imageTagMutabilityExclusionFilters",
        f"ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as {setting}",
    ):
        raw.create_repository(
            repositoryName=fresh,
            imageTagMutability=setting,
            imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "v*"}],
        )
    with no_repository(fresh):
        raw.describe_repositories(repositoryNames=[fresh])


def test_kms(ecr: Any, fresh: str) -> None:
    """KMS encryption is refused with what this installation has to say about it, and creates nothing."""
    for kind in ("KMS", "KMS_DSSE"):
        with refused("KmsException", KMS_TEXT, kmsError="KMS_NOT_AVAILABLE"):
            ecr.create_repository(repositoryName=fresh, encryptionConfiguration={"encryptionType": kind})
    with invalid("encryptionConfiguration", "kmsKey cannot be used with encryptionType AES256"):
        ecr.create_repository(
            repositoryName=fresh, encryptionConfiguration={"encryptionType": "AES256", "kmsKey": "alias/mine"}
        )
    with no_repository(fresh):
        ecr.describe_repositories(repositoryNames=[fresh])


@pytest.mark.parametrize(
    ("wanted", "constraint"),
    [
        ({"encryptionType": "ROT13"}, "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]"),
        ({}, "Member must not be null"),
    ],
)
def test_encryption_outside_the_model(raw: Any, fresh: str, wanted: Any, constraint: str) -> None:
    """The encryption type is needed and one of three."""
    with invalid("encryptionConfiguration.encryptionType", constraint):
        raw.create_repository(repositoryName=fresh, encryptionConfiguration=wanted)


def test_describe_in_the_order_asked(ecr: Any, fresh: str) -> None:
    """Named repositories come in the order in which they were named, each once."""
    names = [f"{fresh}/{letter}" for letter in "cab"]
    for name in names:
        ecr.create_repository(repositoryName=name)
    shown = ecr.describe_repositories(repositoryNames=[*names, names[0]])["repositories"]
    assert [each["repositoryName"] for each in shown] == names


def test_describe_unknown(ecr: Any, repository: str) -> None:
    """One unknown name fails the call."""
    with no_repository(f"{repository}/none"):
        ecr.describe_repositories(repositoryNames=[repository, f"{repository}/none"])


def test_page_sizes(raw: Any, repository: str) -> None:
    """A page has 1 to 1000 entries; its size does not go with names, nor does a token."""
    assert len(raw.describe_repositories(maxResults=1)["repositories"]) == 1
    assert raw.describe_repositories(maxResults=1000)["repositories"]
    with invalid("maxResults", "Member must have value greater than or equal to 1"):
        raw.describe_repositories(maxResults=0)
    with invalid("maxResults", "Member must have value less than or equal to 1000"):
        raw.describe_repositories(maxResults=1001)
    with invalid("maxResults", "maxResults cannot be used with repositoryNames"):
        raw.describe_repositories(repositoryNames=[repository], maxResults=10)
    with invalid("nextToken", "nextToken cannot be used with repositoryNames"):
        raw.describe_repositories(repositoryNames=[repository], nextToken="x")
    with invalid("repositoryNames", "Member must have length greater than or equal to 1"):
        raw.describe_repositories(repositoryNames=[])
    with invalid("repositoryNames", "Member must have length less than or equal to 100"):
        raw.describe_repositories(repositoryNames=[repository] * 101)
    assert raw.describe_repositories(repositoryNames=[repository] * 100)["repositories"]


def test_pages(elsewhere: Callable[[str], Any]) -> None:
    """boto3's paginator brings 250 repositories, each once, by name; a token is good for its own list only."""
    ecr, other = elsewhere("eu-west-3"), elsewhere("eu-west-2")
    names = [f"pages/{number:03}" for number in range(250)]
    for name in reversed(names):
        ecr.create_repository(repositoryName=name)
    pages = list(ecr.get_paginator("describe_repositories").paginate())
    assert [len(page["repositories"]) for page in pages] == [100, 100, 50]
    assert [each["repositoryName"] for page in pages for each in page["repositories"]] == names
    small = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 83})
    assert [len(page["repositories"]) for page in small] == [83, 83, 83, 1]
    exact = ecr.describe_repositories(maxResults=250)
    assert len(exact["repositories"]) == 250
    assert "nextToken" not in exact
    token = pages[0]["nextToken"]
    for altered in (token[:-5], "x" + token, token[::-1], "", "%", "é", "x" * 5000):
        with invalid("nextToken", "Invalid token"):
            ecr.describe_repositories(nextToken=altered)
    with invalid("nextToken", "Invalid token"):
        other.describe_repositories(nextToken=token)
    with invalid("nextToken", "Invalid token"):
        ecr.list_images(repositoryName=names[0], nextToken=token)


def test_delete(ecr: Any, repository: str) -> None:
    """DeleteRepository answers what it deleted; after that the name is unknown to it."""
    [shown] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert plain(ecr.delete_repository(repositoryName=repository)) == {"repository": shown}
    for call in (ecr.delete_repository, ecr.list_images, ecr.describe_images, ecr.initiate_layer_upload):
        with no_repository(repository):
            call(repositoryName=repository)


def test_delete_with_images(ecr: Any, repository: str) -> None:
    """A repository with images takes force; layers alone do not keep one."""
    put_image(ecr, repository)
    with refused(
        "RepositoryNotEmptyException",
        f"The repository with name '{repository}' in registry with id '{ACCOUNT}' "
        "cannot be deleted because it still contains images",
    ):
        ecr.delete_repository(repositoryName=repository, force=False)
    assert ecr.delete_repository(repositoryName=repository, force=True)["repository"]["registryId"] == ACCOUNT
    ecr.create_repository(repositoryName=repository)
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []
    put_layer(ecr, repository, b"a layer")
    assert ecr.delete_repository(repositoryName=repository)


def test_another_region_is_another_registry(ecr: Any, elsewhere: Callable[[str], Any], repository: str) -> None:
    """A repository is in one region; its name is free in all others, where its ARN is another."""
    seoul = elsewhere("ap-northeast-2")
    with no_repository(repository):
        seoul.describe_repositories(repositoryNames=[repository])
    made = seoul.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:ap-northeast-2:{ACCOUNT}:repository/{repository}"
    assert [each["repositoryName"] for each in seoul.describe_repositories()["repositories"]] == [repository]
    seoul.delete_repository(repositoryName=repository)
    assert ecr.describe_repositories(repositoryNames=[repository])["repositories"]


def test_another_account(ecr: Any, repository: str) -> None:
    """Another account's registry is closed, whether or not what is asked for is there."""
    arn = f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/"
    for name in (repository, "none/such"):
        with denied("DescribeRepositories", arn + name):
            ecr.describe_repositories(registryId=OTHER_ACCOUNT, repositoryNames=[name])
        with denied("CreateRepository", arn + name):
            ecr.create_repository(registryId=OTHER_ACCOUNT, repositoryName=name)
        with denied("DeleteRepository", arn + name):
            ecr.delete_repository(registryId=OTHER_ACCOUNT, repositoryName=name, force=True)
    with denied("DescribeRepositories", arn + "*"):
        ecr.describe_repositories(registryId=OTHER_ACCOUNT)


@pytest.mark.parametrize("registry", ["", "12345678901", "1234567890123", "12345678901a", "\uff11" * 12])
def test_registry_id_outside_the_grammar(raw: Any, registry: str) -> None:
    """A registry id is 12 ASCII digits."""
    with invalid("registryId", "must satisfy regular expression [0-9]{12}"):
        raw.describe_repositories(registryId=registry)
