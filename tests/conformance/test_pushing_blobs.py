"""Pushing blobs: at once, in chunks, by mounting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conformance.conftest import Client, digest_of, place
from tests.conformance.sections import proves

DATA = b"0123456789abcdef" * 192
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def stored(client: Client, digest: str, data: bytes = DATA) -> bool:
    return client("GET", f"blobs/{digest}").body == data


@proves(
    "Pushing a blob monolithically", "MUST", "POST gives a place, PUT there with the digest is 201.", "end-4a", "end-6"
)
@ALGORITHMS
def test_post_put(client: Client, algorithm: str) -> None:
    digest = digest_of(DATA, algorithm)
    opened = client("POST", "blobs/uploads/", content_length="0")
    assert opened.status == 202
    answer = client("PUT", f"{place(opened)}?digest={digest}", DATA, content_type="application/octet-stream")
    assert (answer.status, answer.headers["docker-content-digest"]) == (201, digest)
    assert client("GET", place(answer)).body == DATA


@proves("Pushing a blob monolithically", "SHOULD", "A single POST with digest and bytes is 201.", "end-4b")
@ALGORITHMS
def test_single_post(client: Client, algorithm: str) -> None:
    digest = digest_of(DATA, algorithm)
    answer = client("POST", f"blobs/uploads/?digest={digest}", DATA, content_type="application/octet-stream")
    assert (answer.status, answer.headers["docker-content-digest"]) == (201, digest)
    assert client("GET", place(answer)).body == DATA


@proves(
    "Pushing a blob monolithically", "MUST", "Bytes that are not those of the digest are 400 and not stored.", "end-6"
)
@ALGORITHMS
@pytest.mark.parametrize("way", ["single", "put", "chunks"])
def test_wrong_bytes(client: Client, algorithm: str, way: str) -> None:
    digest = digest_of(DATA, algorithm)
    if way == "single":
        answer = client("POST", f"blobs/uploads/?digest={digest}", DATA + b"oh no")
    elif way == "put":
        answer = client("PUT", f"{client.start()}?digest={digest}", DATA + b"oh no")
    else:
        sent = client("PATCH", client.start(), DATA + b"oh no")
        answer = client("PUT", f"{place(sent)}?digest={digest}")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert client("HEAD", f"blobs/{digest}").status == 404


@proves("Pushing a blob monolithically", "MUST", "A digest that is none is 400.", "end-4b", "end-6")
@pytest.mark.parametrize("digest", ["", "sha256:short", "md5:" + "0" * 32, "SHA256:" + "0" * 64, "sha256:" + "G" * 64])
def test_bad_digest(client: Client, digest: str) -> None:
    assert client("POST", f"blobs/uploads/?digest={digest}", DATA).code == "DIGEST_INVALID"
    assert client("PUT", f"{client.start()}?digest={digest}", DATA).status == 400


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "Chunks in order with Content-Range are 202, each told how far it came.",
    "end-5",
)
@ALGORITHMS
def test_chunks(client: Client, algorithm: str) -> None:
    at, where = 0, client.start()
    for piece in pieces(DATA):
        answer = client("PATCH", where, piece, content_range=f"{at}-{at + len(piece) - 1}")
        at, where = at + len(piece), place(answer)
        assert (answer.status, answer.headers["range"]) == (202, f"0-{at - 1}")
    digest = digest_of(DATA, algorithm)
    assert client("PUT", f"{where}?digest={digest}").status == 201
    assert stored(client, digest)


@proves("Pushing a blob in chunks", "MUST", "The last chunk may come with the closing PUT.", "end-6")
@ALGORITHMS
def test_last_chunk_with_put(client: Client, algorithm: str) -> None:
    where = place(client("PATCH", client.start(), DATA[:2000], content_range="0-1999"))
    digest = digest_of(DATA, algorithm)
    answer = client("PUT", f"{where}?digest={digest}", DATA[2000:], content_range=f"2000-{len(DATA) - 1}")
    assert answer.status == 201
    assert stored(client, digest)


@proves(
    "Pushing a blob in chunks", "MUST", "A stream without Content-Range and without a length is one chunk.", "end-5"
)
@ALGORITHMS
def test_stream(client: Client, algorithm: str) -> None:
    answer = client("PATCH", client.start(), pieces(DATA), content_type="application/octet-stream")
    assert (answer.status, answer.headers["range"]) == (202, f"0-{len(DATA) - 1}")
    digest = digest_of(DATA, algorithm)
    assert client("PUT", f"{place(answer)}?digest={digest}").status == 201
    assert stored(client, digest)


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "A chunk out of order is 416, and the upload stands where it stood.",
    "end-5",
    "end-13",
)
@pytest.mark.parametrize("wrong", ["2000-2999", "0-999", "999-1998", "1001-2000"])
def test_out_of_order(client: Client, wrong: str) -> None:
    where = place(client("PATCH", client.start(), DATA[:1000], content_range="0-999"))
    digest = digest_of(DATA)
    for method, path in (("PATCH", where), ("PUT", f"{where}?digest={digest}")):
        answer = client(method, path, DATA[:1000], content_range=wrong)
        assert (answer.status, answer.code) == (416, "BLOB_UPLOAD_INVALID")
        standing = client("GET", where)
        assert (standing.status, standing.headers["range"]) == (204, "0-999")
    assert client("PUT", f"{where}?digest={digest}", DATA[1000:], content_range=f"1000-{len(DATA) - 1}").status == 201
    assert stored(client, digest)


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "GET of an upload is 204 with Range and Location, to go on after a break.",
    "end-13",
)
def test_resume(client: Client) -> None:
    where = client.start()
    assert client("PATCH", where, DATA[:1234]).status == 202
    standing = client("GET", where)
    assert (standing.status, standing.body, standing.headers["range"]) == (204, b"", "0-1233")
    assert client("PATCH", place(standing), DATA[1234:], content_range=f"1234-{len(DATA) - 1}").status == 202
    assert client("PUT", f"{where}?digest={digest_of(DATA)}").status == 201


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "An upload that is not there is 404, for every method.",
    "end-5",
    "end-6",
    "end-13",
    "end-14",
)
def test_no_upload(client: Client, other: Client) -> None:
    strange = other.start().rpartition("/")[2]
    done = client.start()
    client("PUT", f"{done}?digest={digest_of(DATA)}", DATA)
    for upload in (strange, done.rpartition("/")[2], "00000000-0000-4000-8000-000000000000", "nothing"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = client(method, f"blobs/uploads/{upload}", DATA if method == "PATCH" else None)
            assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")
        assert client("PUT", f"blobs/uploads/{upload}?digest={digest_of(DATA)}", DATA).status == 404


@proves("Cancelling an upload", "SHOULD", "DELETE of an upload is 204, and the upload is gone.", "end-14")
def test_cancel(client: Client) -> None:
    where = client.start()
    client("PATCH", where, DATA)
    assert client("DELETE", where).status == 204
    assert client("GET", where).status == client("DELETE", where).status == 404


@proves(
    "Pushing a blob in chunks",
    "MAY",
    "There is no least size of a chunk, so OCI-Chunk-Min-Length is not sent.",
    "end-4a",
)
def test_small_chunks(client: Client) -> None:
    opened = client("POST", "blobs/uploads/", content_length="0")
    assert "oci-chunk-min-length" not in opened.headers
    where = place(opened)
    for at in range(8):
        where = place(client("PATCH", where, DATA[at : at + 1], content_range=f"{at}-{at}"))
    assert client("PUT", f"{where}?digest={digest_of(DATA[:8])}").status == 201


@proves("Mounting a blob", "MUST", "A blob that the named repository has is 201, without its bytes.", "end-11")
@ALGORITHMS
def test_mount(client: Client, other: Client, algorithm: str) -> None:
    digest = other.blob(DATA, algorithm)
    answer = client("POST", f"blobs/uploads/?mount={digest}&from={other.repository}", content_length="0")
    assert (answer.status, answer.headers["docker-content-digest"]) == (201, digest)
    assert client("GET", place(answer)).body == DATA


@proves("Mounting a blob", "MAY", "Without `from`, any repository that the caller may read will do.", "end-11")
@ALGORITHMS
def test_mount_from_anywhere(client: Client, other: Client, algorithm: str) -> None:
    data = DATA + client.repository.encode()
    digest = other.blob(data, algorithm)
    assert client("POST", f"blobs/uploads/?mount={digest}", content_length="0").status == 201
    assert stored(client, digest, data)


@proves("Mounting a blob", "MUST", "What cannot be mounted is 202, a new upload that can be gone on with.", "end-11")
@pytest.mark.parametrize("source", ["{other}", "{own}", "no/such-repository", "NOT A NAME", ""])
def test_mount_of_nothing(client: Client, source: str) -> None:
    data = DATA + client.repository.encode()
    name = source.format(other=client.others[0], own=client.repository).replace(" ", "%20")
    answer = client("POST", f"blobs/uploads/?mount={digest_of(data)}&from={name}", content_length="0")
    assert answer.status == 202
    assert client("PUT", f"{place(answer)}?digest={digest_of(data)}", data).status == 201
