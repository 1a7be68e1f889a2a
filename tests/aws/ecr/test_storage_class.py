"""UpdateImageStorageClass and what the other operations say of archived images, asked by boto3."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused
from tests.aws.ecr.putting import put_image
from tests.factories import a_manifest, an_index

from entrepot.domain import digests

NOWHERE = "sha256:" + "0" * 64
CODE = "ImageStorageClassUpdateNotSupportedException"
REFUSAL = "The requested image storage class update is not supported."


def move(ecr: Any, repository: str, target: str, **image_id: str) -> Any:
    return ecr.update_image_storage_class(repositoryName=repository, imageId=image_id, targetStorageClass=target)


def detail(ecr: Any, repository: str, **image_id: str) -> Any:
    [found] = ecr.describe_images(repositoryName=repository, imageIds=[image_id])["imageDetails"]
    return found


def wait_for(ecr: Any, repository: str, digest: str, status: str) -> Any:
    """The image once it has that status: the job looks every 30 seconds."""
    end = time.monotonic() + 50
    while (found := detail(ecr, repository, imageDigest=digest))["imageStatus"] != status:
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


@pytest.mark.parametrize("named", ["digest", "tag", "both"])
def test_archive(ecr: Any, repository: str, named: str) -> None:
    """Archived at once, whichever way the image is named; the answer has its digest, and the tag that was asked by."""
    image = put_image(ecr, repository, "1")
    parts = {"imageDigest": image.digest, "imageTag": "1"}
    asked = {name: value for name, value in parts.items() if named in ("both", name.removeprefix("image").lower())}
    assert plain(move(ecr, repository, "ARCHIVE", **asked)) == {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageId": {"imageDigest": image.digest, **asked},
        "imageStatus": "ARCHIVED",
    }
    found = detail(ecr, repository, imageTag="1")
    assert found["imageStatus"] == "ARCHIVED"
    assert found["lastArchivedAt"] >= found["imagePushedAt"]
    assert "lastActivatedAt" not in found


def test_restore(ecr: Any, repository: str) -> None:
    """ACTIVATING first, then ACTIVE by itself, with the time of it; a push restores at once."""
    image = put_image(ecr, repository, "1")
    move(ecr, repository, "ARCHIVE", imageTag="1")
    assert move(ecr, repository, "STANDARD", imageTag="1")["imageStatus"] == "ACTIVATING"
    assert "lastActivatedAt" not in detail(ecr, repository, imageTag="1")
    found = wait_for(ecr, repository, image.digest, "ACTIVE")
    assert found["lastActivatedAt"] >= found["lastArchivedAt"]
    move(ecr, repository, "ARCHIVE", imageTag="1")
    ecr.put_image(repositoryName=repository, imageManifest=image.manifest, imageTag="1")
    assert detail(ecr, repository, imageTag="1")["imageStatus"] == "ACTIVE"
    with refused(
        "ImageAlreadyExistsException",
        f"Image with digest '{image.digest}' and tag '1' already exists "
        f"in the repository with name '{repository}' in registry with id '{ACCOUNT}'",
    ):
        ecr.put_image(repositoryName=repository, imageManifest=image.manifest, imageTag="1")


def test_what_is_said_of_it(ecr: Any, repository: str) -> None:
    """Lists leave it out unless they are asked, a pull does not find it, its layers are ARCHIVED; it can be deleted."""
    image, other = put_image(ecr, repository, "1"), put_image(ecr, repository, "2", number=1)
    move(ecr, repository, "ARCHIVE", imageTag="1")
    for status, expected in (
        (None, {other.digest}),
        ("ACTIVE", {other.digest}),
        ("ARCHIVED", {image.digest}),
        ("ACTIVATING", set()),
        ("ANY", {image.digest, other.digest}),
    ):
        how = {"repositoryName": repository, **({"filter": {"imageStatus": status}} if status else {})}
        assert {each["imageDigest"] for each in ecr.list_images(**how)["imageIds"]} == expected
        assert {each["imageDigest"] for each in ecr.describe_images(**how)["imageDetails"]} == expected
    both = [{"imageTag": "1"}, {"imageTag": "2"}]
    got = ecr.batch_get_image(repositoryName=repository, imageIds=both)
    assert [each["imageId"]["imageTag"] for each in got["images"]] == ["2"]
    assert [each["failureCode"] for each in got["failures"]] == ["ImageNotFound"]
    layer = digests.of(image.layer)
    [told] = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[layer])["layers"]
    assert (told["layerAvailability"], told["layerSize"]) == ("ARCHIVED", len(image.layer))
    text = "The specified layer is not available because the images that it is associated with are archived."
    with refused("LayerInaccessibleException", text):
        ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=layer)
    gone = ecr.batch_delete_image(repositoryName=repository, imageIds=both[:1])
    assert (gone["imageIds"], gone["failures"]) == ([{"imageDigest": image.digest, "imageTag": "1"}], [])


def test_named_images_of_a_status(ecr: Any, repository: str) -> None:
    """Images that are named are described in any status, or in the one that the filter asks for."""
    image = put_image(ecr, repository, "1")
    move(ecr, repository, "ARCHIVE", imageTag="1")
    for status, count in (("ANY", 1), ("ARCHIVED", 1), ("ACTIVE", 0)):
        found = ecr.describe_images(
            repositoryName=repository, imageIds=[{"imageDigest": image.digest}], filter={"imageStatus": status}
        )
        assert len(found["imageDetails"]) == count


def test_not_supported(ecr: Any, repository: str) -> None:
    """The wrong state, and a child of an active index."""
    image = put_image(ecr, repository, "1")
    with refused(CODE, f"{REFUSAL} The image is ACTIVE, not ARCHIVED."):
        move(ecr, repository, "STANDARD", imageTag="1")
    index = an_index(image.manifest.encode()).decode()
    ecr.put_image(repositoryName=repository, imageManifest=index, imageTag="all")
    named = digests.of(index.encode())
    with refused(CODE, f"{REFUSAL} The image is referenced by active manifest lists: [{named}]"):
        move(ecr, repository, "ARCHIVE", imageTag="1")
    move(ecr, repository, "ARCHIVE", imageTag="all")
    move(ecr, repository, "ARCHIVE", imageTag="1")
    with refused(CODE, f"{REFUSAL} The image is ARCHIVED, not ACTIVE."):
        move(ecr, repository, "ARCHIVE", imageTag="1")


def test_refusals(ecr: Any, raw: Any, repository: str) -> None:
    """An image or repository that is not there, another account, a storage class that is none."""
    put_image(ecr, repository, "1")
    for image_id, digest, tag in (
        ({"imageTag": "none"}, "null", "none"),
        ({"imageDigest": NOWHERE}, NOWHERE, "null"),
        ({}, "null", "null"),
    ):
        with refused(
            "ImageNotFoundException",
            f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist "
            f"within the repository with name '{repository}' in the registry with id '{ACCOUNT}'",
        ):
            move(ecr, repository, "ARCHIVE", **image_id)
    with no_repository(f"{repository}/none"):
        move(ecr, f"{repository}/none", "ARCHIVE", imageTag="1")
    with denied("UpdateImageStorageClass", f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"):
        ecr.update_image_storage_class(
            registryId=OTHER_ACCOUNT,
            repositoryName=repository,
            imageId={"imageTag": "1"},
            targetStorageClass="ARCHIVE",
        )
    with invalid("targetStorageClass", "Member must satisfy enum value set: [STANDARD, ARCHIVE]"):
        move(raw, repository, "GLACIER", imageTag="1")


def test_protected(ecr: Any, repository: str) -> None:
    """What is protected by resource tags is a failure of BatchDeleteImage, and refuses DeleteRepository."""
    image = put_image(ecr, repository, "release-1")
    arn = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]["repositoryArn"]
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "entrepot:protected-tags", "Value": "release-*"}])
    answer = ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": image.digest}])
    reason = "The image tag 'release-1' is protected by the pattern 'release-*'."
    assert (answer["imageIds"], answer["failures"]) == (
        [],
        [{"imageId": {"imageDigest": image.digest}, "failureCode": "ImageInaccessible", "failureReason": reason}],
    )
    with refused("InvalidParameterException", reason):
        ecr.delete_repository(repositoryName=repository, force=True)
    ecr.untag_resource(resourceArn=arn, tagKeys=["entrepot:protected-tags"])
    ecr.delete_repository(repositoryName=repository, force=True)


def test_sparse_index(ecr: Any, repository: str) -> None:
    """An index of an image in the archive is refused like one of an image that is not there."""
    image = put_image(ecr, repository, "1")
    move(ecr, repository, "ARCHIVE", imageTag="1")
    index = an_index(image.manifest.encode(), a_manifest(b"nowhere")).decode()
    with refused(
        "ReferencedImagesNotFoundException",
        f"Images with digests '[{image.digest}, {digests.of(a_manifest(b'nowhere'))}]' required for pushing image "
        f"into repository with name '{repository}' in the registry with id '{ACCOUNT}' do not exist",
    ):
        ecr.put_image(repositoryName=repository, imageManifest=index)
