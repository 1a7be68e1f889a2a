"""Answers that are given without a task: the same to a client as any other, and in their place among the others."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import read_all
from .test_listeners import certify, handshake, secure_port, tls_listener

HOST = b"Host: x\r\n"
GET = b"GET /quick HTTP/1.1\r\n" + HOST
LAST = b"GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def bodies(got: bytes) -> list[bytes]:
    """The bodies of answers that came one after another."""
    found = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        found.append(rest[:length])
        got = rest[length:]
    return found


def test_an_answer(server: Any) -> None:
    """It has a date, a length and an id, which the log has too; the connection goes on."""
    with server.connect() as connection:
        for number in range(3):
            connection.sendall(b"GET /quick?%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
            got = server.read(connection, b"quick")
            head = dict(line.split(": ", 1) for line in got.decode().partition("\r\n\r\n")[0].split("\r\n")[1:])
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert head.keys() == {"date", "x-query", "x-from", "content-length", "x-amzn-requestid"}
            assert (head["x-query"], head["content-length"]) == (str(number), "5")
            line = server.lines("request")[number]
            assert (line["request_id"], line["route"], line["status"]) == (head["x-amzn-requestid"], "/quick", 200)
            assert (line["sent"], line["received"], line["query"]) == (5, 0, str(number))
    assert b'entrepot_requests_total{method="GET",route="/quick",status="200"} 3.0' in server.get("/metrics")


def test_head(server: Any) -> None:
    """HEAD has the length and no body."""
    got = server.talk(b"HEAD /quick HTTP/1.1\r\nHost: x\r\n\r\n" + LAST)
    head, _, rest = got.partition(b"\r\n\r\n")
    assert b"content-length: 5" in head
    assert rest.startswith(b"HTTP/1.1 200")
    assert server.lines("request")[0]["sent"] == 0


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (GET + b"Content-Length: 3\r\n\r\nabc", b"usual 3"),
        (GET + b"Content-Length: 0\r\n\r\n", b"usual 0"),
        (GET + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"usual 3"),
        (GET + b"Expect: 100-continue\r\n\r\n", b"usual 0"),
        (GET + b"Connection: close\r\n\r\n", b"usual 0"),
        (b"GET /quick HTTP/1.0\r\n\r\n", b"usual 0"),
        (b"GET /quick HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"usual 0"),
        (GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", b"usual 0"),
    ],
)
def test_what_is_not_plain_goes_the_usual_way(server: Any, request_: bytes, body: bytes) -> None:
    """A body that is announced, an end of the connection, or another protocol is for the application."""
    assert body in server.talk(request_, 1.0)


def test_a_body_is_no_request(server: Any) -> None:
    """What a GET has as its body is never read as the next request, and what follows it is."""
    inner = b"GET /quick?inner HTTP/1.1\r\nHost: x\r\n\r\n"
    got = server.talk(GET + b"Content-Length: %d\r\n\r\n" % len(inner) + inner + GET + b"\r\n" + LAST)
    assert bodies(got)[:2] == [b"usual %d" % len(inner), b"usual 0"]
    assert b"inner" not in got
    for smuggled in (
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0, 5\r\n\r\n",
    ):
        got = server.talk(GET + smuggled + inner, 5)
        assert got.startswith(b"HTTP/1.1 400")
        assert b"quick" not in got


def test_the_order_of_answers(server: Any) -> None:
    """Requests that come together are answered in their order, whichever way each goes."""
    slow = b"GET /slow?0.3 HTTP/1.1\r\nHost: x\r\n\r\n"
    post = b"POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    got = server.talk(GET + b"\r\n" + slow + GET + b"\r\n" + post + GET + b"\r\n" + LAST)
    assert bodies(got)[0] == b"quick"
    assert [body.split()[0] for body in bodies(got)[1:5]] == [b"slow", b"usual", b"usual", b"usual"]
    assert len(bodies(got)) == 6


def test_after_a_slow_upload(server: Any) -> None:
    """A request behind a body that is still coming waits for the answer to that; the next one has not to."""
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        time.sleep(0.2)
        connection.sendall(b"def" + GET + b"\r\n" + GET + b"\r\n")
        got = b""
        while got.count(b"HTTP/1.1 200") < 3 or not got.endswith(b"usual 0"):
            got += connection.recv(1 << 16)
        connection.sendall(GET + b"\r\n")
        assert server.read(connection, b"quick")
    assert [body.split()[0] for body in bodies(got)] == [b"POST", b"usual", b"usual"]


@pytest.mark.parametrize("target", ["/quick-fail", "/quick-split", "/quick-strange"])
def test_failures(server: Any, target: str) -> None:
    """What fails, or would break the head, is a plain 500 with its traceback in the log; the connection goes on."""
    got = server.talk(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target.encode() + GET + b"\r\n" + LAST)
    assert got.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"evil" not in got
    assert b"hunter2" not in got
    assert b"x-amzn-requestid: " + server.lines("request failed")[0]["request_id"].encode() in got
    assert bodies(got)[1] == b"quick"
    line = server.lines("request")[0]
    assert (line["status"], line["ended"], line["route"]) == (500, "failed", target)


def test_what_follows_and_is_no_request(server: Any) -> None:
    """An answer stands although what comes behind it is refused."""
    got = server.talk(GET + b"\r\n" + b"NO SENSE\r\n\r\n" + GET + b"\r\n", 5)
    assert bodies(got)[0] == b"quick"
    assert got.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 400" in got


def test_nobody_has_the_loop_for_long(server: Any) -> None:
    """Of many requests in one packet a few are answered at once, some wait as others do, and the rest are refused."""
    got = server.talk((GET + b"\r\n") * 1000, 5)
    assert 1 <= got.count(b"\r\n\r\nquick") <= 2 * 8
    assert got.count(b"HTTP/1.1 200") <= 2 * (8 + 1 + 64)
    assert got.count(b"HTTP/1.1 400") == 1


def test_a_client_that_does_not_read(server: Any) -> None:
    """Answers do not pile up in memory for a client that takes none; who reads again gets them all, in order."""
    count = 40
    with server.connect() as connection:
        for number in range(count):
            connection.sendall(b"GET /quick-large?%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
            time.sleep(0.01)
        connection.sendall(LAST)
        time.sleep(0.5)
        assert len(server.lines("request")) < 10
        got = read_all(connection)
    assert got.count(b"HTTP/1.1 200") == count + 1
    asked = [line["query"] for line in server.lines("request") if line["route"] == "/quick-large"]
    assert asked == [str(number) for number in range(count)]


def test_a_tls_client_that_does_not_read(serve: Callable[..., Any], tmp_path: Path) -> None:
    """The same over TLS, where the bytes pass through one more buffer."""
    certify(tmp_path, "one")
    server = serve(**tls_listener(tmp_path)).wait_ready()
    with handshake(secure_port(server)) as connection:
        for _ in range(40):
            connection.sendall(b"GET /quick-large HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.01)
        connection.sendall(LAST)
        time.sleep(0.5)
        assert len(server.lines("request")) < 10
        assert read_all(connection).count(b"HTTP/1.1 200") == 41


def test_the_listener(serve: Callable[..., Any], tmp_path: Path) -> None:
    """The application is told of the listener: whether it speaks TLS, and the VPC endpoint that it stands for."""
    certify(tmp_path, "one")
    given = tls_listener(tmp_path)["listeners"].replace("name =", 'vpc_endpoint = "vpce-0a1b2c3d", name =')
    server = serve(listeners=given).wait_ready()
    with handshake(secure_port(server)) as connection:
        connection.sendall(GET + b"\r\n")
        assert b"x-from: https 127.0.0.1 vpce-0a1b2c3d\r\n" in connection.recv(1 << 16)
    assert b"x-from: http 127.0.0.1 \r\n" in server.talk(GET + b"\r\n", 1.0)


def test_an_idle_connection_is_closed(serve: Callable[..., Any]) -> None:
    """The connection ends when nothing follows the answer for the time that it may be idle."""
    server = serve(limits__header_seconds="5", limits__idle_seconds="0.5").wait_ready()
    with server.connect() as connection:
        connection.sendall(GET + b"\r\n")
        began = time.monotonic()
        assert read_all(connection).endswith(b"quick")
        assert 0.3 < time.monotonic() - began < 4


def test_half_a_header_after_an_answer(serve: Callable[..., Any]) -> None:
    """A request that begins after an answer has the time for a header, and is answered 408 after it."""
    server = serve(limits__header_seconds="0.5").wait_ready()
    with server.connect() as connection:
        connection.sendall(GET + b"\r\n" + b"GET /qu")
        assert b"HTTP/1.1 408" in read_all(connection, 5)


def test_stopping(server: Any) -> None:
    """A connection on which nothing is under way does not keep the server from stopping."""
    with server.connect() as connection:
        connection.sendall(GET + b"\r\n")
        server.read(connection, b"quick")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        assert read_all(connection) == b""


def test_behind_a_proxy(serve: Callable[..., Any]) -> None:
    """Where uvicorn has to find out who the client is, every request goes the usual way."""
    assert serve(trusted_proxies="127.0.0.1").wait_ready().talk(GET + b"\r\n", 1.0).endswith(b"usual 0")
