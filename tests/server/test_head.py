"""Requests that could be read in two ways, and others that are none."""

from collections.abc import Callable
from typing import Any

import pytest

POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

BAD = {
    "length-and-chunked": (400, POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "chunked-and-length": (400, POST + CHUNKED + b"Content-Length: 3\r\n\r\n0\r\n\r\n"),
    "two-lengths": (400, POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    "same-length-twice": (400, POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    "length-list": (400, POST + b"Content-Length: 3, 3\r\n\r\nabc"),
    "length-plus": (400, POST + b"Content-Length: +3\r\n\r\nabc"),
    "length-minus": (400, POST + b"Content-Length: -3\r\n\r\nabc"),
    "length-hex": (400, POST + b"Content-Length: 0x3\r\n\r\nabc"),
    "length-empty": (400, POST + b"Content-Length:\r\n\r\n"),
    "length-overflow": (400, POST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    "length-too-large": (413, POST + b"Content-Length: 54525952001\r\n\r\n"),
    "coding-list": (400, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "coding-reversed": (400, POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    "coding-twice": (400, POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n"),
    "coding-unknown": (400, POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "coding-identity": (400, POST + b"Transfer-Encoding: identity\r\n\r\n"),
    "coding-vertical-tab": (400, POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    "coding-in-1.0": (400, b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "chunk-bad-size": (400, POST + CHUNKED + b"\r\nzz\r\n"),
    "chunk-bare-lf": (400, POST + CHUNKED + b"\r\n3\nabc\n0\n\n"),
    "chunk-longer": (400, POST + CHUNKED + b"\r\n3\r\nabcd\r\n0\r\n\r\n"),
    "trailer-length": (400, POST + CHUNKED + b"\r\n0\r\nContent-Length: 5\r\n\r\n"),
    "fold": (400, GET + b"X: a\r\n b\r\n\r\n"),
    "fold-first": (400, b"GET / HTTP/1.1\r\n X: a\r\nHost: x\r\n\r\n"),
    "bare-lf": (400, b"GET / HTTP/1.1\nHost: x\n\n"),
    "bare-lf-header": (400, b"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"),
    "bare-cr": (400, GET + b"X: a\rY: b\r\n\r\n"),
    "nul": (400, GET + b"X: a\0b\r\n\r\n"),
    "space-before-colon": (400, POST + b"Content-Length : 3\r\n\r\nabc"),
    "no-name": (400, GET + b": x\r\n\r\n"),
    "no-host": (400, b"GET / HTTP/1.1\r\nX: y\r\n\r\n"),
    "two-hosts": (400, GET + b"Host: x\r\n\r\n"),
    "host-with-user": (400, b"GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"),
    "host-with-path": (400, b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"),
    "two-authorizations": (400, GET + b"Authorization: Basic a\r\nAuthorization: Basic b\r\n\r\n"),
    "absolute-form": (400, b"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    "authority-form": (400, b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "asterisk-form": (400, b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
    "fragment": (400, b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"),
    "not-ascii": (400, b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "tab": (400, b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    "http-2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "http-2-line": (505, b"GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
    "http-3": (400, b"GET / HTTP/3.7\r\nHost: x\r\n\r\n"),
    "tls-hello": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)),
    "upgrade-with-body": (400, POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"),
    "many-headers": (400, GET + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n"),
    "long-header": (431, GET + b"X: " + b"y" * 40_000 + b"\r\n\r\n"),
    "long-target": (431, b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "endless-header": (431, GET + b"X: " + b"y" * 3_000_000),
    "endless-chunk-extension": (431, POST + CHUNKED + b"\r\n3;" + b"y" * 3_000_000),
    "endless-trailer": (431, POST + CHUNKED + b"\r\n0\r\nX: " + b"y" * 3_000_000),
    "many-pipelined": (400, (GET + b"\r\n") * 500),
}


def test_bad_heads_are_refused_and_closed(server: Any) -> None:
    """Each is answered with its status alone, the connection is closed, and what follows is not executed."""
    for name, (status, request) in BAD.items():
        if name == "many-pipelined":
            continue
        smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" if len(request) < 10_000 else b""
        answer = server.talk(request + smuggled, 5)
        assert answer.startswith(b"HTTP/1.1 %d " % status), (name, answer[:300])
        assert answer.count(b"HTTP/1.1 ") == 1, name
        assert b"connection: close" in answer, name
        assert b"x-amzn-requestid: " in answer, name
    assert not [line for line in server.lines("request") if line["path"] == "/smuggled"]
    assert server.get("/").startswith(b"HTTP/1.1 200")


def test_too_many_pipelined_requests_are_cut(server: Any) -> None:
    """Those before the limit are answered in order, then comes one 400."""
    answer = server.talk(BAD["many-pipelined"][1])
    assert 0 < answer.count(b"HTTP/1.1 200") < 200
    assert answer.count(b"HTTP/1.1 400") == 1
    assert answer.rindex(b"HTTP/1.1 400") > answer.rindex(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /? 0 host"),
        (b"GET / HTTP/1.0\r\n\r\n", b"GET /? 0 "),
        (b"GET //a/../b%2fc?x=%20&y HTTP/1.1\r\nHost: x:5000\r\n\r\n", b"GET //a/../b%2fc?x=%20&y 0 host"),
        (b"GET / HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", b"GET /? 0 host"),
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", b"GET /? 0 host"),
        (POST + CHUNKED + b"\r\n3;a=b\r\nabc\r\n0\r\n\r\n", b"POST /? 3 host,transfer-encoding"),
        (POST + CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n", b"POST /? 3 host,transfer-encoding"),
        (POST + b"Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na", b"POST /? 1 host,"),
        (GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", b"GET /? 0 host,connection,upgrade"),
    ],
)
def test_unusual_heads_pass(server: Any, request_: bytes, expected: bytes) -> None:
    """What the RFCs allow reaches the application unchanged; a trailer is not among its headers."""
    answer = server.talk(request_, 1)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert expected in answer
    assert b"x-late" not in answer


def test_a_header_may_come_in_many_pieces(serve: Callable[..., Any]) -> None:
    """Bytes are counted once: headers just below the limit pass however they are cut."""
    server = serve().wait_ready()
    request = GET + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 300) for n in range(100)) + b"Connection: close\r\n\r\n"
    with server.connect() as connection:
        for start in range(0, len(request), 4096):
            connection.sendall(request[start : start + 4096])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
