"""Files sent by the kernel (`http.response.zerocopysend`) and answers that end early."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

END = b"Connection: close\r\n\r\n"


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "query",
    ["", "offset=1", "offset=5&count=3", "count=65536", "count=65537", "offset=9437000&count=201", "count=0"],
)
def test_ranges(server: Any, blob: bytes, query: str) -> None:
    """Small parts go through the loop, large ones through the kernel; both are the file's bytes."""
    asked = dict(part.split("=") for part in query.split("&") if part)
    start = int(asked.get("offset", 0))
    end = start + int(asked["count"]) if "count" in asked else len(blob)
    assert body(server.get(f"/blob?{query}")) == blob[start:end]


@pytest.mark.parametrize("query", ["parts=1000", "parts=3000000", "parts=9437000", "chunked=1"])
def test_several_messages_and_chunks(server: Any, blob: bytes, query: str) -> None:
    """A file may go out in several messages, and without a length in chunks."""
    got = body(server.get(f"/blob?{query}"))
    if query == "chunked=1":
        got = _unchunk(got)
    assert got == blob


def test_head_sends_no_body(server: Any, blob: bytes) -> None:
    """HEAD has the length and nothing else; the connection goes on."""
    request = b"HEAD /blob HTTP/1.1\r\nHost: x\r\n\r\nGET /blob?count=5 HTTP/1.1\r\nHost: x\r\n" + END
    head, _, rest = server.talk(request).partition(b"\r\n\r\n")
    assert b"content-length: %d\r\n" % len(blob) in head
    assert rest.startswith(b"HTTP/1.1 206")
    assert body(rest) == blob[:5]


def test_keep_alive_and_pipelining(server: Any, blob: bytes) -> None:
    """Five requests sent at once are answered in order, files and texts mixed, on one connection."""
    one = b"GET /blob HTTP/1.1\r\nHost: x\r\n\r\n"
    text = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = server.talk(one + text + one + text + b"GET /blob?offset=9 HTTP/1.1\r\nHost: x\r\n" + END)
    for expected in (blob, b"GET /? 0 host", blob, b"GET /? 0 host", blob[9:]):
        head, _, answer = answer.partition(b"\r\n\r\n")
        size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert answer[:size] == expected
        answer = answer[size:]
    assert answer == b""


@pytest.mark.parametrize("claim", [70_000_000, 10_000_000])
def test_a_file_that_is_too_short_breaks_the_answer_off(server: Any, blob: bytes, claim: int) -> None:
    """The client never gets as many bytes as announced; the reason is in the log, and the server goes on."""
    got = body(server.get(f"/blob?claim={claim}"))
    assert len(got) <= len(blob)
    assert server.lines("request failed")
    assert server.lines("request")[0]["ended"] == "failed"
    assert body(server.get("/blob?count=3")) == blob[:3]


def test_a_small_file_that_is_too_short(server: Any, blob: bytes) -> None:
    """The same through the loop."""
    got = body(server.get(f"/blob?offset={len(blob) - 10}&claim=20"))
    assert len(got) <= 10
    assert server.lines("request failed")


def test_clients_that_stop_reading_hold_no_thread(serve: Callable[..., Any], blob: bytes) -> None:
    """With three times more stalled downloads than threads another is served at once; then they are dropped."""
    server = serve(limits__body_seconds="2").wait_ready()
    with contextlib.ExitStack() as stack:
        for _ in range(24):
            connection = stack.enter_context(server.connect())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /blob HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        assert body(server.get("/blob")) == blob
        server.until(lambda: sum(line.get("ended") == "client left" for line in server.lines("request")) == 24)


def test_a_slow_download_gets_everything(serve: Callable[..., Any], blob: bytes) -> None:
    """Whoever takes bytes now and then is served to the end."""
    server = serve(limits__body_seconds="1").wait_ready()
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(b"GET /blob HTTP/1.1\r\nHost: x\r\n" + END)
        got = bytearray()
        while piece := connection.recv(200_000):
            got += piece
            time.sleep(0.02)
    assert body(bytes(got)) == blob


def test_a_client_that_leaves_while_a_file_is_sent(server: Any, blob: bytes) -> None:
    """It is an ending and not an error."""
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /blob HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1000)
    server.until(lambda: server.lines("request"))
    assert server.lines("request")[0]["ended"] == "client left"
    assert not server.lines("request failed")


def test_an_application_that_raises(server: Any) -> None:
    """500 with the request id and no detail; the traceback is in the log, without secret or control character."""
    answer = server.get("/fail")
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"RuntimeError" not in answer
    line = server.lines("request failed")[0]
    assert b"x-amzn-requestid: " + line["request_id"].encode() in answer
    assert "RuntimeError" in line["exception"]
    assert "hunter2" not in server.log.read_text()
    assert "\x1b" not in line["exception"]


def test_an_application_that_raises_late(server: Any) -> None:
    """The connection breaks before the announced length."""
    answer = server.get("/fail-late")
    assert len(body(answer)) < 10
    assert server.lines("request failed")


def _unchunk(framed: bytes) -> bytes:
    got, at = bytearray(), 0
    while True:
        line_end = framed.index(b"\r\n", at)
        size = int(framed[at:line_end], 16)
        got += framed[line_end + 2 : line_end + 2 + size]
        at = line_end + 2 + size + 2
        if not size:
            return bytes(got)
