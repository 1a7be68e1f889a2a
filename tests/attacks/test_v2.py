"""Bad input to `/v2`: each row is refused with its status and code. A new attack is a new row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest
from tests.attacks.conftest import Target
from tests.factories import a_descriptor, a_manifest, an_index

from entrepot.domain import digests, manifests

HEX = "a" * 64
UPLOADS = "team/app/blobs/uploads/"
MANIFEST = "team/app/manifests/"
GOOD = json.loads(a_manifest(b"layer"))
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


class Row(NamedTuple):
    """`code` empty: any. The body may be made of chunks, and then comes without a length."""

    name: str
    method: str
    path: str
    status: int
    code: str = ""
    body: bytes | list[bytes] = b""
    headers: Mapping[str, str] = MappingProxyType({})


def json_of(**members: object) -> bytes:
    return json.dumps({**GOOD, **members}).encode()


DIGESTS = [
    Row("A1 wrong digest", "POST", f"{UPLOADS}?digest=sha256:{HEX}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 wrong sha512", "POST", f"{UPLOADS}?digest=sha512:{HEX}{HEX}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 63 digits", "POST", f"{UPLOADS}?digest=sha256:{HEX[1:]}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 upper case", "POST", f"{UPLOADS}?digest=sha256:{HEX.upper()}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 md5", "POST", f"{UPLOADS}?digest=md5:{HEX[:32]}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 no algorithm", "POST", f"{UPLOADS}?digest={HEX}", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 a path", "POST", f"{UPLOADS}?digest=sha256:../../../etc/passwd", 400, "DIGEST_INVALID", b"abc"),
    Row("A1 GET 63 digits", "GET", f"team/app/blobs/sha256:{HEX[1:]}", 400, "DIGEST_INVALID"),
    Row("A1 GET a path", "GET", "team/app/blobs/..%2f..%2fetc%2fpasswd", 400, "DIGEST_INVALID"),
    Row("A2 manifest under another digest", "PUT", f"{MANIFEST}sha256:{HEX}", 400, "DIGEST_INVALID", json_of()),
    Row("A2 manifest under md5", "PUT", f"{MANIFEST}md5:{HEX[:32]}", 400, "DIGEST_INVALID", json_of()),
]

MANIFESTS = [
    Row("A3 manifest and index", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of(manifests=[])),
    Row(
        "A3 content type of an index",
        "PUT",
        f"{MANIFEST}x",
        400,
        "MANIFEST_INVALID",
        json_of(),
        {"Content-Type": manifests.OCI_INDEX},
    ),
    Row("A3 schema 1", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of(schemaVersion=1)),
    Row("A3 a key twice", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of()[:-1] + b',"layers":[]}'),
    Row("A3 NaN", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of()[:-1] + b',"x":NaN}'),
    Row("A3 byte order mark", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", b"\xef\xbb\xbf" + json_of()),
    Row("A3 bytes behind", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of() + b"{}"),
    Row("A3 nothing", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID"),
    Row("A4 4 MiB and a byte", "PUT", f"{MANIFEST}x", 413, "MANIFEST_INVALID", b" " * (manifests.MAX_BYTES + 1)),
    Row("A4 without a length", "PUT", f"{MANIFEST}x", 413, "MANIFEST_INVALID", [b" " * 65536] * 70),
    Row("A5 100,000 levels", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", DEEP),
    Row(
        "A5 a huge number",
        "PUT",
        f"{MANIFEST}x",
        400,
        "MANIFEST_INVALID",
        json_of()[:-1] + b',"x":' + b"9" * 10**5 + b"}",
    ),
    Row(
        "A13 too many layers", "PUT", f"{MANIFEST}x", 400, "MANIFEST_INVALID", json_of(layers=[GOOD["config"]] * 10_001)
    ),
    Row("A18 missing blobs", "PUT", f"{MANIFEST}x", 404, "MANIFEST_BLOB_UNKNOWN", json_of()),
    Row("A18 missing images", "PUT", f"{MANIFEST}x", 404, "MANIFEST_BLOB_UNKNOWN", an_index(b"child")),
]

_NAMES = {
    "dots": "../x",
    "dots inside": "a/../b",
    "two slashes": "a//b",
    "encoded dots": "%2e%2e/x",
    "an encoded slash": "team%2fapp",
    "a null": "team/app%00",
    "upper case": "Team/app",
    "a trailing dot": "team/app.",
    "257 characters": "a" * 257,
    "an underscore": "_uploads",
    "one character": "x",
    "UTF-8": "t%C3%A9am/app",
    "a space": "team%20app",
    "a backslash": "team%5Capp",
    "a line end": "team%0d%0aapp",
}
NAMES = [
    Row(f"A6 {what}, {method} {kind}", method, f"{name}/{kind}", 400, "NAME_INVALID")
    for what, name in _NAMES.items()
    for method, kind in (("GET", "tags/list"), ("POST", "blobs/uploads/"), ("PUT", "manifests/x"))
] + [
    Row("A6 blobs/uploads is a name like any", "GET", "blobs/uploads/tags/list", 404, "NAME_UNKNOWN"),
    Row("A6 a/manifests/b is a name like any", "GET", "a1/manifests/b1/tags/list", 404, "NAME_UNKNOWN"),
    Row("A6 no name", "GET", "tags/list", 400, "NAME_INVALID"),
    Row("A6 nothing there", "GET", "team/app/../../healthz", 404, "UNSUPPORTED"),
]

TAGS = [
    Row(f"A7 {what}, {method}", method, f"{MANIFEST}{tag}", 400, code, json_of() if method == "PUT" else b"")
    for what, tag, code in (
        ("129 characters", "a" * 129, "TAG_INVALID"),
        ("a leading dot", ".a", "TAG_INVALID"),
        ("a leading dash", "-a", "TAG_INVALID"),
        ("a digest that is none", "sha256:tag", "DIGEST_INVALID"),
        ("UTF-8", "%C3%A9", "TAG_INVALID"),
        ("a null", "a%00", "TAG_INVALID"),
        ("an encoded slash", "a%2fb", "TAG_INVALID"),
        ("no UTF-8", "%ff", "TAG_INVALID"),
    )
    for method in ("GET", "PUT", "DELETE")
]

UPLOAD_IDS = [
    Row(f"A9 {what}, {method}", method, f"{UPLOADS}{upload}?digest=sha256:{HEX}", 404, "BLOB_UPLOAD_UNKNOWN")
    for what, upload in (
        ("unknown", "00000000-0000-4000-8000-000000000000"),
        ("a path", "..%2f..%2fcredentials"),
        ("a null", "%00"),
        ("long", "a" * 2000),
    )
    for method in ("GET", "PATCH", "PUT", "DELETE")
]

PAGES = [
    Row(f"A12 {query}", "GET", f"{path}?{query}", 400, "UNSUPPORTED")
    for path in ("team/app/tags/list", "_catalog")
    for query in ("n=-1", "n=abc", "n=9223372036854775808", "n=1e3", "n=%00", "last=%00", f"last={'a' * 3000}", "n=%ff")
]

ENCODED = [
    Row(f"A21 {encoding}, {method}", method, path, 415, "UNSUPPORTED", b"\x1f\x8b", {"Content-Encoding": encoding})
    for encoding in ("gzip", "zstd", "br")
    for method, path in (("PUT", f"{MANIFEST}x"), ("POST", f"{UPLOADS}?digest=sha256:{HEX}"))
]

ROWS = [*DIGESTS, *MANIFESTS, *NAMES, *TAGS, *UPLOAD_IDS, *PAGES, *ENCODED]


def attack(target: Target, row: Row) -> None:
    body: bytes | Iterator[bytes] = row.body if isinstance(row.body, bytes) else iter(row.body)
    reply = target.v2(row.method, row.path, body, dict(row.headers))
    assert (reply.status, reply.code) == (row.status, row.code), row.name


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_refused(target: Target, row: Row) -> None:
    """Bad input gets its status and its code."""
    attack(target, row)


def test_nothing_grows(target: Target) -> None:
    """After all of them three times over, memory is where it was and no temporary file is left."""
    for row in ROWS:
        attack(target, row)
    before = target.resident()
    for row in ROWS * 2:
        attack(target, row)
    assert target.resident() - before < 32 * 1024**2
    assert target.temporary_files() == []


def test_an_upload_of_another_repository(target: Target) -> None:
    """A9: an upload's id is worth nothing elsewhere, and nothing again once it was used."""
    target.ecr.create_repository(repositoryName="other/app")
    try:
        upload = target.ecr.initiate_layer_upload(repositoryName="team/app")["uploadId"]
        data, digest = b"bytes", digests.of(b"bytes")
        assert target.v2("PUT", f"other/app/blobs/uploads/{upload}?digest={digest}", data).status == 404
        assert target.v2("PUT", f"{UPLOADS}{upload}?digest={digest}", data).status == 201
        assert target.v2("PUT", f"{UPLOADS}{upload}?digest={digest}", data).code == "BLOB_UPLOAD_UNKNOWN"
    finally:
        target.ecr.delete_repository(repositoryName="other/app", force=True)


@pytest.mark.parametrize(
    "content_range", ["1-3", "3-1", "0-1", "-1-2", "0-99", "x", "0-18446744073709551616", "bytes */3"]
)
def test_content_ranges(target: Target, content_range: str) -> None:
    """A10: a chunk that overlaps, leaves a gap or is of another length is refused, and the upload is as it was."""
    upload = target.ecr.initiate_layer_upload(repositoryName="team/app")["uploadId"]
    assert target.v2("PATCH", UPLOADS + upload, b"abc").status == 202
    for method, path in (("PATCH", UPLOADS + upload), ("PUT", f"{UPLOADS}{upload}?digest={digests.of(b'abcdef')}")):
        reply = target.v2(method, path, b"defg", {"Content-Range": content_range})
        assert reply.status in (400, 416)
        standing = target.v2("GET", UPLOADS + upload)
        assert (standing.status, standing.headers["range"]) == (204, "0-2")
    assert target.v2("PATCH", UPLOADS + upload, b"def", {"Content-Range": "3-5"}).status == 202
    assert target.v2("PUT", f"{UPLOADS}{upload}?digest={digests.of(b'abcdef')}").status == 201


def test_big_annotations_are_no_attack(target: Target) -> None:
    """A manifest just below 4 MiB is kept."""
    for blob in (b"{}", b"layer"):
        assert target.v2("POST", f"{UPLOADS}?digest={digests.of(blob)}", blob).status == 201
    data = a_manifest(b"layer", annotations={"note": "x" * 4_000_000})
    assert target.v2("PUT", f"{MANIFEST}big", data, {"Content-Type": manifests.OCI_MANIFEST}).status == 201
    assert target.v2("GET", f"{MANIFEST}big").body == data
    subject = a_descriptor(data, manifests.OCI_MANIFEST)
    assert target.v2("PUT", f"{MANIFEST}sig", a_manifest(b"layer", subject=subject)).status == 201


@pytest.mark.parametrize(
    "wanted",
    [
        *("-0", "5-1", "3000-", f"0-{2**64}", f"{2**70}-", "0-0,0-0,0-0", "0-,0-,0-", "0-2999,1-2999,2-2999"),
        ",".join(["0-"] * 1000),
        ",".join(f"{n}-{n}" for n in range(0, 1000, 2)),
        ",".join(f"{n}-{n}" for n in range(1000)),
    ],
)
def test_ranges(target: Target, wanted: str) -> None:
    """A11: no range gets more than the blob and the heads of its parts; at most 256 parts, else the whole or 416."""
    data = bytes(3000)
    digest = digests.of(data)
    target.v2("POST", f"{UPLOADS}?digest={digest}", data)
    reply = target.v2("GET", f"team/app/blobs/{digest}", headers={"Range": f"bytes={wanted}"})
    assert reply.status in (200, 206, 416)
    assert len(reply.body) <= len(data) + 256 * 200
