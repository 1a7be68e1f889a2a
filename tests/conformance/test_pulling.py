"""Determining support, pulling manifests and blobs, and whether content exists."""

from __future__ import annotations

import email
import json

import pytest
from tests.conformance.conftest import (
    INDEX,
    MANIFEST,
    Client,
    descriptor,
    digest_of,
    encoded,
    image,
)
from tests.conformance.sections import proves

DATA = bytes(range(256)) * 16
GONE = digest_of(b"never pushed")


@proves("Determining support", "MUST", "GET /v2/ answers 200 to whoever is logged in.", "end-1")
def test_support(client: Client) -> None:
    answer = client("GET", "/v2/")
    assert answer.status == 200
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


@proves("Determining support", "MUST", "Without a login the answer is 401 and says how to log in.", "end-1")
def test_challenge(client: Client) -> None:
    answer = client("GET", "/v2/", headers={"Authorization": ""})
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@proves("Pulling manifests", "MUST", "A manifest is had by tag and by digest, its type as it was pushed.", "end-3")
def test_manifest(client: Client) -> None:
    client.blob(b"{}")
    data = encoded(image())
    assert client.manifest(data, "v1").status == 201
    for reference in ("v1", digest_of(data)):
        answer = client("GET", f"manifests/{reference}")
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, data, MANIFEST)
        assert answer.headers["docker-content-digest"] == digest_of(data)


@proves("Pulling manifests", "MUST", "A manifest that is not there is 404, by tag and by digest.", "end-3")
@pytest.mark.parametrize("reference", ["nothing", GONE])
def test_no_manifest(client: Client, reference: str) -> None:
    assert client("GET", f"manifests/{reference}").code == "MANIFEST_UNKNOWN"
    for method in ("GET", "HEAD"):
        assert client(method, f"manifests/{reference}").status == 404


@proves("Pulling manifests", "SHOULD", "A reference that is no digest of any kind is 400 or 404, never 500.", "end-3")
@pytest.mark.parametrize("reference", ["sha256:baddigeststring", "md5:" + "0" * 32, "sha256:", ":"])
def test_bad_reference(client: Client, reference: str) -> None:
    assert client("GET", f"manifests/{reference}").status in (400, 404)


@proves("Pulling manifests", "field", "A manifest is served as stored where Accept is absent, narrow or odd.", "end-3")
@pytest.mark.parametrize("accept", ["", "application/json", "application/vnd.docker.distribution.manifest.v2+json"])
def test_accept(client: Client, accept: str) -> None:
    client.blob(b"{}")
    data = encoded(image())
    client.manifest(data, "v1")
    answer = client("GET", "manifests/v1", accept=accept)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, data, MANIFEST)


@proves("Pulling manifests", "RFC 9110", "304 for a manifest that the client has.", "end-3")
def test_manifest_unchanged(client: Client) -> None:
    client.blob(b"{}")
    client.manifest(image(), "v1")
    tag = client("HEAD", "manifests/v1").headers["etag"]
    for method in ("GET", "HEAD"):
        answer = client(method, "manifests/v1", if_none_match=tag)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


@proves("Pulling blobs", "MUST", "A blob is had by its digest, in the algorithm that was asked for.", "end-2")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_blob(client: Client, algorithm: str) -> None:
    digest = client.blob(DATA, algorithm)
    answer = client("GET", f"blobs/{digest}")
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["docker-content-digest"] == digest
    assert answer.headers["content-length"] == str(len(DATA))


@proves("Pulling blobs", "MUST", "A blob that is not there is 404.", "end-2")
def test_no_blob(client: Client) -> None:
    answer = client("GET", f"blobs/{GONE}")
    assert (answer.status, answer.code) == (404, "BLOB_UNKNOWN")


@proves("Pulling blobs", "MUST", "A blob of another repository is not there.", "end-2")
def test_blob_of_another_repository(client: Client, other: Client) -> None:
    digest = other.blob(DATA)
    for method in ("GET", "HEAD"):
        assert client(method, f"blobs/{digest}").status == 404


@proves("Pulling blobs", "SHOULD", "A range is 206 with Content-Range and just its bytes.", "end-2")
@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("500-1499", 500, 1500), ("500-", 500, 4096), ("-500", 3596, 4096), ("4000-9000", 4000, 4096), ("0-0", 0, 1)],
)
def test_range(client: Client, wanted: str, start: int, end: int) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", range=f"bytes={wanted}")
    assert (answer.status, answer.body) == (206, DATA[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/4096"
    assert answer.headers["content-length"] == str(end - start)


@proves("Pulling blobs", "RFC 9110", "A range outside the blob, or turned round, is 416 with the blob's size.", "end-2")
@pytest.mark.parametrize("wanted", ["5000-10000", "500-0", "4096-", "-0"])
def test_range_outside(client: Client, wanted: str) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", range=f"bytes={wanted}")
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */4096")


@proves("Pulling blobs", "RFC 9110", "Several ranges are one multipart/byteranges answer.", "end-2")
def test_ranges(client: Client) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", range="bytes=0-0,100-199,-96")
    assert answer.status == 206
    message = email.message_from_bytes(
        b"content-type: %b\r\n\r\n" % answer.headers["content-type"].encode() + answer.body
    )
    parts = [
        (part["content-range"], part.get_payload(decode=True)) for part in message.walk() if not part.is_multipart()
    ]
    assert parts == [
        ("bytes 0-0/4096", DATA[:1]),
        ("bytes 100-199/4096", DATA[100:200]),
        ("bytes 4000-4095/4096", DATA[4000:]),
    ]


@proves("Pulling blobs", "RFC 9110", "If-Range: the range counts only where the client has the same bytes.", "end-2")
def test_if_range(client: Client) -> None:
    digest = client.blob(DATA)
    tag = client("HEAD", f"blobs/{digest}").headers["etag"]
    for condition, status, body in ((tag, 206, DATA[:5]), ('"other"', 200, DATA)):
        answer = client("GET", f"blobs/{digest}", range="bytes=0-4", if_range=condition)
        assert (answer.status, answer.body) == (status, body)


@proves("Pulling blobs", "RFC 9110", "304 for a blob that the client has.", "end-2")
def test_blob_unchanged(client: Client) -> None:
    digest = client.blob(DATA)
    tag = client("HEAD", f"blobs/{digest}").headers["etag"]
    for method in ("GET", "HEAD"):
        assert client(method, f"blobs/{digest}", if_none_match=f'"other", {tag}').status == 304


@proves("Checking if content exists", "MUST", "HEAD gives the headers of GET and no body.", "end-2", "end-3")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_head(client: Client, algorithm: str) -> None:
    client.blob(b"{}")
    client.manifest(image(), "v1")
    for path in (f"blobs/{client.blob(DATA, algorithm)}", "manifests/v1"):
        got, seen = client("GET", path), client("HEAD", path)
        assert (seen.status, seen.body) == (200, b"")
        dated = {name: value for name, value in got.headers.items() if name not in ("date", "x-amzn-requestid")}
        assert dated.items() <= seen.headers.items()


@proves("Checking if content exists", "MUST", "HEAD of what is not there is 404.", "end-2", "end-3")
@pytest.mark.parametrize("path", [f"blobs/{GONE}", f"manifests/{GONE}", "manifests/nothing"])
def test_head_of_nothing(client: Client, path: str) -> None:
    answer = client("HEAD", path)
    assert (answer.status, answer.body) == (404, b"")


@proves("Checking if content exists", "field", "HEAD is answered wherever GET is.", "end-8", "end-12a")
def test_head_everywhere(client: Client) -> None:
    client.blob(b"{}")
    digest = client.manifest(image(), "v1").headers["docker-content-digest"]
    for path in ("/v2/", "/v2/_catalog", "tags/list", f"referrers/{digest}"):
        answer = client("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")


@proves(
    "Pulling manifests", "image-spec", "An index, an index of indexes and their images are all had as pushed.", "end-3"
)
def test_nested_indexes(client: Client) -> None:
    client.blob(b"{}")
    children = [encoded(image(annotations={"n": str(n)})) for n in range(2)]
    inner = encoded(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(one, MANIFEST) for one in children]}
    )
    outer = encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(inner, INDEX)]})
    for data in (*children, inner, outer):
        assert client.manifest(data).status == 201
    for data in (*children, inner, outer):
        assert client("GET", f"manifests/{digest_of(data)}").body == data


@proves(
    "Pulling manifests", "image-spec", "Fields that nobody knows, spaces and order are kept byte for byte.", "end-3"
)
def test_unknown_fields(client: Client) -> None:
    client.blob(b"{}")
    text = json.dumps(image() | {"com.example.unknown": {"b": [1, 2.50, None], "a": "\u2603"}}, indent=3) + "\n\n"
    data = text.encode()
    assert client.manifest(data, "v1").status == 201
    assert client("GET", "manifests/v1").body == data


@proves("Pulling blobs", "field", "A blob of no bytes is a blob.", "end-2")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_empty_blob(client: Client, algorithm: str) -> None:
    digest = client.blob(b"", algorithm)
    got, seen = client("GET", f"blobs/{digest}"), client("HEAD", f"blobs/{digest}")
    assert (got.status, got.body, got.headers["content-length"], seen.headers["content-length"]) == (200, b"", "0", "0")


@proves("Pulling blobs", "field", "Content of one registry is not seen from another one.", "end-2")
def test_another_registry(client: Client) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", host="123456789012.dkr.ecr.eu-north-1.example.com")
    assert answer.status in (403, 404)
