"""Blobs over `/v2`. (OCI distribution-spec 1.1, "Pulling blobs"; RFC 9110, 14.)"""

from __future__ import annotations

import email
from pathlib import Path

import pytest
from tests.factories import Clock, a_blob, a_manifest, a_repository, push
from tests.oci.conftest import Client, token

from entrepot.domain import digests
from entrepot.registry.context import Registry

DATA = bytes(range(256)) * 5000
DIGEST = digests.of(DATA)
BLOB = f"team/app/blobs/{DIGEST}"


@pytest.fixture(autouse=True)
def _blob(reg: Registry, client: Client) -> None:
    a_blob(reg, DATA)


def test_get_and_head(client: Client) -> None:
    """end-2: the bytes, and the same headers without them."""
    got, seen = client("GET", BLOB), client("HEAD", BLOB)
    assert (got.status, got.body, seen.status, seen.body) == (200, DATA, 200, b"")
    assert got.headers == seen.headers
    assert got.headers["content-length"] == str(len(DATA))
    assert got.headers["docker-content-digest"] == DIGEST
    assert got.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("0-0", 0, 1), ("100-1099", 100, 1100), ("5-", 5, None), ("-7", -7, None)]
)
def test_range(client: Client, wanted: str, start: int, end: int | None) -> None:
    """A range is 206 with just its bytes."""
    answer = client("GET", BLOB, range=f"bytes={wanted}")
    part = DATA[start:end]
    first = start % len(DATA)
    assert (answer.status, answer.body) == (206, part)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(DATA)}"
    assert answer.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("wanted", [f"{len(DATA)}-", "-0", "99999999999-", "5-1"])
def test_range_outside(client: Client, wanted: str) -> None:
    """A range outside the blob is 416 and told its size."""
    answer = client("GET", BLOB, range=f"bytes={wanted}")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("wanted", ["bytes=x", "bytes=" + ",".join(["0-1"] * 1000), "bytes=0-" + "9" * 40])
def test_range_that_does_not_count(client: Client, wanted: str) -> None:
    """What is not understood is answered with the whole blob, once."""
    assert client("GET", BLOB, range=wanted).body == DATA


def test_unknown(reg: Registry, client: Client) -> None:
    """A blob that the repository does not have is 404, also where another repository has it."""
    a_repository(reg, "other")
    theirs = a_blob(reg, b"theirs", "other")
    for digest in (theirs, digests.of(b"nobody's")):
        assert client.errors("GET", f"team/app/blobs/{digest}")[:2] == (404, "BLOB_UNKNOWN")
        assert client("HEAD", f"team/app/blobs/{digest}").status == 404


def test_encoded_colon(client: Client) -> None:
    """A digest may have its colon percent-encoded."""
    assert client("GET", BLOB.replace(":", "%3A")).body == DATA


def test_damaged(client: Client, tmp_path: Path) -> None:
    """Damaged bytes are not served as right."""
    [path] = (path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    path.chmod(0o600)
    path.write_bytes(DATA[:-1] + b"!")
    answer = client("GET", BLOB)
    assert answer.status == 500
    assert DATA[:100] not in answer.body


def test_many_ranges(client: Client) -> None:
    """Several ranges are one `multipart/byteranges` answer. (RFC 9110, 14.6.)"""
    answer = client("GET", BLOB, range="bytes=0-9,100-199, -5")
    assert (answer.status, answer.headers["content-length"]) == (206, str(len(answer.body)))
    assert "content-range" not in answer.headers
    message = email.message_from_bytes(f"content-type: {answer.headers['content-type']}\r\n\r\n".encode() + answer.body)
    found = [
        (part["content-range"], part.get_payload(decode=True)) for part in message.walk() if not part.is_multipart()
    ]
    wanted = [(0, 10), (100, 200), (len(DATA) - 5, len(DATA))]
    assert found == [(f"bytes {start}-{end - 1}/{len(DATA)}", DATA[start:end]) for start, end in wanted]


@pytest.mark.parametrize("tags", [f'"{DIGEST}"', f'W/"{DIGEST}"', f'"other", "{DIGEST}"', "*"])
def test_what_the_client_has(client: Client, tags: str) -> None:
    """304 without a body to a client that has the blob, before any range. (RFC 9110, 13.2.2.)"""
    for method in ("GET", "HEAD"):
        answer = client(method, BLOB, if_none_match=tags, range="bytes=0-1")
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", f'"{DIGEST}"')
        assert "content-length" not in answer.headers
    assert client("GET", BLOB, if_none_match='"other"').status == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [(f'"{DIGEST}"', 206), ('"other"', 200), (f'W/"{DIGEST}"', 200), ("Sat, 21 Nov 2026 05:00:00 GMT", 200)],
)
def test_range_of_what_the_client_has(client: Client, condition: str, status: int) -> None:
    """If-Range: the range counts only where the client has the same bytes. (RFC 9110, 13.1.5.)"""
    answer = client("GET", BLOB, range="bytes=0-4", if_range=condition)
    assert (answer.status, answer.body) == (status, DATA[:5] if status == 206 else DATA)


def test_delete(reg: Registry, client: Client) -> None:
    """end-10: a blob that no image names is gone at once; another repository keeps it."""
    a_repository(reg, "other")
    assert client("POST", f"other/blobs/uploads/?mount={DIGEST}&from=team/app").status == 201
    assert client("DELETE", BLOB).status == 202
    assert client("HEAD", BLOB).status == 404
    assert client.errors("GET", BLOB)[:2] == client.errors("DELETE", BLOB)[:2] == (404, "BLOB_UNKNOWN")
    assert client("GET", f"other/blobs/{DIGEST}").body == DATA


def test_delete_what_an_image_names(reg: Registry, client: Client) -> None:
    """A blob that an image of the repository names is 405, and stays."""
    a_blob(reg, b"{}")
    push(reg, a_manifest(DATA))
    assert client.errors("DELETE", BLOB)[:2] == (405, "UNSUPPORTED")
    assert client("GET", BLOB).body == DATA


def test_head_keeps(reg: Registry, clock: Clock, client: Client) -> None:
    """Whoever is told that a blob is there finds it protected for 36 hours more; not every HEAD writes."""

    def lease() -> int:
        [(until,)] = reg.db.read(lambda tx: tx.all("SELECT leased_until FROM repository_blobs"))
        return int(until) - reg.now()

    clock.forward(11 * 3600)
    client("HEAD", BLOB)
    assert lease() == 37 * 3600 * 1_000_000
    clock.forward(2 * 3600)
    Client(client.app, token(reg))("HEAD", BLOB)
    assert lease() == 48 * 3600 * 1_000_000
