"""PutImage, asked by boto3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused
from tests.aws.ecr.putting import OCI_MANIFEST, put_image, put_layer
from tests.factories import a_manifest, an_index

from entrepot.domain import digests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

MANIFEST_BYTES = 4_194_304
OCI_TAG = "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'"
DIGEST = "must satisfy regular expression 'sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}'"


def already(digest: str, tag: str, repository: str) -> AbstractContextManager[None]:
    """Expect that nothing would change."""
    return refused(
        "ImageAlreadyExistsException",
        f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{repository}' "
        f"in registry with id '{ACCOUNT}'",
    )


def immutable(tag: str, repository: str) -> AbstractContextManager[None]:
    """Expect that the tag may not move."""
    return refused(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{repository}' repository "
        "and cannot be overwritten because the tag is immutable.",
    )


def tags_of(ecr: Any, repository: str) -> dict[str, str]:
    """The digest of each tag."""
    found = ecr.list_images(repositoryName=repository, filter={"tagStatus": "TAGGED"})["imageIds"]
    return {each["imageTag"]: each["imageDigest"] for each in found}


@pytest.fixture
def bare(ecr: Any, repository: str) -> str:
    """A manifest that does not say its media type, and whose blobs are in the repository."""
    layer = put_layer(ecr, repository, b"layer")
    config = put_layer(ecr, repository, b"{}")
    assert (layer, config) == (digests.of(b"layer"), digests.of(b"{}"))
    manifest = json.loads(a_manifest(b"layer"))
    del manifest["mediaType"]
    return json.dumps(manifest, indent=3)


def test_put_as_another_type(ecr: Any, repository: str, bare: str) -> None:
    """A manifest that is there keeps its media type under a new tag, whatever the call says; the answer says which."""
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    for media_type, tag in ((OCI_MANIFEST, "one"), (docker, "two")):
        answer = ecr.put_image(
            repositoryName=repository, imageManifest=bare, imageManifestMediaType=media_type, imageTag=tag
        )
        assert answer["image"]["imageManifestMediaType"] == OCI_MANIFEST


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_put(ecr: Any, repository: str, bare: str, registry: dict[str, str]) -> None:
    """The answer has all of its members, and the manifest comes back byte for byte."""
    digest = digests.of(bare.encode())
    image = {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageId": {"imageDigest": digest, "imageTag": "1"},
        "imageManifest": bare,
        "imageManifestMediaType": OCI_MANIFEST,
    }
    answer = ecr.put_image(
        repositoryName=repository,
        imageManifest=bare,
        imageManifestMediaType=OCI_MANIFEST,
        imageTag="1",
        imageDigest=digest,
        **registry,
    )
    assert plain(answer) == {"image": image}
    got = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "1"}], **registry)
    assert plain(got) == {"images": [image], "failures": []}


def test_put_untagged(ecr: Any, repository: str, bare: str) -> None:
    """Without a tag the answer has none."""
    answer = ecr.put_image(repositoryName=repository, imageManifest=bare, imageManifestMediaType=OCI_MANIFEST)
    assert answer["image"]["imageId"] == {"imageDigest": digests.of(bare.encode())}


def test_put_again(ecr: Any, repository: str) -> None:
    """The same digest and tag is refused, another tag for the same digest is not."""
    image = put_image(ecr, repository, "1")
    with already(image.digest, "1", repository):
        ecr.put_image(repositoryName=repository, imageManifest=image.manifest, imageTag="1")
    with already(image.digest, "null", repository):
        ecr.put_image(repositoryName=repository, imageManifest=image.manifest)
    ecr.put_image(repositoryName=repository, imageManifest=image.manifest, imageTag="2")
    assert tags_of(ecr, repository) == {"1": image.digest, "2": image.digest}


def test_put_moves_a_tag(ecr: Any, repository: str) -> None:
    """A tag is on one image, the last one that was put with it."""
    first, second = put_image(ecr, repository, "1"), put_image(ecr, repository, "1", number=1)
    assert tags_of(ecr, repository) == {"1": second.digest}
    [untagged] = ecr.list_images(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert untagged == {"imageDigest": first.digest}


def test_immutable(ecr: Any, repository: str) -> None:
    """An immutable tag stays; a new tag is no problem, and a deleted one can be used again."""
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    first = put_image(ecr, repository, "1")
    with immutable("1", repository):
        put_image(ecr, repository, "1", number=1)
    with already(first.digest, "1", repository):
        ecr.put_image(repositoryName=repository, imageManifest=first.manifest, imageTag="1")
    assert len(ecr.list_images(repositoryName=repository)["imageIds"]) == 1
    put_image(ecr, repository, "2", number=1)
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "1"}])
    third = put_image(ecr, repository, "1", number=2)
    assert tags_of(ecr, repository)["1"] == third.digest


@pytest.mark.parametrize(
    ("setting", "moves", "stays"),
    [("IMMUTABLE_WITH_EXCLUSION", "dev-1", "v1"), ("MUTABLE_WITH_EXCLUSION", "v1", "dev-1")],
)
def test_exclusions(ecr: Any, repository: str, setting: str, moves: str, stays: str) -> None:
    """A tag that a filter matches behaves the other way."""
    ecr.put_image_tag_mutability(
        repositoryName=repository,
        imageTagMutability=setting,
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "dev-*"}],
    )
    put_image(ecr, repository, moves, stays)
    second = put_image(ecr, repository, moves, number=1)
    with immutable(stays, repository):
        put_image(ecr, repository, stays, number=1)
    assert tags_of(ecr, repository)[moves] == second.digest


def test_digest_that_does_not_match(ecr: Any, repository: str, bare: str) -> None:
    """A named digest has to be the manifest's."""
    wrong = "sha256:" + "0" * 64
    with refused(
        "ImageDigestDoesNotMatchException",
        "The specified image digest does not match the digest that Amazon ECR calculated for the image. "
        f"Specified '{wrong}', calculated '{digests.of(bare.encode())}'.",
    ):
        ecr.put_image(
            repositoryName=repository, imageManifest=bare, imageManifestMediaType=OCI_MANIFEST, imageDigest=wrong
        )
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []


@pytest.mark.parametrize(
    "digest",
    ["", "nonsense", "sha256:", "sha256:abc", "SHA256:" + "0" * 64, "sha256:" + "A" * 64, "md5:" + "0" * 32,
     "shake_128:00", "sha256:" + "0" * 64 + "\n"],
)  # fmt: skip
def test_digest_outside_the_grammar(raw: Any, repository: str, bare: str, digest: str) -> None:
    """A digest is of sha256 or sha512, in lower case."""
    with invalid("imageDigest", DIGEST):
        raw.put_image(
            repositoryName=repository, imageManifest=bare, imageManifestMediaType=OCI_MANIFEST, imageDigest=digest
        )


def test_layers_that_are_missing(ecr: Any, repository: str) -> None:
    """Every blob has to be there; the error names all that are not."""
    config = put_layer(ecr, repository, b"{}")
    missing = [digests.of(b"one"), digests.of(b"two")]
    manifest = a_manifest(b"one", b"two", b"one").decode()
    assert config in manifest
    with refused(
        "LayersNotFoundException",
        f"Layers with digests '[{', '.join(missing)}]' required for pushing image into repository "
        f"with name '{repository}' in the registry with id '{ACCOUNT}' do not exist",
    ):
        ecr.put_image(repositoryName=repository, imageManifest=manifest)


def test_index(ecr: Any, repository: str) -> None:
    """An index is put when its images are there; its size is the largest of theirs."""
    images = [put_image(ecr, repository, number=number) for number in (7, 77)]
    index = an_index(*(image.manifest.encode() for image in images)).decode()
    answer = ecr.put_image(repositoryName=repository, imageManifest=index, imageTag="multi")
    assert answer["image"]["imageManifestMediaType"] == "application/vnd.oci.image.index.v1+json"
    [shown] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "multi"}])["imageDetails"]
    assert shown["imageSizeInBytes"] == len(images[1].layer) + len(images[1].config)
    assert "artifactMediaType" not in shown


def test_images_that_are_missing(ecr: Any, repository: str) -> None:
    """An index without its images is refused, and names those that are missing."""
    here, absent = put_image(ecr, repository), a_manifest(b"absent")
    with refused(
        "ReferencedImagesNotFoundException",
        f"Images with digests '[{digests.of(absent)}]' required for pushing image into repository "
        f"with name '{repository}' in the registry with id '{ACCOUNT}' do not exist",
    ):
        ecr.put_image(repositoryName=repository, imageManifest=an_index(here.manifest.encode(), absent).decode())


def test_media_type_is_needed(ecr: Any, repository: str, bare: str) -> None:
    """A manifest that does not say what it is takes imageManifestMediaType."""
    with invalid("ImageManifest", "imageManifestMediaType is needed for a manifest without a mediaType"):
        ecr.put_image(repositoryName=repository, imageManifest=bare)
    ecr.put_image(repositoryName=repository, imageManifest=bare, imageManifestMediaType=OCI_MANIFEST)


def test_media_type_that_contradicts(ecr: Any, repository: str) -> None:
    """The manifest and the call have to agree."""
    manifest, docker = a_manifest(b"x").decode(), "application/vnd.docker.distribution.manifest.v2+json"
    with invalid("ImageManifest", f"mediaType '{OCI_MANIFEST}' contradicts the media type of the request, '{docker}'"):
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=docker)


@pytest.mark.parametrize(
    "media_type", ["", "x", "x/y\r\nx-header: y", "text/plain; charset=utf-8", "é/y", "x/" + "y" * 300]
)
def test_media_type_outside_the_grammar(raw: Any, repository: str, bare: str, media_type: str) -> None:
    """A media type is one: it is a header when the image is pulled."""
    with invalid("imageManifestMediaType", "the media type is not one"):
        raw.put_image(repositoryName=repository, imageManifest=bare, imageManifestMediaType=media_type)


@pytest.mark.parametrize(
    ("tag", "constraint"),
    [
        ("", "Member must have length greater than or equal to 1"),
        ("x" * 301, "Member must have length less than or equal to 300"),
        ("x" * 129, OCI_TAG),
        ("a+b", OCI_TAG),
        (".a", OCI_TAG),
        ("a b", OCI_TAG),
        ("a\n", OCI_TAG),
        ("ä", OCI_TAG),
        ("sha256:abc", OCI_TAG),
    ],
)
def test_tags_outside_the_grammar(raw: Any, repository: str, bare: str, tag: str, constraint: str) -> None:
    """A tag is one that /v2 can ask for."""
    with invalid("imageTag", constraint):
        raw.put_image(repositoryName=repository, imageManifest=bare, imageManifestMediaType=OCI_MANIFEST, imageTag=tag)
    assert raw.list_images(repositoryName=repository)["imageIds"] == []


def test_longest_tag(ecr: Any, repository: str) -> None:
    """128 characters are a tag."""
    assert put_image(ecr, repository, "x" * 128).digest == tags_of(ecr, repository)["x" * 128]


def padded(manifest: str, size: int) -> str:
    """The manifest with spaces behind it, `size` bytes in all."""
    return manifest + " " * (size - len(manifest.encode()))


@pytest.fixture
def rest(raw: Any, repository: str) -> Iterator[None]:
    """Nothing of the test may stay in the repository."""
    yield
    assert raw.list_images(repositoryName=repository)["imageIds"] == []


def test_largest_manifest(ecr: Any, repository: str, bare: str) -> None:
    """4 MiB are a manifest, and come back as they were put."""
    largest = padded(bare, MANIFEST_BYTES)
    ecr.put_image(repositoryName=repository, imageManifest=largest, imageManifestMediaType=OCI_MANIFEST, imageTag="1")
    [got] = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "1"}])["images"]
    assert got["imageManifest"] == largest


@pytest.mark.usefixtures("rest")
def test_manifest_that_is_too_large(raw: Any, repository: str, bare: str) -> None:
    """4 MiB and one are not, counted in characters or in bytes."""
    for manifest in (padded(bare, MANIFEST_BYTES + 1), padded(bare, MANIFEST_BYTES)[:-1] + "é"):
        with invalid("imageManifest", f"Member must have length less than or equal to {MANIFEST_BYTES}"):
            raw.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=OCI_MANIFEST)


@pytest.mark.usefixtures("rest")
@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("nonsense", "Invalid JSON syntax"),
        ("[]", "Invalid JSON syntax"),
        ("[" * 100_000, "Invalid JSON syntax"),
        ("{}", "schemaVersion must be 2"),
        ('{"schemaVersion": 1, "fsLayers": []}', "schemaVersion must be 2"),
        ('{"schemaVersion": 2, "schemaVersion": 2}', "an object has the same key twice"),
        ('{"schemaVersion": 2, "layers": [], "manifests": []}', "a document is either a manifest or an index"),
        ('{"schemaVersion": 2}', "config must hold descriptors"),
    ],
)
def test_manifests_that_are_none(raw: Any, repository: str, manifest: str, reason: str) -> None:
    """Text that is no manifest is refused with what is wrong with it."""
    with invalid("ImageManifest", reason):
        raw.put_image(repositoryName=repository, imageManifest=manifest, imageManifestMediaType=OCI_MANIFEST)


def test_lone_surrogate(raw: Any, repository: str) -> None:
    """Text that has no bytes has no digest: it is refused before it is looked at."""
    with refused("SerializationException", ""):
        raw.put_image(repositoryName=repository, imageManifest='{"schemaVersion": 2, "x": "\ud800"}')


def test_empty_manifest(raw: Any, repository: str) -> None:
    """The manifest is needed."""
    with invalid("imageManifest", "Member must have length greater than or equal to 1"):
        raw.put_image(repositoryName=repository, imageManifest="")
    with invalid("imageManifest", "Member must not be null"):
        raw.put_image(repositoryName=repository)


def test_whose_repository(ecr: Any, repository: str) -> None:
    """The repository has to be there, in the caller's own registry."""
    manifest = a_manifest(b"x").decode()
    with no_repository(f"{repository}/none"):
        ecr.put_image(repositoryName=f"{repository}/none", imageManifest=manifest)
    with denied("PutImage", f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"):
        ecr.put_image(registryId=OTHER_ACCOUNT, repositoryName=repository, imageManifest=manifest)
