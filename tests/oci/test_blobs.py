"""Blobs over `/v2`. (OCI distribution-spec 1.1, "Pulling blobs"; RFC 9110, 14.)"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.factories import a_blob, a_repository
from tests.oci.conftest import Client

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


@pytest.mark.parametrize("wanted", [f"{len(DATA)}-", "-0", "99999999999-"])
def test_range_outside(client: Client, wanted: str) -> None:
    """A range outside the blob is 416 and told its size."""
    answer = client("GET", BLOB, range=f"bytes={wanted}")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("wanted", ["bytes=5-1", "bytes=x", "bytes=" + ",".join(["0-1"] * 1000), "bytes=0-" + "9" * 40])
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
