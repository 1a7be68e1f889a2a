"""PutImageTagMutability, PutImageScanningConfiguration, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain

FILTERS = "imageTagMutabilityExclusionFilters"
FILTER = "^[0-9a-zA-Z._*-]{1,128}$"
SETTINGS = "IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION"


def wildcards(*texts: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": text} for text in texts]


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_mutability(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """The setting is answered and shown; filters are replaced, and go with the setting that had them."""

    def put(setting: str, *filters: str) -> None:
        given = {FILTERS: wildcards(*filters)} if filters else {}
        answer = plain(
            ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability=setting, **registry, **given)
        )
        kept = {"imageTagMutability": setting, **given}
        assert answer == {"registryId": ACCOUNT, "repositoryName": repository, **kept}
        [shown] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
        assert {name: shown[name] for name in ("imageTagMutability", FILTERS) if name in shown} == kept

    put("IMMUTABLE")
    put("IMMUTABLE_WITH_EXCLUSION", "latest", "dev-*")
    put("MUTABLE_WITH_EXCLUSION", "*", "1", "2", "3", "4")
    put("MUTABLE")


@pytest.mark.parametrize("setting", ["IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"])
def test_exclusion_needs_filters(raw: Any, repository: str, setting: str) -> None:
    """*_WITH_EXCLUSION takes one to five filters."""

    def put(filters: Any) -> Any:
        return raw.put_image_tag_mutability(repositoryName=repository, imageTagMutability=setting, **filters)

    with invalid(
        FILTERS, f"ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as {setting}"
    ):
        put({})
    with invalid(FILTERS, "Member must have length greater than or equal to 1"):
        put({FILTERS: []})
    with invalid(FILTERS, "Member must have length less than or equal to 5"):
        put({FILTERS: wildcards(*"123456")})
    for count in (1, 5):
        assert len(put({FILTERS: wildcards(*"12345"[:count])})[FILTERS]) == count


@pytest.mark.parametrize("setting", ["IMMUTABLE", "MUTABLE"])
def test_filters_need_exclusion(raw: Any, repository: str, setting: str) -> None:
    """Without it filters are refused."""
    with invalid(
        FILTERS, f"ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as {setting}"
    ):
        raw.put_image_tag_mutability(
            repositoryName=repository, imageTagMutability=setting, **{FILTERS: wildcards("v*")}
        )


@pytest.mark.parametrize(
    ("wildcard", "constraint"),
    [
        ({"filterType": "WILDCARD", "filter": "a b"}, f"Member must satisfy regular expression pattern: {FILTER}"),
        ({"filterType": "WILDCARD", "filter": ""}, "Member must have length greater than or equal to 1"),
        ({"filterType": "WILDCARD", "filter": "a" * 129}, "Member must have length less than or equal to 128"),
        ({"filterType": "REGEX", "filter": "a"}, "Member must satisfy enum value set: [WILDCARD]"),
        ({"filter": "a"}, "Member must not be null"),
        ({"filterType": "WILDCARD"}, "Member must not be null"),
    ],
)
def test_filters_outside_the_model(raw: Any, repository: str, wildcard: Any, constraint: str) -> None:
    """A filter has a type and 1 to 128 characters of the model's pattern."""
    with invalid(FILTERS, f"Member must satisfy constraint: [{constraint}]"):
        raw.put_image_tag_mutability(
            repositoryName=repository, imageTagMutability="IMMUTABLE_WITH_EXCLUSION", **{FILTERS: [wildcard]}
        )


def test_mutability_outside_the_model(raw: Any, repository: str) -> None:
    """The setting is needed and one of four."""
    with invalid("imageTagMutability", f"Member must satisfy enum value set: [{SETTINGS}]"):
        raw.put_image_tag_mutability(repositoryName=repository, imageTagMutability="immutable")
    with invalid("imageTagMutability", "Member must not be null"):
        raw.put_image_tag_mutability(repositoryName=repository)


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_scanning(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """What is set is kept and shown; an empty configuration means false, as Terraform sends it."""
    for given, kept in (
        ({"scanOnPush": True}, True),
        ({}, False),
        ({"scanOnPush": True}, True),
        ({"scanOnPush": False}, False),
    ):
        answer = ecr.put_image_scanning_configuration(
            repositoryName=repository, imageScanningConfiguration=given, **registry
        )
        shown = {"scanOnPush": kept}
        assert plain(answer) == {
            "registryId": ACCOUNT,
            "repositoryName": repository,
            "imageScanningConfiguration": shown,
        }
        [described] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
        assert described["imageScanningConfiguration"] == shown


def test_scanning_is_needed(raw: Any, repository: str) -> None:
    """The configuration has to be given."""
    with invalid("imageScanningConfiguration", "Member must not be null"):
        raw.put_image_scanning_configuration(repositoryName=repository)


def test_no_repository(ecr: Any, fresh: str) -> None:
    """Nothing is set for a repository that is not there."""
    with no_repository(fresh):
        ecr.put_image_tag_mutability(repositoryName=fresh, imageTagMutability="IMMUTABLE")
    with no_repository(fresh):
        ecr.put_image_scanning_configuration(repositoryName=fresh, imageScanningConfiguration={"scanOnPush": True})


def test_another_account(ecr: Any, repository: str) -> None:
    """Nothing is set in another account's registry."""
    theirs = {"registryId": OTHER_ACCOUNT, "repositoryName": repository}
    arn = f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"
    with denied("PutImageTagMutability", arn):
        ecr.put_image_tag_mutability(imageTagMutability="IMMUTABLE", **theirs)
    with denied("PutImageScanningConfiguration", arn):
        ecr.put_image_scanning_configuration(imageScanningConfiguration={"scanOnPush": True}, **theirs)
