"""Names of repositories, tags and digests, and a mirror's `?ns=`."""

from __future__ import annotations

import uuid

import pytest
from tests.conformance.conftest import Client, Registry, digest_of, encoded, image, place
from tests.conformance.sections import proves

DATA = b"some bytes"


@proves(
    "Names, tags and digests",
    "MUST",
    "Every name of the grammar works, with one part or many, `.`, `_`, `__` and `-` between letters.",
    "end-2",
    "end-8a",
)
@pytest.mark.parametrize("form", ["{}", "a/{}", "0/1/2/3/{}", "a.b_c-d__e---f/{}", "{}." + "x" * 180])
def test_name(client: Client, registry: Registry, form: str) -> None:
    client.repository = form.format(uuid.uuid4().hex)
    registry.ecr.create_repository(repositoryName=client.repository)
    digest = client.blob(DATA)
    assert client("GET", f"blobs/{digest}").body == DATA
    assert client("GET", "tags/list").document["name"] == client.repository


@proves(
    "Names, tags and digests",
    "MUST",
    "A name outside of the grammar is 400 NAME_INVALID wherever a name stands, and never another path.",
    "end-2",
    "end-3",
    "end-4a",
    "end-8a",
    "end-12a",
)
@pytest.mark.parametrize(
    "name", ["Upper", "-a", "a-", "a..b", "a___b", "a/-b", "a//b", "/a", "a/", "a%2Fb", "a%2e%2e", "x" * 257, "é"]
)
def test_bad_name(client: Client, name: str) -> None:
    digest = digest_of(DATA)
    written = name.encode().decode("latin-1") if not name.isascii() else name
    for method, path in (
        ("GET", f"blobs/{digest}"),
        ("GET", "manifests/v1"),
        ("GET", "tags/list"),
        ("GET", f"referrers/{digest}"),
        ("POST", "blobs/uploads/"),
        ("PUT", "manifests/v1"),
        ("DELETE", "manifests/v1"),
    ):
        if written.isascii():
            answer = client(method, f"/v2/{written}/{path}")
            assert (answer.status, answer.code) == (400, "NAME_INVALID")


@proves("Names, tags and digests", "MUST", "Every tag of the grammar works, up to 128 characters.", "end-7", "end-3")
@pytest.mark.parametrize("tag", ["a", "_", "0", "A.b-c_d", "x" * 128, "latest", "1.0--..__"])
def test_tag(client: Client, tag: str) -> None:
    client.blob(b"{}")
    assert client.manifest(image(), tag).status == 201
    assert client("GET", f"manifests/{tag}").status == 200
    assert client("GET", "tags/list").document["tags"] == [tag]


@proves(
    "Names, tags and digests",
    "field",
    "A digest's colon may be written as `%3A`, as some clients do.",
    "end-2",
    "end-3",
    "end-6",
)
def test_encoded_colon(client: Client) -> None:
    written = digest_of(b"{}").replace(":", "%3A")
    assert client("PUT", f"{client.start()}?digest={written}", b"{}").status == 201
    assert client("GET", f"blobs/{written}").body == b"{}"
    data = encoded(image())
    assert client.manifest(data, digest_of(data).replace(":", "%3A")).status == 201
    assert client("GET", f"manifests/{digest_of(data).replace(':', '%3A')}").body == data


@proves(
    "Names, tags and digests",
    "MUST",
    "Content has the digest that it was pushed by; in another algorithm it is not there until it is pushed so.",
    "end-2",
    "end-3",
)
def test_two_algorithms(client: Client) -> None:
    client.blob(b"{}")
    data = encoded(image())
    for content, kind in ((DATA, "blobs"), (data, "manifests")):
        first, second = digest_of(content), digest_of(content, "sha512")
        for algorithm, digest in (("sha256", first), ("sha512", second)):
            assert client("HEAD", f"{kind}/{digest}").status == 404
            if kind == "blobs":
                client.blob(content, algorithm)
            else:
                client.manifest(content, digest)
            answer = client("GET", f"{kind}/{digest}")
            assert (answer.body, answer.headers["docker-content-digest"]) == (content, digest)


@proves(
    "Proxying",
    "MAY",
    "`?ns=`, which containerd sends to mirrors, changes nothing on any endpoint, and no OCI-Namespace is claimed.",
    "end-2",
    "end-3",
    "end-4a",
    "end-5",
    "end-6",
    "end-7",
    "end-8a",
    "end-12a",
)
def test_namespace_of_a_mirror(client: Client) -> None:
    digest = digest_of(b"{}")
    opened = client("POST", "blobs/uploads/?ns=docker.io", content_length="0")
    assert opened.status == 202
    assert client("PATCH", f"{place(opened)}?ns=docker.io", b"{}").status == 202
    assert client("PUT", f"{place(opened)}?ns=docker.io&digest={digest}").status == 201
    data = encoded(image())
    assert client("PUT", "manifests/v1?ns=docker.io", data, content_type=image()["mediaType"]).status == 201
    for path in (f"blobs/{digest}", "manifests/v1", f"manifests/{digest_of(data)}", f"referrers/{digest}", "tags/list"):
        for method in ("GET", "HEAD"):
            plain, named = client(method, path), client(method, f"{path}?ns=docker.io")
            assert (named.status, named.body) == (200, plain.body)
            assert "oci-namespace" not in named.headers
