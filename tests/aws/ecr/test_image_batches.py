"""BatchGetImage and BatchDeleteImage, asked by boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, method, no_repository, plain, refused
from tests.aws.ecr.putting import MIB, OCI_MANIFEST, put_image, put_layer
from tests.factories import a_manifest, an_index

from entrepot.domain import digests
from entrepot.domain.manifests import DOCKER_MANIFEST

NOWHERE = "sha256:" + "0" * 64
NOT_FOUND = ("ImageNotFound", "Requested image not found")
NOTHING_NAMED = ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
NO_DIGEST = (
    "InvalidImageDigest",
    "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
)
NO_TAG = (
    "InvalidImageTag",
    "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'",
)
DISAGREE = ("ImageTagDoesNotMatchDigest", "The specified tag does not match the digest")
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
OPERATIONS = ["BatchGetImage", "BatchDeleteImage"]


def failure(image_id: dict[str, str], why: tuple[str, str]) -> dict[str, Any]:
    return {"imageId": image_id, "failureCode": why[0], "failureReason": why[1]}


def ids_in(ecr: Any, repository: str) -> set[tuple[str, str | None]]:
    """All that ListImages lists."""
    found = ecr.list_images(repositoryName=repository)["imageIds"]
    return {(each["imageDigest"], each.get("imageTag")) for each in found}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_failures(ecr: Any, repository: str, operation: str) -> None:
    """What cannot be had of a batch is listed with its reason, and does not keep the rest from being had."""
    first, second = put_image(ecr, repository, "1"), put_image(ecr, repository, "2", number=1)
    wanted: list[tuple[dict[str, str], tuple[str, str] | None]] = [
        ({"imageTag": "none"}, NOT_FOUND),
        ({"imageDigest": NOWHERE}, NOT_FOUND),
        ({"imageDigest": NOWHERE, "imageTag": "none"}, NOT_FOUND),
        ({}, NOTHING_NAMED),
        ({"imageDigest": "nonsense"}, NO_DIGEST),
        ({"imageDigest": "", "imageTag": "1"}, NO_DIGEST),
        ({"imageTag": "a+b"}, NO_TAG),
        ({"imageTag": "x" * 129}, NO_TAG),
        ({"imageDigest": first.digest, "imageTag": "2"}, DISAGREE),
        ({"imageDigest": second.digest}, None),
    ]
    answer = method(ecr, operation)(repositoryName=repository, imageIds=[image_id for image_id, _ in wanted])
    assert answer["failures"] == [failure(image_id, why) for image_id, why in wanted if why]
    if operation == "BatchGetImage":
        assert [each["imageId"] for each in answer["images"]] == [{"imageDigest": second.digest}]
    else:
        assert answer["imageIds"] == [{"imageDigest": second.digest, "imageTag": "2"}]
        assert ids_in(ecr, repository) == {(first.digest, "1")}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_limits(raw: Any, repository: str, operation: str) -> None:
    """1 to 100 images, a tag of 1 to 300 characters."""
    call = method(raw, operation)
    ids = [{"imageTag": str(number)} for number in range(101)]
    assert len(call(repositoryName=repository, imageIds=ids[:100])["failures"]) == 100
    with invalid("imageIds", "Member must have length less than or equal to 100"):
        call(repositoryName=repository, imageIds=ids)
    with invalid("imageIds", "Member must have length greater than or equal to 1"):
        call(repositoryName=repository, imageIds=[])
    with invalid("imageIds", "Member must not be null"):
        call(repositoryName=repository)
    for tag, text in (("", "greater than or equal to 1"), ("x" * 301, "less than or equal to 300")):
        with invalid("imageIds", f"Member must satisfy constraint: [Member must have length {text}]"):
            call(repositoryName=repository, imageIds=[{"imageTag": tag}])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whose_repository(ecr: Any, repository: str, operation: str) -> None:
    """The repository has to be there, in the caller's own registry."""
    call, ids = method(ecr, operation), [{"imageTag": "1"}]
    with no_repository(f"{repository}/none"):
        call(repositoryName=f"{repository}/none", imageIds=ids)
    with denied(operation, f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"):
        call(registryId=OTHER_ACCOUNT, repositoryName=repository, imageIds=ids)


# --- BatchGetImage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_get(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """Each image with all of its members, in the order asked; the identifier has the tag that was asked for."""
    first, second = put_image(ecr, repository, "1", "one"), put_image(ecr, repository, "2", number=1)
    asked = [
        ({"imageTag": "2"}, second, {"imageTag": "2"}),
        ({"imageDigest": first.digest}, first, {}),
        ({"imageDigest": first.digest, "imageTag": "one"}, first, {"imageTag": "one"}),
    ]
    answer = ecr.batch_get_image(repositoryName=repository, imageIds=[each[0] for each in asked], **registry)
    assert plain(answer) == {
        "images": [
            {
                "registryId": ACCOUNT,
                "repositoryName": repository,
                "imageId": {"imageDigest": image.digest, **tag},
                "imageManifest": image.manifest,
                "imageManifestMediaType": OCI_MANIFEST,
            }
            for _, image, tag in asked
        ],
        "failures": [],
    }


def test_get_twice(ecr: Any, repository: str) -> None:
    """An identifier that comes twice is answered once."""
    put_image(ecr, repository, "1")
    ids = [{"imageTag": "1"}, {"imageTag": "1"}, {"imageTag": "none"}, {"imageTag": "none"}]
    answer = ecr.batch_get_image(repositoryName=repository, imageIds=ids)
    assert (len(answer["images"]), len(answer["failures"])) == (1, 1)


def test_accepted_media_types(raw: Any, repository: str) -> None:
    """By tag the image comes in an accepted format or not at all, by digest as it was put; 1 to 100 are taken."""
    image = put_image(raw, repository, "1")

    def got(accepted: str, **image_id: str) -> dict[str, Any]:
        answer = raw.batch_get_image(repositoryName=repository, imageIds=[image_id], acceptedMediaTypes=[accepted])
        assert answer["images"] or answer["failures"] == [failure(image_id, NOT_FOUND)]
        return {name: value for each in answer["images"] for name, value in each.items() if name.startswith("image")}

    stored = {"imageManifest": image.manifest, "imageManifestMediaType": OCI_MANIFEST}
    tagged = {"imageId": {"imageDigest": image.digest, "imageTag": "1"}}
    assert got(OCI_MANIFEST, imageTag="1") == stored | tagged
    assert got(SCHEMA_1, imageTag="1") == {}
    assert got(SCHEMA_1, imageDigest=image.digest) == stored | {"imageId": {"imageDigest": image.digest}}
    assert got(SCHEMA_1, imageDigest=image.digest, imageTag="1") == stored | tagged
    docker = got(DOCKER_MANIFEST, imageTag="1")
    manifest = json.loads(docker.pop("imageManifest"))
    assert docker == tagged | {"imageManifestMediaType": DOCKER_MANIFEST}
    assert (manifest["mediaType"], manifest["config"]["digest"]) == (DOCKER_MANIFEST, digests.of(image.config))
    assert [layer["mediaType"] for layer in manifest["layers"]] == ["application/vnd.docker.image.rootfs.diff.tar.gzip"]
    for count, text in ((0, "greater than or equal to 1"), (101, "less than or equal to 100")):
        with invalid("acceptedMediaTypes", f"Member must have length {text}"):
            raw.batch_get_image(
                repositoryName=repository, imageIds=[{"imageTag": "1"}], acceptedMediaTypes=["a/b"] * count
            )


def test_get_more_than_memory_should_hold(ecr: Any, repository: str) -> None:
    """A batch answers at most 64 MiB of manifests."""
    put_layer(ecr, repository, b"{}")
    for number in range(17):
        manifest = a_manifest(annotations={"number": str(number)}).decode()
        largest = manifest + " " * (4 * MIB - len(manifest))
        ecr.put_image(repositoryName=repository, imageManifest=largest, imageTag=str(number))
    ids = [{"imageTag": str(number)} for number in range(17)]
    assert len(ecr.batch_get_image(repositoryName=repository, imageIds=ids[:16])["images"]) == 16
    with refused("LimitExceededException", "The manifests of the batch have more than 67108864 bytes."):
        ecr.batch_get_image(repositoryName=repository, imageIds=ids)


# --- BatchDeleteImage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_delete_by_tag(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """Only the tag goes; with the last tag the image goes."""
    image = put_image(ecr, repository, "1", "2", "3")

    def delete(**image_id: str) -> Any:
        return plain(ecr.batch_delete_image(repositoryName=repository, imageIds=[image_id], **registry))

    gone = [{"imageDigest": image.digest, "imageTag": "1"}]
    assert delete(imageTag="1") == {"imageIds": gone, "failures": []}
    gone = [{"imageDigest": image.digest, "imageTag": "2"}]
    assert delete(imageTag="2", imageDigest=image.digest) == {"imageIds": gone, "failures": []}
    assert ids_in(ecr, repository) == {(image.digest, "3")}
    gone = [{"imageDigest": image.digest, "imageTag": "3"}]
    assert delete(imageTag="3") == {"imageIds": gone, "failures": []}
    assert ids_in(ecr, repository) == set()
    assert delete(imageTag="3")["failures"] == [failure({"imageTag": "3"}, NOT_FOUND)]


def test_delete_by_digest(ecr: Any, repository: str) -> None:
    """The image goes with all of its tags, and the answer names each."""
    image, untagged = put_image(ecr, repository, "b", "a"), put_image(ecr, repository, number=1)
    ids = [{"imageDigest": image.digest}, {"imageDigest": untagged.digest}]
    answer = plain(ecr.batch_delete_image(repositoryName=repository, imageIds=ids))
    tagged = [{"imageDigest": image.digest, "imageTag": tag} for tag in "ab"]
    assert answer == {"imageIds": [*tagged, {"imageDigest": untagged.digest}], "failures": []}
    assert ids_in(ecr, repository) == set()


def test_delete_twice(ecr: Any, repository: str) -> None:
    """What a batch has deleted, the rest of it does not find."""
    image = put_image(ecr, repository, "1")
    ids = [{"imageDigest": image.digest}, {"imageDigest": image.digest}, {"imageTag": "1"}]
    answer = ecr.batch_delete_image(repositoryName=repository, imageIds=ids)
    assert answer["imageIds"] == [{"imageDigest": image.digest, "imageTag": "1"}]
    assert answer["failures"] == [failure({"imageTag": "1"}, NOT_FOUND)]


def test_delete_what_an_index_names(ecr: Any, repository: str) -> None:
    """An image stays while an index names it; the index goes and leaves its images, which can go then."""
    image, other = put_image(ecr, repository, "1", "one"), put_image(ecr, repository, number=1)
    index = an_index(image.manifest.encode(), other.manifest.encode()).decode()
    ecr.put_image(repositoryName=repository, imageManifest=index, imageTag="multi")
    digest = digests.of(index.encode())
    why = ("ImageReferencedByManifestList", f"Requested image referenced by manifest list: [{digest}]")
    ids = [{"imageDigest": image.digest}, {"imageDigest": other.digest}, {"imageTag": "one"}, {"imageTag": "1"}]
    answer = ecr.batch_delete_image(repositoryName=repository, imageIds=ids)
    assert answer["imageIds"] == [{"imageDigest": image.digest, "imageTag": "one"}]
    assert answer["failures"] == [failure(ids[0], why), failure(ids[1], why), failure(ids[3], why)]
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "multi"}])
    assert ids_in(ecr, repository) == {(image.digest, "1"), (other.digest, None)}
    assert ecr.batch_delete_image(repositoryName=repository, imageIds=ids[:2])["failures"] == []
