"""Referrers over `/v2`. (OCI distribution-spec 1.1, "Listing Referrers".)"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.factories import a_blob, a_descriptor, a_manifest, a_repository, an_index, push
from tests.oci.conftest import Client

from entrepot.domain import digests, manifests
from entrepot.registry.context import Registry

SUBJECT = a_manifest(config=b'{"subject": 1}')
REFERRERS = f"team/app/referrers/{digests.of(SUBJECT)}"
SBOM, SIGNATURE = "application/spdx+json", "application/vnd.example.signature"


@pytest.fixture(autouse=True)
def _config(reg: Registry, client: Client) -> None:
    a_blob(reg, b"{}")


def refer(reg: Registry, **members: Any) -> dict[str, Any]:
    """Push a manifest that refers to SUBJECT; the descriptor that a list is to show."""
    manifest = a_manifest(subject=a_descriptor(SUBJECT, manifests.OCI_MANIFEST), **members)
    digest = push(reg, manifest).digest
    shown = {"mediaType": manifests.OCI_MANIFEST, "digest": digest, "size": len(manifest)}
    shown["artifactType"] = members.get("artifactType") or "application/vnd.oci.image.config.v1+json"
    return shown | ({"annotations": members["annotations"]} if members.get("annotations") else {})


def listed(client: Client, path: str = REFERRERS) -> list[dict[str, Any]]:
    answer = client("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, manifests.OCI_INDEX)
    document = json.loads(answer.body)
    assert (document["schemaVersion"], document["mediaType"]) == (2, manifests.OCI_INDEX)
    return list(document["manifests"])


def test_descriptors(reg: Registry, client: Client) -> None:
    """Each referrer is listed with its type, or its config's, and its annotations; the subject need not be there."""
    found = [
        refer(reg, artifactType=SBOM, annotations={"made": "by \N{SNOWMAN} and \ud800"}),
        refer(reg, annotations={}),
        refer(reg, artifactType=SIGNATURE),
    ]
    assert listed(client) == sorted(found, key=lambda item: str(item["digest"]))
    a_blob(reg, b'{"subject": 1}')
    push(reg, SUBJECT, "v1")
    assert len(listed(client)) == 3


def test_indexes_refer_too(reg: Registry, client: Client) -> None:
    """An index without an artifactType has none in the list."""
    index = an_index(subject=a_descriptor(SUBJECT, manifests.OCI_MANIFEST))
    digest = push(reg, index).digest
    assert listed(client) == [{"mediaType": manifests.OCI_INDEX, "digest": digest, "size": len(index)}]


def test_nothing(client: Client, reg: Registry) -> None:
    """No referrer is an empty index and no error; a digest that is none, or a repository, is one."""
    assert listed(client) == []
    a_repository(reg, "other")
    assert client.errors("GET", "team/app/referrers/latest")[:2] == (400, "DIGEST_INVALID")
    assert client.errors("GET", f"nowhere/referrers/{digests.of(SUBJECT)}")[:2] == (404, "NAME_UNKNOWN")


def test_of_one_repository(reg: Registry, client: Client) -> None:
    """Referrers in another repository are not shown."""
    a_repository(reg, "other")
    refer(reg, artifactType=SBOM)
    assert listed(client, f"other/referrers/{digests.of(SUBJECT)}") == []


def test_filter(reg: Registry, client: Client) -> None:
    """One type on request, and the answer says that the filter was applied."""
    wanted = [refer(reg, artifactType=SBOM, annotations={"n": str(n)}) for n in range(2)]
    refer(reg, artifactType=SIGNATURE)
    answer = client("GET", f"{REFERRERS}?artifactType=application%2Fspdx%2Bjson")
    assert answer.headers["oci-filters-applied"] == "artifactType"
    assert json.loads(answer.body)["manifests"] == sorted(wanted, key=lambda item: str(item["digest"]))
    assert "oci-filters-applied" not in client("GET", REFERRERS).headers


def test_pages(reg: Registry, client: Client) -> None:
    """Pages follow each other by Link until all are shown, the filter kept."""
    wanted = {refer(reg, artifactType=SBOM, annotations={"n": str(n)})["digest"] for n in range(5)}
    refer(reg, artifactType=SIGNATURE)
    path, seen = f"{REFERRERS}?n=2&artifactType={SBOM.replace('+', '%2B')}", []
    for count in (2, 2, 1):
        answer = client("GET", path)
        page = json.loads(answer.body)["manifests"]
        assert len(page) == count
        seen += [item["digest"] for item in page]
        path = answer.headers.get("link", "").partition(">")[0].removeprefix("</v2/")
    assert (path, set(seen), len(seen)) == ("", wanted, 5)


def test_large_pages(reg: Registry, client: Client) -> None:
    """A page ends where its manifests pass 4 MiB, so that no answer is more than clients read."""
    large = {"text": "x" * 1_500_000}
    for n in range(4):
        refer(reg, artifactType=SBOM, annotations={**large, "n": str(n)})
    answer = client("GET", REFERRERS)
    assert len(answer.body) <= manifests.MAX_BYTES
    assert len(json.loads(answer.body)["manifests"]) == 2
    assert "link" in answer.headers


def test_head(client: Client) -> None:
    """HEAD gives the same headers and no body."""
    got, seen = client("GET", REFERRERS), client("HEAD", REFERRERS)
    assert (seen.status, seen.body, seen.headers) == (200, b"", got.headers)
