"""Content discovery: tags, the catalog, referrers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.conformance.conftest import CONFIG, INDEX, MANIFEST, Client, descriptor, digest_of, encoded, image
from tests.conformance.sections import proves

SUBJECT = encoded(image(annotations={"the": "subject"}))
SBOM, SIGNATURE = "application/spdx+json", "application/vnd.example.signature"
REFERRERS = f"referrers/{digest_of(SUBJECT)}"


def following(link: str) -> str:
    found = re.fullmatch(r'<([^>]+)>; *rel="next"', link)
    assert found, link
    return found[1]


def refer(client: Client, **members: Any) -> dict[str, Any]:
    """Push a referrer of SUBJECT; the descriptor that the list is to show."""
    client.blob(b"{}")
    data = encoded(image(subject=descriptor(SUBJECT, MANIFEST), **members))
    assert client.manifest(data).status == 201
    shown: dict[str, Any] = {key: members[key] for key in ("annotations", "artifactType") if key in members}
    return {"artifactType": CONFIG, **descriptor(data, MANIFEST), **shown}


def by_digest(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda item: str(item["digest"]))


@proves("Listing tags", "MUST", "A repository without tags has an empty list; one that is not there is 404.", "end-8a")
def test_no_tags(client: Client) -> None:
    assert client("GET", "tags/list").document == {"name": client.repository, "tags": []}
    assert client("GET", "/v2/no/such/tags/list").code == "NAME_UNKNOWN"


@proves("Listing tags", "MUST", "Tags come in lexical order of their bytes.", "end-8a")
def test_order(client: Client) -> None:
    client.blob(b"{}")
    tags = ["b", "a", "B", "A", "_", "10", "9", "a.b", "a-b", "latest"]
    for tag in tags:
        client.manifest(image(), tag)
    assert client("GET", "tags/list").document["tags"] == sorted(tags)


@proves(
    "Listing tags", "MUST", "`n` limits a page, Link leads to the next, and nothing is left out or twice.", "end-8b"
)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_pages(client: Client, count: int) -> None:
    client.blob(b"{}")
    tags = [f"v{number}" for number in range(7)]
    for tag in tags:
        client.manifest(image(), tag)
    path, seen = f"tags/list?n={count}", []
    while path:
        answer = client("GET", path)
        page = answer.document["tags"]
        assert 0 < len(page) <= count
        seen += page
        path = following(answer.headers["link"]) if "link" in answer.headers else ""
    assert seen == tags


@proves("Listing tags", "MUST", "`last` begins after a tag, also one that is not there, and never shows it.", "end-8b")
def test_last(client: Client) -> None:
    client.blob(b"{}")
    for tag in ("a", "c", "e"):
        client.manifest(image(), tag)
    for last, expected in (("a", ["c", "e"]), ("b", ["c", "e"]), ("e", []), ("", ["a", "c", "e"])):
        assert client("GET", f"tags/list?last={last}").document["tags"] == expected
    assert client("GET", "tags/list?n=1&last=a").document["tags"] == ["c"]


@proves("Listing tags", "MUST", "`n=0` is an empty list without a Link.", "end-8b")
def test_none_wanted(client: Client) -> None:
    client.blob(b"{}")
    client.manifest(image(), "a")
    answer = client("GET", "tags/list?n=0")
    assert (answer.status, answer.document["tags"]) == (200, [])
    assert "link" not in answer.headers


@proves("Listing tags", "field", "The catalog pages through the repositories in the same way.", "end-8b")
def test_catalog(client: Client) -> None:
    path, seen = "/v2/_catalog?n=3", []
    while path:
        answer = client("GET", path)
        seen += answer.document["repositories"]
        path = following(answer.headers["link"]) if "link" in answer.headers else ""
    assert {client.repository, *client.others} <= set(seen)
    assert seen == sorted(set(seen))


@proves(
    "Listing referrers",
    "MUST",
    "An index, empty where nothing refers; never 404 in a repository that is there.",
    "end-12a",
)
def test_no_referrers(client: Client) -> None:
    answer = client("GET", REFERRERS)
    assert (answer.status, answer.headers["content-type"]) == (200, INDEX)
    assert answer.document == {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}


@proves("Listing referrers", "MUST", "A digest that is none is 400.", "end-12a")
def test_bad_digest(client: Client) -> None:
    for reference in ("latest", "sha256:short", "md5:" + "0" * 32):
        assert client("GET", f"referrers/{reference}").status == 400


@proves(
    "Listing referrers",
    "MUST",
    "Descriptors carry annotations, and artifactType or the config's media type.",
    "end-12a",
)
def test_descriptors(client: Client) -> None:
    found = [
        refer(client, artifactType=SBOM, annotations={"org.example.made": "hello \u2603"}),
        refer(client, artifactType=SIGNATURE),
        refer(client),
    ]
    assert by_digest(client("GET", REFERRERS).document["manifests"]) == by_digest(found)


@proves(
    "Listing referrers", "MUST", "An index that refers is listed, with its artifactType where it has one.", "end-12a"
)
def test_indexes(client: Client) -> None:
    plain = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": descriptor(SUBJECT, MANIFEST)}
    typed = plain | {"artifactType": SBOM, "annotations": {"a": "b"}}
    for document in (plain, typed):
        assert client.manifest(document).status == 201
    wanted = [
        descriptor(encoded(plain), INDEX),
        descriptor(encoded(typed), INDEX, artifactType=SBOM, annotations={"a": "b"}),
    ]
    assert by_digest(client("GET", REFERRERS).document["manifests"]) == by_digest(wanted)


@proves("Listing referrers", "SHOULD", "`artifactType` filters, and OCI-Filters-Applied says so.", "end-12b")
def test_filter(client: Client) -> None:
    wanted = refer(client, artifactType=SBOM)
    refer(client, artifactType=SIGNATURE)
    answer = client("GET", f"{REFERRERS}?artifactType={SBOM.replace('+', '%2B')}")
    assert answer.headers["oci-filters-applied"] == "artifactType"
    assert answer.document["manifests"] == [wanted]
    other = client("GET", f"{REFERRERS}?artifactType=application/x")
    assert (other.document["manifests"], other.headers["oci-filters-applied"]) == ([], "artifactType")


@proves("Listing referrers", "MAY", "More than fits a page is had by following Link.", "end-12a")
def test_pages_of_referrers(client: Client) -> None:
    wanted = [refer(client, annotations={"n": str(number)}) for number in range(5)]
    path, seen = f"{REFERRERS}?n=2", []
    while path:
        answer = client("GET", path)
        seen += answer.document["manifests"]
        path = following(answer.headers["link"]) if "link" in answer.headers else ""
    assert by_digest(seen) == by_digest(wanted)


@proves("Listing referrers", "MUST", "A subject may come after its referrer, and be deleted before it.", "end-12a")
def test_subject_comes_and_goes(client: Client) -> None:
    wanted = [refer(client)]
    assert client.manifest(SUBJECT, "v1").status == 201
    assert client("GET", REFERRERS).document["manifests"] == wanted
    assert client("DELETE", f"manifests/{digest_of(SUBJECT)}").status == 202
    assert client("GET", REFERRERS).document["manifests"] == wanted


@proves("Listing referrers", "MUST", "A referrer that is deleted is listed no more.", "end-12a", "end-9")
def test_deleted_referrer(client: Client) -> None:
    gone = refer(client, artifactType=SBOM)
    kept = refer(client, artifactType=SIGNATURE)
    assert client("DELETE", f"manifests/{gone['digest']}").status == 202
    assert client("GET", REFERRERS).document["manifests"] == [kept]


@proves(
    "Listing referrers", "MUST", "A fallback tag that a client pushed is a tag like others and not mixed in.", "end-12a"
)
def test_fallback_tag(client: Client) -> None:
    listed = [refer(client)]
    tag = digest_of(SUBJECT).replace(":", "-")
    data = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": []})
    assert client.manifest(data, tag).status == 201
    assert client("GET", f"manifests/{tag}").body == data
    assert client("GET", REFERRERS).document["manifests"] == listed


@proves("Listing referrers", "MUST", "Referrers in another repository are not shown.", "end-12a")
def test_other_repository(client: Client, other: Client) -> None:
    refer(other)
    assert client("GET", REFERRERS).document["manifests"] == []
