"""Uploads beside each other, uploads that break off, and chunks that are not what they say."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.conformance.conftest import Answer, Client, digest_of, place
from tests.conformance.sections import proves

DATA = bytes(range(256)) * 12
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
Line = Callable[[], Client]


@proves(
    "Pushing a blob monolithically", "MUST", "The place of an upload is its own and holds a UUID or the like.", "end-4a"
)
def test_places(client: Client) -> None:
    places = {client.start() for _ in range(8)}
    assert len(places) == 8
    assert all(re.search(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", where) for where in places)


@proves(
    "Pushing a blob monolithically",
    "MUST",
    "Uploads go on beside each other, chunk by chunk, over one connection or several.",
    "end-4a",
    "end-5",
    "end-6",
)
@ALGORITHMS
def test_beside_each_other(client: Client, line: Line, algorithm: str) -> None:
    lines = [client, line(), line()]
    contents = [DATA + bytes([number]) for number in range(6)]
    places = [client.start() for _ in contents]
    for at in (0, 1000, 2000):
        for number, content in enumerate(contents):
            chunk = content[at : at + 1000] if at < 2000 else content[at:]
            span = f"{at}-{at + len(chunk) - 1}"
            assert lines[number % 3]("PATCH", places[number], chunk, content_range=span).status == 202
    for number, content in enumerate(contents):
        digest = digest_of(content, algorithm)
        assert lines[-number % 3]("PUT", f"{places[number]}?digest={digest}").status == 201
        assert client("GET", f"blobs/{digest}").body == content


@proves(
    "Pushing a blob monolithically",
    "MUST",
    "The same blob may be pushed by several at once; all are told 201.",
    "end-6",
)
@ALGORITHMS
def test_same_blob_at_once(client: Client, line: Line, algorithm: str) -> None:
    lines = [line() for _ in range(4)]
    with ThreadPoolExecutor(len(lines)) as pool:
        digests = set(pool.map(lambda one: one.blob(DATA, algorithm), lines))
    assert digests == {digest_of(DATA, algorithm)}
    assert client("GET", f"blobs/{digests.pop()}").body == DATA


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "Of two that send the same chunk at once one is 202; the bytes are there once.",
    "end-5",
)
def test_same_chunk_at_once(client: Client, line: Line) -> None:
    where = client.start()
    lines = [line() for _ in range(4)]
    span = f"0-{len(DATA) - 1}"
    with ThreadPoolExecutor(len(lines)) as pool:
        statuses = sorted(pool.map(lambda one: one("PATCH", where, DATA, content_range=span).status, lines))
    assert statuses[0] == 202
    assert set(statuses[1:]) <= {409, 416}
    assert client("GET", where).headers["range"] == span
    assert client("PUT", f"{where}?digest={digest_of(DATA)}").status == 201


@proves("Pushing a blob in chunks", "MUST", "Before the closing PUT there is no blob.", "end-5", "end-2")
def test_not_before_the_end(client: Client) -> None:
    where = client.start()
    client("PATCH", where, DATA)
    for method in ("GET", "HEAD"):
        assert client(method, f"blobs/{digest_of(DATA)}").status == 404


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "After a connection that broke off, GET says where to go on, and the blob is whole.",
    "end-5",
    "end-13",
)
@pytest.mark.parametrize("span", ["", f"0-{len(DATA) - 1}"])
def test_broken_connection(client: Client, line: Line, span: str) -> None:
    where = client.start()
    broken = line().connection
    broken.putrequest("PATCH", where)
    for name, value in (("Authorization", client.login), ("Content-Length", str(len(DATA))), ("Content-Range", span)):
        if value:
            broken.putheader(name, value)
    broken.endheaders(DATA[:1500])
    broken.close()
    at = resting(client, where)
    assert at <= 1500
    answer = client("PATCH", where, DATA[at:], content_range=f"{at}-{len(DATA) - 1}")
    assert (answer.status, answer.headers["range"]) == (202, f"0-{len(DATA) - 1}")
    assert client("PUT", f"{where}?digest={digest_of(DATA)}").status == 201
    assert client("GET", f"blobs/{digest_of(DATA)}").body == DATA


def resting(client: Client, where: str) -> int:
    """How many bytes an upload has, once nobody writes to it any more: an empty chunk is taken then."""
    for _ in range(100):
        if client("PATCH", where, b"").status == 202:
            break
        time.sleep(0.05)
    last = int(client("GET", where).headers["range"].removeprefix("0-"))
    return last + 1 if last else 0


def unchanged(client: Client, where: str) -> bool:
    standing = client("GET", where)
    return (standing.status, standing.headers["range"]) == (204, "0-999")


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "A Content-Range that is none is 416, and the upload stands where it stood.",
    "end-5",
    "end-6",
)
@pytest.mark.parametrize("span", ["1000-", "-1999", "1000", "a-b", "1999-1000", "1000-1999-2000", "+1000-1999", " "])
def test_bad_content_range(client: Client, span: str) -> None:
    where = place(client("PATCH", client.start(), DATA[:1000], content_range="0-999"))
    for method, path in (("PATCH", where), ("PUT", f"{where}?digest={digest_of(DATA)}")):
        answer = client(method, path, DATA[1000:2000], content_range=span)
        assert answer.status == 416
        assert unchanged(client, where)


@proves("Pushing a blob in chunks", "MUST", "The first chunk begins at 0; one that does not is 416.", "end-5")
def test_first_chunk(client: Client) -> None:
    where = client.start()
    assert client("PATCH", where, DATA[:1000], content_range="1-1000").status == 416
    assert client("PATCH", where, DATA[:1000], content_range="0-999").status == 202


@proves(
    "Pushing a blob in chunks",
    "MUST",
    "A chunk shorter or longer than its Content-Range is 400 SIZE_INVALID and not kept.",
    "end-5",
    "end-6",
)
@pytest.mark.parametrize("last", [1998, 2000, 999_999])
def test_wrong_length(client: Client, last: int) -> None:
    where = place(client("PATCH", client.start(), DATA[:1000], content_range="0-999"))
    for method, path in (("PATCH", where), ("PUT", f"{where}?digest={digest_of(DATA[:2000])}")):
        answer = client(method, path, DATA[1000:2000], content_range=f"1000-{last}")
        assert (answer.status, answer.code) == (400, "SIZE_INVALID")
        assert unchanged(client, where)


@proves("Pushing a blob in chunks", "MUST", "The closing PUT names the whole blob's digest, or is 400.", "end-6")
@pytest.mark.parametrize("query", ["", "?digest=", "?digest=latest", "?other=1"])
def test_closing_without_digest(client: Client, query: str) -> None:
    where = client.start()
    client("PATCH", where, DATA)
    answer = client("PUT", f"{where}{query}")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert client("PUT", f"{where}?digest={digest_of(DATA)}").status == 201


@proves(
    "Cancelling an upload",
    "field",
    "POST and at once DELETE, by which crane and kaniko ask whether they may push, is 202 and 204.",
    "end-4a",
    "end-14",
)
def test_probe(client: Client) -> None:
    for _ in range(3):
        answer: Answer = client("POST", "blobs/uploads/", content_length="0")
        assert (answer.status, client("DELETE", place(answer)).status) == (202, 204)


@proves("Cancelling an upload", "MUST", "What was sent to a cancelled upload is no blob.", "end-14", "end-2")
def test_cancelled(client: Client) -> None:
    where = client.start()
    client("PATCH", where, DATA)
    client("DELETE", where)
    assert client("PUT", f"{where}?digest={digest_of(DATA)}").code == "BLOB_UPLOAD_UNKNOWN"
    assert client("HEAD", f"blobs/{digest_of(DATA)}").status == 404


@proves("Mounting a blob", "MUST", "Mounting a digest that is none is 400.", "end-11")
@pytest.mark.parametrize("digest", ["", "latest", "sha256:short", "md5:" + "0" * 32])
def test_bad_mount(client: Client, digest: str) -> None:
    for source in ("", f"&from={client.others[0]}"):
        answer = client("POST", f"blobs/uploads/?mount={digest}{source}", content_length="0")
        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")


@proves("Mounting a blob", "MUST", "Mounting again, or what is there already, is 201 as well.", "end-11")
def test_mount_again(client: Client, other: Client) -> None:
    digest = other.blob(DATA)
    for source in (other.repository, other.repository, client.repository):
        answer = client("POST", f"blobs/uploads/?mount={digest}&from={source}", content_length="0")
        assert answer.status == 201
    assert client("GET", place(answer)).body == DATA
    assert other("GET", f"blobs/{digest}").body == DATA
