"""Lifecycle policies and their previews, asked by boto3."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, no_repository, plain, refused
from tests.aws.ecr.putting import put_image
from tests.domain.lifecycle_worlds import a_rule, a_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

START = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE = a_text(a_rule(1, "any", more_than=1))


def no_policy(repository: str) -> AbstractContextManager[None]:
    """Expect that there is no policy."""
    return refused(
        "LifecyclePolicyNotFoundException",
        f"Lifecycle policy does not exist for the repository with name '{repository}' "
        f"in the registry with id '{ACCOUNT}'",
    )


def complete(ecr: Any, repository: str, **how: Any) -> Any:
    """The preview, once it is complete."""
    waiter = ecr.get_waiter("lifecycle_policy_preview_complete")
    waiter.wait(repositoryName=repository, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return plain(ecr.get_lifecycle_policy_preview(repositoryName=repository, **how))


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_put_get_delete(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """A policy comes back as it was written, was never evaluated, and is gone after its deletion."""
    text = json.dumps(json.loads(ONE), indent=3) + "\n"
    named = {"registryId": ACCOUNT, "repositoryName": repository}
    call = {"repositoryName": repository, **registry}
    with no_policy(repository):
        ecr.get_lifecycle_policy(**call)
    assert plain(ecr.put_lifecycle_policy(lifecyclePolicyText=text, **call)) == named | {"lifecyclePolicyText": text}
    expected = named | {"lifecyclePolicyText": text, "lastEvaluatedAt": EPOCH}
    assert plain(ecr.get_lifecycle_policy(**call)) == expected
    assert plain(ecr.delete_lifecycle_policy(**call)) == expected
    with no_policy(repository):
        ecr.delete_lifecycle_policy(**call)
    with no_policy(repository):
        ecr.start_lifecycle_policy_preview(**call)


def test_no_repository(ecr: Any, fresh: str) -> None:
    """Every operation says that the repository is missing."""
    for call, more in (
        (ecr.put_lifecycle_policy, {"lifecyclePolicyText": ONE}),
        (ecr.get_lifecycle_policy, {}),
        (ecr.delete_lifecycle_policy, {}),
        (ecr.start_lifecycle_policy_preview, {"lifecyclePolicyText": ONE}),
        (ecr.get_lifecycle_policy_preview, {}),
    ):
        with no_repository(fresh):
            call(repositoryName=fresh, **more)


REFUSED = [
    (" " * 100, "Could not map policyString into LifecyclePolicy.' The text is not JSON."),
    (
        json.dumps({"rules": []}, indent=100),
        "array is too short: must have at least 1 elements but instance has 0 elements'",
    ),
    (
        a_text(a_rule(1, "any", more_than=10), a_rule(2, "untagged", pushed=1)),
        (
            "Rule for tagStatus=ANY must have the lowest priority per storage class' "
            "Give that rule a rulePriority above 2, the highest beside it, instead of 1."
        ),
    ),
    (
        a_text(a_rule(1, "tagged", more_than=10)),
        (
            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.' "
            'Rule 1: write "tagPatternList": ["*"] for every tagged image.'
        ),
    ),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=["no JSON", "no rules", "any first", "tagged without a list"])
def test_refused(ecr: Any, repository: str, text: str, words: str) -> None:
    """A policy that AWS refuses is refused in its words, by both operations that take one; nothing is kept."""
    for call in (ecr.put_lifecycle_policy, ecr.start_lifecycle_policy_preview):
        with refused("InvalidParameterException", START + words):
            call(repositoryName=repository, lifecyclePolicyText=text)
    with no_policy(repository):
        ecr.get_lifecycle_policy(repositoryName=repository)


@pytest.mark.parametrize("text", ["{" * 30_000, '{"rules":' * 3_000, '{"a":1,' * 4_000, "[" * 30_720])
def test_bombs(ecr: Any, repository: str, text: str) -> None:
    """Depth and length are bounded: the answer is a refusal."""
    with pytest.raises(ecr.exceptions.InvalidParameterException, match="Could not map policyString"):
        ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=text)


@pytest.mark.parametrize("text", ["x" * 99, "x" * 30_721])
def test_lengths(raw: Any, repository: str, text: str) -> None:
    """A text of fewer than 100 or more than 30,720 characters is refused by the model's words."""
    with pytest.raises(raw.exceptions.InvalidParameterException, match="'lifecyclePolicyText' failed to satisfy"):
        raw.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=text)


def test_preview(ecr: Any, repository: str) -> None:
    """A preview is asked for, made within seconds, and lists images with their action, rule and class."""
    with refused("LifecyclePolicyPreviewNotFoundException", "There is no dry run for this repository."):
        ecr.get_lifecycle_policy_preview(repositoryName=repository)
    digests = [put_image(ecr, repository, f"v{number}", number=number).digest for number in range(3)]
    started = ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=ONE)
    named = {"registryId": ACCOUNT, "repositoryName": repository, "lifecyclePolicyText": ONE}
    assert plain(started) == named | {"status": "IN_PROGRESS"}
    answer = complete(ecr, repository)
    results = answer.pop("previewResults")
    assert answer == named | {"status": "COMPLETE", "summary": {"expiringImageTotalCount": 2}}
    assert [result["imageDigest"] for result in results] == sorted(digests[:2])
    pushed = ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digests[0]}])["imageDetails"][0]
    first = next(result for result in results if result["imageDigest"] == digests[0])
    assert first == {
        "imageTags": ["v0"],
        "imageDigest": digests[0],
        "imagePushedAt": pushed["imagePushedAt"],
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": 1,
        "storageClass": "STANDARD",
    }
    with no_policy(repository):
        ecr.get_lifecycle_policy(repositoryName=repository)
    assert len(ecr.list_images(repositoryName=repository)["imageIds"]) == 3


def test_preview_of_the_stored_policy(ecr: Any, repository: str) -> None:
    """Without a text the repository's policy is tried; transitions are counted apart from deletions."""
    put_image(ecr, repository, "old")
    put_image(ecr, repository, "new", number=1)
    text = a_text(a_rule(4, "any", more_than=1, archive=True))
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=text)
    assert ecr.start_lifecycle_policy_preview(repositoryName=repository)["lifecyclePolicyText"] == text
    answer = complete(ecr, repository)
    assert answer["summary"] == {
        "expiringImageTotalCount": 0,
        "transitioningImageTotalCounts": [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 1}],
    }
    (result,) = answer["previewResults"]
    assert result["action"] == {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}


def test_one_preview_at_a_time(ecr: Any, repository: str) -> None:
    """A second one while the first is in progress is refused, if the first is not done already."""
    for _ in range(20):
        ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=ONE)
        try:
            ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=ONE)
        except ecr.exceptions.LifecyclePolicyPreviewInProgressException as error:
            assert error.response["Error"]["Message"] == (  # noqa: PT017
                "The previous lifecycle policy preview request has not completed. Wait and try again."
            )
            return
        complete(ecr, repository)
    pytest.fail("no preview was in progress when the next was asked for")


def test_pages_and_filters(ecr: Any, repository: str) -> None:
    """boto3's paginator finds every image once; ids and tag status choose; ids and pages exclude each other."""
    digests = [
        put_image(ecr, repository, *(["v0"] if number == 0 else []), number=number).digest for number in range(6)
    ]
    ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=ONE)
    complete(ecr, repository)
    pages = ecr.get_paginator("get_lifecycle_policy_preview").paginate(
        repositoryName=repository, PaginationConfig={"PageSize": 2}
    )
    found = [result["imageDigest"] for page in pages for result in page["previewResults"]]
    assert found == sorted(digests[:5])

    def shown(**how: Any) -> list[str]:
        results = ecr.get_lifecycle_policy_preview(repositoryName=repository, **how)["previewResults"]
        return [result["imageDigest"] for result in results]

    assert shown(filter={"tagStatus": "TAGGED"}) == digests[:1]
    assert shown(filter={"tagStatus": "UNTAGGED"}) == sorted(digests[1:5])
    assert shown(filter={"tagStatus": "ANY"}) == found
    assert shown(imageIds=[{"imageTag": "v0"}, {"imageDigest": digests[5]}]) == digests[:1]
    for more in ({"maxResults": 1}, {"nextToken": "x"}):
        with pytest.raises(ecr.exceptions.InvalidParameterException):
            shown(imageIds=[{"imageTag": "v0"}], **more)
    with pytest.raises(ecr.exceptions.InvalidParameterException, match="nextToken"):
        shown(nextToken="x")
    with pytest.raises(ecr.exceptions.InvalidParameterException, match="maxResults"):
        shown(maxResults=101)
