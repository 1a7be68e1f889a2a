"""Ranges and conditions, as RFC 9110 has them."""

from __future__ import annotations

import email
from typing import cast

import pytest
from tests.conformance.conftest import Answer, Client, digest_of, encoded, image
from tests.conformance.sections import proves

DATA = bytes(range(256)) * 16
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])


def parts(answer: Answer) -> list[tuple[str, bytes]]:
    """What a multipart/byteranges answer holds: Content-Range and bytes of each part."""
    head = f"content-type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.body)
    found = [part for part in message.walk() if part["content-range"]]
    return [(str(part["content-range"]), cast("bytes", part.get_payload(decode=True))) for part in found]


@proves("Pulling blobs", "RFC 9110", "Accept-Ranges is told with every blob.", "end-2")
@ALGORITHMS
def test_told(client: Client, algorithm: str) -> None:
    digest = client.blob(DATA, algorithm)
    for method in ("GET", "HEAD"):
        answer = client(method, f"blobs/{digest}")
        assert (answer.headers["accept-ranges"], answer.headers["etag"]) == ("bytes", f'"{digest}"')


@proves("Pulling blobs", "RFC 9110", "A Range that cannot be read, or of another unit, does not count.", "end-2")
@pytest.mark.parametrize(
    "wanted", ["lines=0-1", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2-3", "bytes=0x1-2"]
)
def test_unreadable(client: Client, wanted: str) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", range=wanted)
    assert (answer.status, answer.body) == (200, DATA)


@proves("Pulling blobs", "RFC 9110", "Of several ranges those outside of the blob are left out.", "end-2")
@ALGORITHMS
def test_partly_outside(client: Client, algorithm: str) -> None:
    digest = client.blob(DATA, algorithm)
    one = client("GET", f"blobs/{digest}", range="bytes=10-19, 5000-6000")
    assert (one.status, one.headers["content-range"], one.body) == (206, "bytes 10-19/4096", DATA[10:20])
    two = client("GET", f"blobs/{digest}", range="bytes=10-19,30-39,5000-6000")
    assert parts(two) == [("bytes 10-19/4096", DATA[10:20]), ("bytes 30-39/4096", DATA[30:40])]
    assert client("GET", f"blobs/{digest}", range="bytes=5000-6000,7000-").status == 416


@proves("Pulling blobs", "RFC 9110", "Up to 256 ascending ranges are answered one by one, with their length.", "end-2")
def test_many_ranges(client: Client) -> None:
    digest = client.blob(DATA)
    spans = [(at * 16, at * 16 + 3) for at in range(256)]
    answer = client("GET", f"blobs/{digest}", range="bytes=" + ",".join(f"{one}-{last}" for one, last in spans))
    assert (answer.status, answer.headers["content-length"]) == (206, str(len(answer.body)))
    assert parts(answer) == [(f"bytes {one}-{last}/4096", DATA[one : last + 1]) for one, last in spans]


@proves("Pulling blobs", "RFC 9110", "More ranges, or the same bytes twice, are answered with the whole blob.", "end-2")
@pytest.mark.parametrize(
    "wanted", [",".join(f"{at * 8}-{at * 8}" for at in range(257)), "0-9,5-14", "20-29,0-9", "0-,0-"]
)
def test_too_many_ranges(client: Client, wanted: str) -> None:
    digest = client.blob(DATA)
    answer = client("GET", f"blobs/{digest}", range=f"bytes={wanted}")
    assert (answer.status, answer.body) == (200, DATA)


@proves("Pulling blobs", "RFC 9110", "No range of a blob of no bytes can be had.", "end-2")
@pytest.mark.parametrize("wanted", ["0-0", "0-", "-1"])
def test_range_of_nothing(client: Client, wanted: str) -> None:
    answer = client("GET", f"blobs/{client.blob(b'')}", range=f"bytes={wanted}")
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */0")


@proves("Pulling blobs", "RFC 9110", "HEAD knows no Range, and neither does a manifest.", "end-2", "end-3")
def test_range_elsewhere(client: Client) -> None:
    seen = client("HEAD", f"blobs/{client.blob(DATA)}", range="bytes=0-4")
    assert (seen.status, seen.headers["content-length"]) == (200, "4096")
    client.blob(b"{}")
    data = encoded(image())
    client.manifest(data, "v1")
    got = client("GET", "manifests/v1", range="bytes=0-4")
    assert (got.status, got.body) == (200, data)


@proves("Pulling blobs", "RFC 9110", "If-Range compares strongly: a weak tag or a date brings the whole blob.", "end-2")
def test_weak_if_range(client: Client) -> None:
    digest = client.blob(DATA)
    for condition in (f'W/"{digest}"', "Sat, 01 Jan 2050 00:00:00 GMT", digest, "*"):
        answer = client("GET", f"blobs/{digest}", range="bytes=0-4", if_range=condition)
        assert (answer.status, answer.body) == (200, DATA)


@proves(
    "Pulling blobs",
    "RFC 9110",
    "If-None-Match compares weakly, in lists and with `*`, and counts before Range.",
    "end-2",
)
@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other","{}"', '"other" , W/"{}"', "*"])
def test_if_none_match(client: Client, form: str) -> None:
    digest = client.blob(DATA)
    for method in ("GET", "HEAD"):
        answer = client(method, f"blobs/{digest}", if_none_match=form.format(digest), range="bytes=0-4")
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", f'"{digest}"')


@proves("Pulling blobs", "RFC 9110", "If-None-Match of something else changes nothing.", "end-2", "end-3")
def test_if_none_match_of_another(client: Client) -> None:
    digest = client.blob(DATA)
    other = digest_of(b"other")
    assert client("GET", f"blobs/{digest}", if_none_match=f'"{other}"').body == DATA
    part = client("GET", f"blobs/{digest}", if_none_match=f'"{other}"', range="bytes=0-4")
    assert (part.status, part.body) == (206, DATA[:5])
    for path in (f"blobs/{other}", f"manifests/{other}", "manifests/nothing"):
        assert client("GET", path, if_none_match="*").status == 404


@proves("Pulling manifests", "RFC 9110", "The ETag of a tag changes with the image behind it.", "end-3")
def test_tag_moves(client: Client) -> None:
    client.blob(b"{}")
    client.manifest(image(annotations={"n": "1"}), "v1")
    before = client("GET", "manifests/v1").headers["etag"]
    client.manifest(image(annotations={"n": "2"}), "v1")
    after = client("GET", "manifests/v1", if_none_match=before)
    assert (after.status, after.document["annotations"]) == (200, {"n": "2"})
    assert after.headers["etag"] != before
