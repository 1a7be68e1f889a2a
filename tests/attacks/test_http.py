"""Requests that two servers could read differently (A19), on both doors; `tests/server` has the whole table."""

from __future__ import annotations

import pytest
from tests.attacks.conftest import Target

SMUGGLED = b"GET /v2/ HTTP/1.1\r\nHost: smuggled\r\n\r\n"

HEADS = {
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n",
    "a list of lengths": b"Content-Length: 3, 3\r\n",
    "length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "a negative length": b"Content-Length: -1\r\n",
    "a length with a sign": b"Content-Length: +3\r\n",
    "a huge length": b"Content-Length: 99999999999999999999\r\n",
    "a folded header": b"X-A: b\r\n c\r\nContent-Length: 0\r\n",
    "a space before the colon": b"Content-Length : 3\r\n",
    "a bare line feed": b"X-A: b\nX-C: d\r\n",
    "a null": b"X-A: \0\r\n",
    "two hosts": b"Host: other\r\n",
    "100,000 bytes of header": b"X-A: " + b"a" * 100_000 + b"\r\n",
    "5,000 headers": b"X-A: b\r\n" * 5_000,
}


@pytest.mark.parametrize("path", [b"/v2/team/app/blobs/uploads/", b"/"])
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS.keys())
def test_smuggling(target: Target, head: bytes, path: bytes) -> None:
    """A19: refused with one 4xx, and nothing behind it on the connection is taken for a request."""
    answer = target.raw(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n" + SMUGGLED)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1


def test_no_host(target: Target) -> None:
    """A request without a Host is 400."""
    assert target.raw(b"GET /v2/ HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_refused_body_is_not_the_next_request(target: Target) -> None:
    """A body that nobody wanted to read, on either door, is not read as a request."""
    for start in (b"PUT /v2/team/app/manifests/x HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n"):
        head = start + b"Host: localhost\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED)
        answer = target.raw(head + SMUGGLED)
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"HTTP/1.1 4" in answer


def test_a_request_id_on_every_answer(target: Target) -> None:
    """Refusals of the protocol have a request id too."""
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v2/ HTTP/1.1\r\n\r\n", b"junk\r\n\r\n"):
        assert b"x-amzn-requestid: " in target.raw(data).lower()
