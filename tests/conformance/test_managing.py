"""Content management: deleting tags, manifests and blobs; and how errors look."""

from __future__ import annotations

import time

import pytest
from tests.conformance.conftest import INDEX, MANIFEST, Client, descriptor, digest_of, encoded, image
from tests.conformance.sections import proves

GONE = digest_of(b"never pushed")


def pushed(client: Client, *tags: str) -> str:
    client.blob(b"{}")
    data = encoded(image())
    for tag in tags:
        assert client.manifest(data, tag).status == 201
    return digest_of(data)


@proves(
    "Deleting tags", "MUST", "DELETE of a tag is 202; the tag is gone at once, manifest and other tags stay.", "end-9"
)
def test_tag(client: Client) -> None:
    digest = pushed(client, "one", "two")
    assert client("DELETE", "manifests/one").status == 202
    assert client("HEAD", "manifests/one").status == 404
    assert client("HEAD", "manifests/two").status == client("HEAD", f"manifests/{digest}").status == 200
    assert client("GET", "tags/list").document["tags"] == ["two"]


@proves("Deleting tags", "MUST", "A tag that is not there is 404.", "end-9")
def test_no_tag(client: Client) -> None:
    assert client("DELETE", "manifests/nothing").code == "MANIFEST_UNKNOWN"


@proves(
    "Deleting manifests", "MUST", "DELETE by digest is 202; the manifest and all its tags are gone at once.", "end-9"
)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_manifest(client: Client, algorithm: str) -> None:
    client.blob(b"{}")
    data = encoded(image())
    digest = digest_of(data, algorithm)
    assert client.manifest(data, f"{digest}?tag=one&tag=two").status == 201
    assert client("DELETE", f"manifests/{digest}").status == 202
    for reference in (digest, "one", "two"):
        for method in ("GET", "HEAD"):
            assert client(method, f"manifests/{reference}").status == 404
    assert client("GET", "tags/list").document["tags"] == []


@proves("Deleting manifests", "MUST", "A manifest that is not there is 404.", "end-9")
def test_no_manifest(client: Client) -> None:
    digest = pushed(client, "one")
    assert client("DELETE", f"manifests/{GONE}").status == 404
    assert client("DELETE", f"manifests/{digest}").status == 202
    assert client("DELETE", f"manifests/{digest}").code == "MANIFEST_UNKNOWN"


@proves(
    "Deleting manifests", "MAY", "An image that an index names is not deleted before the index, as in ECR.", "end-9"
)
def test_child(client: Client) -> None:
    child = pushed(client, "one")
    data = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(encoded(image()), MANIFEST)]})
    client.manifest(data, "all")
    assert client("DELETE", f"manifests/{child}").status == 400
    assert client("DELETE", f"manifests/{digest_of(data)}").status == 202
    assert client("DELETE", f"manifests/{child}").status == 202


@proves("Deleting manifests", "MUST", "What was deleted can be pushed again.", "end-9", "end-7")
def test_again(client: Client) -> None:
    digest = pushed(client, "one")
    client("DELETE", f"manifests/{digest}")
    assert pushed(client, "one") == digest
    assert client("HEAD", "manifests/one").status == 200


@proves("Deleting blobs", "MUST", "DELETE of a blob is 202, and it is gone at once.", "end-10")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_blob(client: Client, other: Client, algorithm: str) -> None:
    digest = client.blob(b"some bytes", algorithm)
    other.blob(b"some bytes", algorithm)
    assert client("DELETE", f"blobs/{digest}").status == 202
    for method in ("GET", "HEAD"):
        assert client(method, f"blobs/{digest}").status == 404
    assert other("GET", f"blobs/{digest}").body == b"some bytes"
    assert client.blob(b"some bytes", algorithm) == digest
    assert client("GET", f"blobs/{digest}").body == b"some bytes"


@proves("Deleting blobs", "MUST", "A blob that is not there is 404.", "end-10")
def test_no_blob(client: Client) -> None:
    assert client("DELETE", f"blobs/{GONE}").code == "BLOB_UNKNOWN"


@proves("Deleting blobs", "MAY", "A blob that an image of the repository names is 405, and stays.", "end-10")
def test_blob_in_use(client: Client) -> None:
    digest = pushed(client, "one")
    blob = digest_of(b"{}")
    answer = client("DELETE", f"blobs/{blob}")
    assert (answer.status, answer.code) == (405, "UNSUPPORTED")
    assert client("GET", f"blobs/{blob}").body == b"{}"
    client("DELETE", f"manifests/{digest}")
    assert client("DELETE", f"blobs/{blob}").status == 202


@proves("Error codes and warnings", "MUST", "Errors are JSON with a code of the specification and a message.")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v2/no/such/manifests/v1", 404, "NAME_UNKNOWN"),
        ("GET", "/v2/no/such/tags/list", 404, "NAME_UNKNOWN"),
        ("POST", "/v2/no/such/blobs/uploads/", 404, "NAME_UNKNOWN"),
        ("GET", "/v2/UPPER/tags/list", 400, "NAME_INVALID"),
        ("GET", "/v2/a//b/tags/list", 400, "NAME_INVALID"),
        ("GET", "/v2/a/../b/tags/list", 400, "NAME_INVALID"),
        ("GET", "manifests/nothing", 404, "MANIFEST_UNKNOWN"),
        ("GET", f"blobs/{GONE}", 404, "BLOB_UNKNOWN"),
        ("GET", "blobs/sha256:short", 400, "DIGEST_INVALID"),
        ("GET", "blobs/uploads/nothing", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("PUT", "tags/list", 405, "UNSUPPORTED"),
        ("GET", "no/such/thing", 404, "UNSUPPORTED"),
    ],
)
def test_errors(client: Client, method: str, path: str, status: int, code: str) -> None:
    answer = client(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.document["errors"][0]["message"]


@proves("Error codes and warnings", "field", "A password that is not good is 403 DENIED, as ECR answers.")
def test_denied(client: Client) -> None:
    answer = client("GET", "tags/list", headers={"Authorization": "Basic QVdTOm5v"})
    assert (answer.status, answer.code) == (403, "DENIED")


@proves("Error codes and warnings", "MAY", "Nothing that is pushed or pulled in order is answered with a Warning.")
def test_no_warning(client: Client) -> None:
    pushed(client, "one")
    for method in ("GET", "HEAD", "DELETE"):
        assert "warning" not in client(method, "manifests/one").headers


@proves(
    "Error codes and warnings", "MAY", "Where sparse manifests are taken, a Warning counts what is missing.", "end-7"
)
def test_sparse(loose: Client) -> None:
    data = encoded(image(b"one", b"two"))
    index = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(b"not there", MANIFEST)]})
    for document, missing in ((data, 3), (index, 1)):
        answer = loose.manifest(document, "v1")
        assert answer.status == 201
        assert answer.headers["warning"] == f'299 - "{missing} of what this manifest names is not in the repository"'
        assert loose("GET", "manifests/v1").body == document


@proves("Error codes and warnings", "SHOULD", "Above a limit 429 TOOMANYREQUESTS with Retry-After, and then on again.")
def test_too_many(loose: Client) -> None:
    answers = [loose("GET", "/v2/") for _ in range(300)]
    refused = [answer for answer in answers if answer.status != 200]
    assert {(answer.status, answer.code) for answer in refused} == {(429, "TOOMANYREQUESTS")}
    seconds = int(refused[-1].headers["retry-after"])
    assert 1 <= seconds <= 5
    time.sleep(seconds)
    assert loose("GET", "/v2/").status == 200
