"""ListImageReferrers, asked by boto3."""

from __future__ import annotations

from typing import Any

from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain
from tests.aws.ecr.putting import OCI_MANIFEST, put_image, put_layer
from tests.factories import a_descriptor, a_manifest

from entrepot.domain import digests

STATUSES = "Member must satisfy enum value set: [ACTIVE, ARCHIVED, ACTIVATING, ANY]"


def refer(ecr: Any, repository: str, subject: str, number: int, kind: str = "application/x.note") -> str:
    """Put an artifact that refers to a manifest; its digest."""
    about = a_descriptor(subject.encode(), OCI_MANIFEST)
    manifest = a_manifest(subject=about, artifactType=kind, annotations={"number": str(number)}).decode()
    ecr.put_image(repositoryName=repository, imageManifest=manifest)
    return digests.of(manifest.encode())


def listed(ecr: Any, repository: str, subject: str, **how: Any) -> list[str]:
    found = ecr.list_image_referrers(repositoryName=repository, subjectId={"imageDigest": subject}, **how)
    return [each["digest"] for each in found["referrers"]]


def test_all_members(ecr: Any, repository: str) -> None:
    """A referrer is told whole; of an image without any, and of one that is not there, the list is empty."""
    image = put_image(ecr, repository, "1")
    put_layer(ecr, repository, b"{}")
    about = a_descriptor(image.manifest.encode(), OCI_MANIFEST)
    manifest = a_manifest(subject=about, artifactType="application/x.note", annotations={"a": "b"})
    ecr.put_image(repositoryName=repository, imageManifest=manifest.decode())
    answer = ecr.list_image_referrers(
        registryId=ACCOUNT, repositoryName=repository, subjectId={"imageDigest": image.digest}
    )
    assert plain(answer) == {
        "referrers": [
            {
                "digest": digests.of(manifest),
                "mediaType": OCI_MANIFEST,
                "artifactType": "application/x.note",
                "size": len(manifest),
                "annotations": {"a": "b"},
                "artifactStatus": "ACTIVE",
            }
        ]
    }
    assert listed(ecr, repository, digests.of(manifest)) == []
    assert listed(ecr, repository, "sha256:" + "0" * 64) == []


def test_filters(ecr: Any, repository: str) -> None:
    """By up to five artifact types and by status; without a filter only active ones."""
    image = put_image(ecr, repository, "1")
    put_layer(ecr, repository, b"{}")
    kinds = [f"application/x.{number}" for number in range(6)]
    every = [refer(ecr, repository, image.manifest, number, kind) for number, kind in enumerate(kinds)]
    assert listed(ecr, repository, image.digest, filter={"artifactTypes": kinds[:5]}) == sorted(every[:5])
    assert listed(ecr, repository, image.digest, filter={"artifactTypes": []}) == sorted(every)
    assert listed(ecr, repository, image.digest, filter={"artifactTypes": ["application/none"]}) == []
    move = ecr.update_image_storage_class
    move(repositoryName=repository, imageId={"imageDigest": every[0]}, targetStorageClass="ARCHIVE")
    for status, expected in (
        (None, every[1:]),
        ("ACTIVE", every[1:]),
        ("ARCHIVED", every[:1]),
        ("ACTIVATING", []),
        ("ANY", every),
    ):
        wanted = {} if status is None else {"artifactStatus": status}
        assert listed(ecr, repository, image.digest, filter=wanted) == sorted(expected)


def test_pages(ecr: Any, raw: Any, repository: str) -> None:
    """20 in a page unless 1 to 50 are asked for, each once; a token is good for its own list."""
    image = put_image(ecr, repository, "1")
    put_layer(ecr, repository, b"{}")
    every = sorted(refer(ecr, repository, image.manifest, number) for number in range(23))
    how: dict[str, Any] = {"repositoryName": repository, "subjectId": {"imageDigest": image.digest}}
    for size, expected in ((None, [20, 3]), (10, [10, 10, 3]), (50, [23])):
        asked = {} if size is None else {"maxResults": size}
        pages, token = [], None
        while True:
            answer = ecr.list_image_referrers(**how, **asked, **({"nextToken": token} if token else {}))
            pages.append([each["digest"] for each in answer["referrers"]])
            token = answer.get("nextToken")
            if token is None:
                break
        assert [len(page) for page in pages] == expected
        assert [digest for page in pages for digest in page] == every
    token = ecr.list_image_referrers(**how, maxResults=1)["nextToken"]
    for changed in ({"filter": {"artifactStatus": "ANY"}}, {"subjectId": {"imageDigest": every[0]}}):
        with invalid("nextToken", "Invalid token"):
            ecr.list_image_referrers(**{**how, **changed}, nextToken=token)
    for size, text in ((0, "greater than or equal to 1"), (51, "less than or equal to 50")):
        with invalid("maxResults", f"Member must have value {text}"):
            raw.list_image_referrers(**how, maxResults=size)


def test_refusals(ecr: Any, raw: Any, repository: str) -> None:
    """Six types, a status that is none, a subject that is no digest, another account, no repository."""
    how: dict[str, Any] = {"repositoryName": repository, "subjectId": {"imageDigest": "sha256:" + "0" * 64}}
    with invalid("filter.artifactTypes", "Member must have length less than or equal to 5"):
        raw.list_image_referrers(**how, filter={"artifactTypes": ["a/b"] * 6})
    with invalid("filter.artifactStatus", STATUSES):
        raw.list_image_referrers(**how, filter={"artifactStatus": "GONE"})
    with invalid("subjectId.imageDigest", "Invalid image digest"):
        ecr.list_image_referrers(repositoryName=repository, subjectId={"imageDigest": "latest"})
    with no_repository(f"{repository}/none"):
        ecr.list_image_referrers(**{**how, "repositoryName": f"{repository}/none"})
    with denied("BatchGetImage", f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"):
        ecr.list_image_referrers(**how, registryId=OTHER_ACCOUNT)
