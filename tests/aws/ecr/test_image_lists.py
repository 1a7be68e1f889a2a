"""ListImages and DescribeImages, asked by boto3."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused
from tests.aws.ecr.putting import OCI_MANIFEST, put_image, put_layer
from tests.factories import CONFIG_TYPE, a_manifest

from entrepot.domain import digests

if TYPE_CHECKING:
    from tests.clients.serving import Server

NOWHERE = "sha256:" + "0" * 64
STATUSES = "Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]"


def not_found(digest: str, tag: str, repository: str) -> Any:
    """Expect that the image is not there."""
    return refused(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist "
        f"within the repository with name '{repository}' in the registry with id '{ACCOUNT}'",
    )


# --- DescribeImages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_describe(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """An image has all of its members, its tags by name, and no list of tags when it has none."""
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    tagged, untagged = put_image(ecr, repository, "b", "a", "C"), put_image(ecr, repository, number=10)
    after = datetime.now(UTC)
    answer = plain(ecr.describe_images(repositoryName=repository, **registry))
    shown = {each["imageDigest"]: each for each in answer.pop("imageDetails")}
    assert answer == {}
    assert list(shown) == sorted([tagged.digest, untagged.digest])
    for image, tags in ((tagged, {"imageTags": ["C", "a", "b"]}), (untagged, {})):
        detail = shown[image.digest]
        assert before <= detail["imagePushedAt"] <= after
        assert detail == {
            "registryId": ACCOUNT,
            "repositoryName": repository,
            "imageDigest": image.digest,
            "imageSizeInBytes": len(image.layer) + len(image.config),
            "imagePushedAt": detail["imagePushedAt"],
            "imageManifestMediaType": OCI_MANIFEST,
            "artifactMediaType": CONFIG_TYPE,
            "imageStatus": "ACTIVE",
            **tags,
        }


def test_artifact(ecr: Any, repository: str) -> None:
    """An artifact shows its type, and what it is about."""
    image = put_image(ecr, repository)
    subject = {"mediaType": OCI_MANIFEST, "digest": image.digest, "size": len(image.manifest)}
    manifest = a_manifest(image.layer, config=image.config, artifactType="text/x-note", subject=subject).decode()
    ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="note")
    [shown] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "note"}])["imageDetails"]
    assert (shown["artifactMediaType"], shown["subjectManifestDigest"]) == ("text/x-note", image.digest)


def test_describe_named(ecr: Any, repository: str) -> None:
    """Images by digest, by tag or by both, each once, in the order in which they were named."""
    first, second = put_image(ecr, repository, "1", "one"), put_image(ecr, repository, "2", number=1)
    wanted = [{"imageTag": "2"}, {"imageTag": "1"}, {"imageDigest": first.digest}, {"imageTag": "one"}]
    shown = ecr.describe_images(repositoryName=repository, imageIds=wanted)["imageDetails"]
    assert [each["imageDigest"] for each in shown] == [second.digest, first.digest]
    by_digest = [{"imageDigest": first.digest}]
    for tag_status, count in (("TAGGED", 1), ("UNTAGGED", 0)):
        narrowed = ecr.describe_images(repositoryName=repository, imageIds=by_digest, filter={"tagStatus": tag_status})
        assert len(narrowed["imageDetails"]) == count
    both = [{"imageDigest": first.digest, "imageTag": "one"}]
    [shown] = ecr.describe_images(repositoryName=repository, imageIds=both)["imageDetails"]
    assert shown["imageTags"] == ["1", "one"]


def test_describe_unknown(ecr: Any, repository: str) -> None:
    """One image that is not there fails the call, and is named with what was said of it."""
    image, other = put_image(ecr, repository, "1"), put_image(ecr, repository, "2", number=1)
    for digest, tag in (
        (NOWHERE, None),
        (None, "none"),
        (image.digest, "none"),
        (image.digest, "2"),
        (NOWHERE, "1"),
        (None, None),
        ("nonsense", None),
    ):
        wanted = {} if digest is None else {"imageDigest": digest}
        wanted |= {} if tag is None else {"imageTag": tag}
        with not_found(digest or "null", tag or "null", repository):
            ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": other.digest}, wanted])


def test_pulled(ecr: Any, repository: str, server: Server) -> None:
    """An image shows when it was last pulled, over the API and over /v2."""
    over_api, over_v2 = put_image(ecr, repository, "api"), put_image(ecr, repository, "v2", number=1)
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "api"}])["images"]
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    url = f"http://{server.host}/v2/{repository}/manifests/v2"
    asked = urllib.request.Request(url, headers={"Authorization": f"Basic {token}", "Accept": OCI_MANIFEST})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30) as answer:
        assert answer.read() == over_v2.manifest.encode()
    pulled: dict[str, datetime] = {}
    deadline = time.monotonic() + 30
    while len(pulled) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        shown = ecr.describe_images(repositoryName=repository)["imageDetails"]
        pulled = {each["imageDigest"]: each["lastRecordedPullTime"] for each in shown if "lastRecordedPullTime" in each}
    assert set(pulled) == {over_api.digest, over_v2.digest}
    assert all(before <= each <= datetime.now(UTC) for each in pulled.values())


# --- ListImages and filters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_list(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """One identifier for each tag, one without a tag for an untagged image."""
    tagged, untagged = put_image(ecr, repository, "b", "a"), put_image(ecr, repository, number=1)
    ids = [{"imageDigest": tagged.digest, "imageTag": tag} for tag in "ab"]
    expected = sorted([*ids, {"imageDigest": untagged.digest}], key=lambda each: each["imageDigest"])
    assert plain(ecr.list_images(repositoryName=repository, **registry)) == {"imageIds": expected}


def test_filters(ecr: Any, repository: str) -> None:
    """By tag, and by status: every image here is active."""
    tagged, untagged = put_image(ecr, repository, "1"), put_image(ecr, repository, number=1)
    both = {tagged.digest, untagged.digest}
    for wanted, found in (
        ({}, both),
        ({"tagStatus": "ANY"}, both),
        ({"tagStatus": "TAGGED"}, {tagged.digest}),
        ({"tagStatus": "UNTAGGED"}, {untagged.digest}),
        ({"imageStatus": "ACTIVE"}, both),
        ({"imageStatus": "ANY", "tagStatus": "TAGGED"}, {tagged.digest}),
        ({"imageStatus": "ARCHIVED"}, set()),
        ({"imageStatus": "ACTIVATING", "tagStatus": "ANY"}, set()),
    ):
        listed = ecr.list_images(repositoryName=repository, filter=wanted)
        assert {each["imageDigest"] for each in listed["imageIds"]} == found
        described = ecr.describe_images(repositoryName=repository, filter=wanted)
        assert {each["imageDigest"] for each in described["imageDetails"]} == found
        for call in (ecr.list_images, ecr.describe_images):
            one = call(repositoryName=repository, filter=wanted, maxResults=1)
            assert ("nextToken" in one) == (len(found) > 1)


def test_limits(raw: Any, repository: str) -> None:
    """A page has 1 to 1000 entries, imageIds are 1 to 100, filters are the model's."""
    image = put_image(raw, repository, "1")
    lists = (raw.list_images, raw.describe_images)
    for call in lists:
        assert plain(call(repositoryName=repository, maxResults=1))
        assert plain(call(repositoryName=repository, maxResults=1000))
        with invalid("maxResults", "Member must have value greater than or equal to 1"):
            call(repositoryName=repository, maxResults=0)
        with invalid("maxResults", "Member must have value less than or equal to 1000"):
            call(repositoryName=repository, maxResults=1001)
        with invalid("filter.tagStatus", "Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]"):
            call(repositoryName=repository, filter={"tagStatus": "tagged"})
        with invalid("filter.imageStatus", STATUSES):
            call(repositoryName=repository, filter={"imageStatus": "GONE"})
    ids = [{"imageDigest": image.digest}]
    assert raw.describe_images(repositoryName=repository, imageIds=ids * 100)["imageDetails"]
    with invalid("imageIds", "Member must have length less than or equal to 100"):
        raw.describe_images(repositoryName=repository, imageIds=ids * 101)
    with invalid("imageIds", "Member must have length greater than or equal to 1"):
        raw.describe_images(repositoryName=repository, imageIds=[])
    with invalid("maxResults", "maxResults cannot be used with imageIds"):
        raw.describe_images(repositoryName=repository, imageIds=ids, maxResults=1)
    with invalid("nextToken", "nextToken cannot be used with imageIds"):
        raw.describe_images(repositoryName=repository, imageIds=ids, nextToken="x")


def test_whose_repository(ecr: Any, repository: str) -> None:
    """The repository has to be there, in the caller's own registry."""
    arn = f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"
    for operation, call in (("ListImages", ecr.list_images), ("DescribeImages", ecr.describe_images)):
        with no_repository(f"{repository}/none"):
            call(repositoryName=f"{repository}/none")
        with denied(operation, arn):
            call(registryId=OTHER_ACCOUNT, repositoryName=repository)


# --- pages -----------------------------------------------------------------------------------------------------


def put_many(ecr: Any, repository: str, count: int) -> set[tuple[str, str | None]]:
    """Put images that share their blobs, every fifth without a tag, one with three; all (digest, tag)."""
    put_layer(ecr, repository, b"{}")
    expected: set[tuple[str, str | None]] = set()
    for number in range(count):
        manifest = a_manifest(annotations={"number": str(number)}).decode()
        tags: list[str | None] = [None] if number % 5 == 0 else [f"t{number}"]
        tags += ["x", "y"] if number == 1 else []
        for tag in tags:
            named = {} if tag is None else {"imageTag": tag}
            ecr.put_image(repositoryName=repository, imageManifest=manifest, **named)
            expected.add((digests.of(manifest.encode()), tag))
    return expected


def test_pages(ecr: Any, repository: str) -> None:
    """boto3's paginators bring 250 images, each once; a token is good for its own list only."""
    expected = put_many(ecr, repository, 250)
    for size, filters in ((None, {}), (7, {}), (100, {"tagStatus": "TAGGED"}), (49, {"tagStatus": "UNTAGGED"})):
        wanted = {pair for pair in expected if not filters or (pair[1] is None) == (filters["tagStatus"] == "UNTAGGED")}
        how = {"repositoryName": repository, "filter": filters, "PaginationConfig": {"PageSize": size}}
        listed = [page["imageIds"] for page in ecr.get_paginator("list_images").paginate(**how)]
        assert all(len(page) == (size or 100) for page in listed[:-1])
        pairs = [(each["imageDigest"], each.get("imageTag")) for page in listed for each in page]
        assert len(pairs) == len(wanted)
        assert set(pairs) == wanted
        described = [page["imageDetails"] for page in ecr.get_paginator("describe_images").paginate(**how)]
        assert all(len(page) == (size or 100) for page in described[:-1])
        images = [each for page in described for each in page]
        assert {(each["imageDigest"], tag) for each in images for tag in each.get("imageTags", [None])} == wanted
        assert len(images) == len({digest for digest, _ in wanted})
    _check_tokens(ecr, repository)


def _check_tokens(ecr: Any, repository: str) -> None:
    ecr.create_repository(repositoryName=f"{repository}/2")
    put_many(ecr, f"{repository}/2", 3)
    lists = (ecr.list_images, ecr.describe_images)
    for call, other in (lists, lists[::-1]):
        token = call(repositoryName=repository, maxResults=2)["nextToken"]
        assert call(repositoryName=repository, nextToken=token)
        places = range(0, len(token) - 4, 5)
        flipped = [f"{token[:at]}{'B' if token[at] == 'A' else 'A'}{token[at + 1 :]}" for at in places]
        for altered in (*flipped, token[:-5], "x" + token, token[::-1], "", json.dumps(token), "x" * 5000):
            with invalid("nextToken", "Invalid token"):
                call(repositoryName=repository, nextToken=altered)
        with invalid("nextToken", "Invalid token"):
            call(repositoryName=f"{repository}/2", nextToken=token)
        with invalid("nextToken", "Invalid token"):
            call(repositoryName=repository, nextToken=token, filter={"tagStatus": "TAGGED"})
        with invalid("nextToken", "Invalid token"):
            other(repositoryName=repository, nextToken=token)
        with invalid("nextToken", "Invalid token"):
            ecr.describe_repositories(nextToken=token)


def test_pages_while_images_go(ecr: Any, repository: str) -> None:
    """A page continues where the last ended, also when that image is gone."""
    expected = {digest for digest, _ in put_many(ecr, repository, 6)}
    first = ecr.describe_images(repositoryName=repository, maxResults=3)
    gone = [{"imageDigest": each["imageDigest"]} for each in first["imageDetails"]]
    ecr.batch_delete_image(repositoryName=repository, imageIds=gone)
    rest = ecr.describe_images(repositoryName=repository, maxResults=3, nextToken=first["nextToken"])
    assert "nextToken" not in rest
    assert {each["imageDigest"] for each in first["imageDetails"] + rest["imageDetails"]} == expected
