"""Limits and deadlines of a connection."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


def closed_within(connection: socket.socket, seconds: float) -> tuple[bytes, float]:
    """Read until the server closes; return what came and how long it took."""
    connection.settimeout(seconds)
    got, began = b"", time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 20):
            got += piece
    return got, time.monotonic() - began


def test_a_slow_header_is_answered_408(serve: Callable[..., Any]) -> None:
    """A client that sends a header byte by byte is cut off at the deadline, however busy it keeps the line."""
    server = serve(limits__header_seconds="0.6").wait_ready()
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < began + 5:
                connection.sendall(b"y")
                time.sleep(0.1)
                connection.settimeout(0.01)
                with contextlib.suppress(TimeoutError):
                    assert connection.recv(100).startswith(b"HTTP/1.1 408")
                    break
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n", GET])
def test_an_idle_connection_is_closed(serve: Callable[..., Any], sent: bytes) -> None:
    """Without a request, or after one, nothing is answered and the connection ends."""
    server = serve(limits__header_seconds="0.5", limits__idle_seconds="0.5").wait_ready()
    with server.connect() as connection:
        connection.sendall(sent)
        got, seconds = closed_within(connection, 10)
    assert got.count(b"HTTP/1.1") == (1 if sent == GET else 0)
    assert 0.3 < seconds < 5


def test_an_active_connection_outlives_its_deadlines(serve: Callable[..., Any]) -> None:
    """Requests and slow answers keep a connection open past every deadline; so does a body that moves."""
    server = serve(limits__header_seconds="0.4", limits__idle_seconds="0.8", limits__body_seconds="0.6").wait_ready()
    with server.connect() as connection:
        for _ in range(4):
            connection.sendall(b"GET /slow?0.5 HTTP/1.1\r\nHost: x\r\n\r\n")
            server.read(connection, b"slow but there")
        connection.sendall(POST + b"Content-Length: 5\r\n\r\n")
        for _ in range(5):
            time.sleep(0.3)
            connection.sendall(b"a")
        server.read(connection, b"POST /? 5")


def test_a_body_that_stands_still_is_answered_408(serve: Callable[..., Any]) -> None:
    """The application is told that the client left, and the connection ends."""
    server = serve(limits__body_seconds="0.6").wait_ready()
    with server.connect() as connection:
        connection.sendall(POST + b"Content-Length: 5\r\n\r\nab")
        got, seconds = closed_within(connection, 10)
    assert got.startswith(b"HTTP/1.1 408")
    assert 0.4 < seconds < 5
    server.until(lambda: server.lines("request"))
    assert server.lines("request")[0]["ended"] == "client left"


def test_chunk_framing_without_bytes_does_not_count(serve: Callable[..., Any]) -> None:
    """A chunk extension fed byte by byte is no progress."""
    server = serve(limits__body_seconds="0.6").wait_ready()
    with server.connect() as connection:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n5;")
        end = time.monotonic() + 3
        connection.settimeout(0.05)
        got = b""
        with contextlib.suppress(OSError):
            while not got and time.monotonic() < end:
                connection.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    got = connection.recv(100)
        assert got.startswith(b"HTTP/1.1 408")


def test_a_body_that_is_too_large_is_cut(serve: Callable[..., Any]) -> None:
    """An announced one is refused before it is sent, a chunked one when it passes the limit."""
    server = serve(limits__body_bytes="100000").wait_ready()
    assert b"100-continue" not in server.talk(POST + b"Expect: 100-continue\r\nContent-Length: 100001\r\n\r\n")
    assert server.talk(POST + b"Content-Length: 100001\r\n\r\n").startswith(b"HTTP/1.1 413")
    chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
    answer = server.talk(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 4)
    assert answer.startswith(b"HTTP/1.1 413")
    exact = POST + b"Content-Length: 100000\r\nConnection: close\r\n\r\n" + bytes(100000)
    assert b"POST /? 100000" in server.talk(exact)


def test_too_many_requests_in_progress_are_answered_503(serve: Callable[..., Any]) -> None:
    """Idle connections do not count; running requests do; afterwards all is well."""
    server = serve(limits__concurrency="3").wait_ready()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(6)]
        for connection in idle[:3]:
            connection.sendall(b"GET /slow?1 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        answer = server.get("/")
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in answer
        for connection in idle[:3]:
            server.read(connection, b"slow but there")
        assert server.get("/").startswith(b"HTTP/1.1 200")


def test_too_many_connections_are_answered_503(serve: Callable[..., Any]) -> None:
    """Four connections for each request allowed, and no more."""
    server = serve(limits__concurrency="2").wait_ready()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(server.connect())
        time.sleep(0.3)
        assert server.talk(b"").startswith(b"HTTP/1.1 503")


def test_100_continue(server: Any) -> None:
    """It is sent when the application asks for the body, and only then."""
    head = POST + b"Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        server.read(connection, b"POST /? 3")


def test_a_refusal_instead_of_100_continue_closes(server: Any) -> None:
    """What follows a body that was never asked for cannot be told from it, so the connection is not used again."""
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n"
    answer = server.talk(head + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer
    assert answer.count(b"HTTP/1.1") == 1


def test_an_early_answer_reaches_a_client_that_still_sends(server: Any) -> None:
    """The rest of the body is thrown away and the connection serves the next request."""
    with server.connect() as connection:
        connection.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n")
        server.read(connection, b"no")
        connection.sendall(bytes(8000000))
        connection.sendall(GET)
        server.read(connection, b"GET /? 0")


def test_pipelined_requests_are_answered_in_order(server: Any) -> None:
    """Also when the first takes longest, and when the last is malformed."""
    first = b"GET /slow?0.4 HTTP/1.1\r\nHost: x\r\n\r\n"
    post = POST + b"Content-Length: 3\r\n\r\nabc"
    answer = server.talk(first + GET + post + b"GET / HTTP/1.1\r\n\r\n")
    kinds = [answer.index(part) for part in (b"slow but there", b"GET /? 0", b"POST /? 3", b"HTTP/1.1 400")]
    assert kinds == sorted(kinds)
    assert answer.count(b"HTTP/1.1 ") == 4


def test_a_malformed_body_behind_a_running_request(server: Any) -> None:
    """The running request is answered; the malformed one never reaches the application."""
    first = b"GET /slow?0.4 HTTP/1.1\r\nHost: x\r\n\r\n"
    bad = b"POST /bad HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    answer = server.talk(first + bad)
    assert b"slow but there" in answer
    assert answer.index(b"HTTP/1.1 400") > answer.index(b"slow but there")
    assert [line["path"] for line in server.lines("request")] == ["/slow"]


def test_a_malformed_body_of_an_answered_request(server: Any) -> None:
    """An answer that is complete stays as it is; then comes the refusal."""
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head)
        server.read(connection, b"no")
        connection.sendall(b"zz\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")
        assert connection.recv(1000) == b""


def test_a_client_that_stops_reading_is_dropped(serve: Callable[..., Any]) -> None:
    """An answer that stands still does not keep its request for ever."""
    server = serve(limits__body_seconds="0.8").wait_ready()
    with server.connect() as connection:
        connection.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        server.until(lambda: server.lines("request"))
    assert server.lines("request")[0]["ended"] == "client left"
    assert server.lines("request")[0]["sent"] < 64 * 1048576


def test_a_slow_reader_is_served(serve: Callable[..., Any]) -> None:
    """Whoever takes some bytes now and then gets them all, however long it takes."""
    server = serve(limits__body_seconds="0.8").wait_ready()
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        connection.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = 0
        while piece := connection.recv(1 << 22):
            got += len(piece)
            time.sleep(0.03)
    assert got > 64 * 1048576


def test_a_client_that_leaves_is_noticed(server: Any) -> None:
    """The application hears of it; it is logged as an ending and not as an error."""
    with server.connect() as connection:
        connection.sendall(b"GET /idle HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
    server.until(lambda: server.lines("request"))
    line = server.lines("request")[0]
    assert (line["status"], line["ended"]) == (499, "client left")
    assert not [entry for entry in server.log.read_text().splitlines() if '"error"' in entry]
