"""Create-, Describe-, Update- and DeleteRepositoryCreationTemplate(s), asked by boto3; pushes that use templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import ACCOUNT, invalid, no_repository, refused
from tests.aws.ecr.putting import put_layer, put_part

FILTERS = "imageTagMutabilityExclusionFilters"
LIFECYCLE = (
    '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan",'
    '"countNumber":3},"action":{"type":"expire"}}]}'
)
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:BatchGetImage"}]}'
ROLE = f"arn:aws:iam::{ACCOUNT}:role/templates"
EXISTS = "The repository creation template already exists. Specify a unique prefix and try again."
NOT_FOUND = (
    "The specified repository creation template can't be found. Verify the registry ID and prefix and try again."
)


@pytest.fixture(autouse=True)
def tidy(ecr: Any) -> Iterator[None]:
    """Leave no template behind: one may decide what other tests' pushes do."""
    yield
    for page in ecr.get_paginator("describe_repository_creation_templates").paginate():
        for template in page["repositoryCreationTemplates"]:
            ecr.delete_repository_creation_template(prefix=template["prefix"])


def wildcards(*texts: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": text} for text in texts]


def without_times(template: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in template.items() if name not in {"createdAt", "updatedAt"}}


def described(ecr: Any, *prefixes: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecr.describe_repository_creation_templates(prefixes=list(prefixes))[
        "repositoryCreationTemplates"
    ]
    return found


def test_least(ecr: Any, fresh: str) -> None:
    """A prefix and what it is applied for suffice; the rest is what CreateRepository assumes."""
    answer = ecr.create_repository_creation_template(prefix=fresh, appliedFor=["REPLICATION", "REPLICATION"])
    template = answer["repositoryCreationTemplate"]
    assert answer["registryId"] == ACCOUNT
    assert without_times(template) == {
        "prefix": fresh,
        "appliedFor": ["REPLICATION"],
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "imageTagMutability": "MUTABLE",
        "resourceTags": [],
    }
    assert template["createdAt"] == template["updatedAt"]
    assert abs(datetime.now(UTC) - template["createdAt"]) < timedelta(minutes=1)
    assert described(ecr, fresh) == [template]


def test_everything(ecr: Any, fresh: str) -> None:
    """Every member is kept as it was sent."""
    sent = {
        "prefix": fresh,
        "description": "what teams push",
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "resourceTags": [{"Key": "team", "Value": "a"}, {"Key": "empty", "Value": ""}],
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        FILTERS: wildcards("latest", "dev-*"),
        "repositoryPolicy": POLICY,
        "lifecyclePolicy": LIFECYCLE,
        "appliedFor": ["CREATE_ON_PUSH", "PULL_THROUGH_CACHE", "REPLICATION"],
        "customRoleArn": ROLE,
    }
    template = ecr.create_repository_creation_template(**sent)["repositoryCreationTemplate"]
    assert without_times(template) == sent
    assert described(ecr, fresh) == [template]
    gone = ecr.delete_repository_creation_template(prefix=fresh)
    assert (gone["registryId"], gone["repositoryCreationTemplate"]) == (ACCOUNT, template)
    assert described(ecr, fresh) == []


def test_update(ecr: Any, fresh: str) -> None:
    """What a call does not say stays; what it empties is gone; the time of the update moves."""
    made = ecr.create_repository_creation_template(
        prefix=fresh,
        description="old",
        imageTagMutability="MUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=wildcards("a"),
        lifecyclePolicy=LIFECYCLE,
        repositoryPolicy=POLICY,
        resourceTags=[{"Key": "k", "Value": "v"}],
        customRoleArn=ROLE,
        appliedFor=["REPLICATION"],
    )["repositoryCreationTemplate"]

    def update(**what: Any) -> dict[str, Any]:
        answer = ecr.update_repository_creation_template(prefix=fresh, **what)
        assert answer["registryId"] == ACCOUNT
        template: dict[str, Any] = answer["repositoryCreationTemplate"]
        assert described(ecr, fresh) == [template]
        assert template["updatedAt"] >= made["updatedAt"]
        assert template["createdAt"] == made["createdAt"]
        return without_times(template)

    expected = without_times(made)
    assert update() == expected
    expected |= {"description": "new", "appliedFor": ["CREATE_ON_PUSH"]}
    assert update(description="new", appliedFor=["CREATE_ON_PUSH"]) == expected
    expected |= {FILTERS: wildcards("b", "c")}
    assert update(**{FILTERS: wildcards("b", "c")}) == expected
    del expected[FILTERS]
    expected |= {"imageTagMutability": "IMMUTABLE"}
    assert update(imageTagMutability="IMMUTABLE") == expected
    for name in ("description", "lifecyclePolicy", "repositoryPolicy", "customRoleArn"):
        del expected[name]
    expected |= {"resourceTags": []}
    assert (
        update(description="", lifecyclePolicy="", repositoryPolicy="", customRoleArn="", resourceTags=[]) == expected
    )


def test_one_template_for_each_prefix(ecr: Any, fresh: str) -> None:
    """A slash at the end of a prefix names the same template, which answers as it was made."""
    ecr.create_repository_creation_template(prefix=f"{fresh}/", appliedFor=["REPLICATION"])
    for prefix in (fresh, f"{fresh}/"):
        with refused("TemplateAlreadyExistsException", EXISTS):
            ecr.create_repository_creation_template(prefix=prefix, appliedFor=["REPLICATION"])
        assert [template["prefix"] for template in described(ecr, prefix)] == [f"{fresh}/"]
    assert len(described(ecr, fresh, f"{fresh}/", "not/there")) == 1
    ecr.update_repository_creation_template(prefix=fresh, description="found")
    assert ecr.delete_repository_creation_template(prefix=fresh)["repositoryCreationTemplate"]["description"] == "found"


def test_not_there(ecr: Any, fresh: str) -> None:
    """Update and Delete say so, Describe passes over it."""
    with refused("TemplateNotFoundException", NOT_FOUND):
        ecr.update_repository_creation_template(prefix=fresh, description="")
    with refused("TemplateNotFoundException", NOT_FOUND):
        ecr.delete_repository_creation_template(prefix=fresh)
    assert described(ecr, fresh) == []


def test_pages(elsewhere: Callable[[str], Any], fresh: str) -> None:
    """Every template comes once, by prefix, through boto3's paginator; a token is good for its own list only."""
    there = elsewhere("eu-west-2")
    prefixes = sorted([f"{fresh}{number}" for number in range(5)])
    for prefix in prefixes:
        there.create_repository_creation_template(prefix=prefix, appliedFor=["REPLICATION"])
    pages = list(
        there.get_paginator("describe_repository_creation_templates").paginate(PaginationConfig={"PageSize": 2})
    )
    found = [[template["prefix"] for template in page["repositoryCreationTemplates"]] for page in pages]
    assert found == [prefixes[:2], prefixes[2:4], prefixes[4:]]
    token = pages[0]["nextToken"]
    for bad in (token[:-2], "x", ""):
        with invalid("nextToken", "Invalid token"):
            there.describe_repository_creation_templates(nextToken=bad)
    with invalid("nextToken", "Invalid token"):
        elsewhere("eu-west-3").describe_repository_creation_templates(nextToken=token)


def test_another_region(ecr: Any, elsewhere: Callable[[str], Any], fresh: str) -> None:
    """A template belongs to its region."""
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["REPLICATION"])
    assert described(elsewhere("eu-west-1"), fresh) == []


@pytest.mark.parametrize(
    ("what", "member"),
    [
        ({"encryptionConfiguration": {"encryptionType": "KMS"}}, "encryptionConfiguration"),
        ({"encryptionConfiguration": {"encryptionType": "KMS_DSSE"}}, "encryptionConfiguration"),
        ({"resourceTags": [{"Key": "aws:x", "Value": ""}]}, "resourceTags"),
        ({"resourceTags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "resourceTags"),
        ({"resourceTags": [{"Key": f"k{number}", "Value": ""} for number in range(51)]}, "resourceTags"),
        ({"imageTagMutability": "MUTABLE", FILTERS: wildcards("a")}, FILTERS),
        ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, FILTERS),
        ({"repositoryPolicy": "{}"}, "repositoryPolicy"),
        ({"lifecyclePolicy": "{"}, "lifecyclePolicy"),
    ],
)
def test_settings_that_no_repository_could_have(ecr: Any, fresh: str, what: dict[str, Any], member: str) -> None:
    """They are refused when they are set, with the member's name, by Create and by Update."""
    start = f"Invalid parameter at '{member}' failed to satisfy constraint: '"
    with pytest.raises(ClientError) as caught:
        ecr.create_repository_creation_template(prefix=fresh, appliedFor=["REPLICATION"], **what)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert caught.value.response["Error"]["Message"].startswith(start)
    assert described(ecr, fresh) == []
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["REPLICATION"])
    with pytest.raises(ClientError) as caught:
        ecr.update_repository_creation_template(prefix=fresh, **what)
    assert caught.value.response["Error"]["Message"].startswith(start)


# --- pushes through the API ------------------------------------------------------------------------------------


def test_a_layer_upload_makes_the_repository(ecr: Any, fresh: str) -> None:
    """InitiateLayerUpload to a name below a prefix with CREATE_ON_PUSH, and the push goes on."""
    name = f"{fresh}/app"
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["CREATE_ON_PUSH"], imageTagMutability="IMMUTABLE")
    with no_repository(name):
        ecr.describe_repositories(repositoryNames=[name])
    digest = put_layer(ecr, name, b"layer")
    [repository] = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    [layer] = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest])["layers"]
    assert layer["layerAvailability"] == "AVAILABLE"
    ecr.delete_repository_creation_template(prefix=fresh)
    assert ecr.describe_repositories(repositoryNames=[name])["repositories"] == [repository]


def test_no_template_for_pushes(ecr: Any, fresh: str) -> None:
    """A template that is applied for other things, or a prefix that only looks alike, makes nothing."""
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["PULL_THROUGH_CACHE", "REPLICATION"])
    for name in (f"{fresh}/app", fresh, f"{fresh}2/app"):
        with no_repository(name):
            ecr.initiate_layer_upload(repositoryName=name)


def test_tags_without_a_role(ecr: Any, fresh: str) -> None:
    """The push fails and says why; with a role it goes through, and the repository has the tags."""
    name, tags = f"{fresh}/app", [{"Key": "team", "Value": "a"}]
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["CREATE_ON_PUSH"], resourceTags=tags)
    reason = "A template with resource tags needs a customRoleArn"
    text = (
        f"The repository with name '{name}' cannot be created from the repository creation template "
        f"with prefix '{fresh}': {reason}"
    )
    with refused("InvalidParameterException", text):
        ecr.initiate_layer_upload(repositoryName=name)
    with no_repository(name):
        ecr.describe_repositories(repositoryNames=[name])
    ecr.update_repository_creation_template(prefix=fresh, customRoleArn=ROLE)
    ecr.initiate_layer_upload(repositoryName=name)
    arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == tags


def test_pushes_at_the_same_time(ecr: Any, fresh: str) -> None:
    """Sixteen uploads to one new name, through two workers: all start, in one repository."""
    name = f"{fresh}/app"
    ecr.create_repository_creation_template(prefix=fresh, appliedFor=["CREATE_ON_PUSH"])
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait(10)
        upload: str = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
        return upload

    with ThreadPoolExecutor(8) as threads:
        uploads = list(threads.map(start, range(16)))
    assert len(set(uploads)) == 16
    for upload in uploads:
        put_part(ecr, name, upload, 0, b"part")
