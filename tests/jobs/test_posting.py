"""One message on its way: connections that are kept, answers that are none, and an end to everything."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.receiving import Receiver, post, receiving

from entrepot.domain.webhooks import make
from entrepot.jobs.posting import Line


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_connection_that_was_closed_meanwhile() -> None:
    """A receiver that closes a kept connection without a word gets the next message on a new one: no failure."""
    with socket.create_server(("127.0.0.1", 0)) as accepting:

        def answer() -> None:
            for _ in range(3):
                connection, _address = accepting.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        port = accepting.getsockname()[1]
        with closing(Line(make("ci", f"http://127.0.0.1:{port}/", allow_private=True, timeout=5))) as line:
            for _ in range(3):
                assert line.post(b'{"id": "1"}', 1).arrived


def test_a_kept_connection_is_not_opened_again_by_itself(receiver: Receiver) -> None:
    """After the webhook's connection is gone, only one that was looked at is made: never one of the library's own."""
    line = Line(make("ci", receiver.url, allow_private=True, timeout=5))
    assert line.post(b'{"id": "1"}', 1).arrived
    assert line._connection is not None
    line._connection.close()
    with pytest.raises(http.client.NotConnected):
        line._connection.request("POST", "/")


def _trickle(accepting: socket.socket, piece: bytes, every: float) -> None:
    """Answer one connection with the same piece again and again."""
    connection, _ = accepting.accept()
    with connection:
        connection.recv(65536)
        try:
            for _ in range(200):
                connection.sendall(piece)
                time.sleep(every)
        except OSError:
            return


@pytest.mark.parametrize(
    ("piece", "every"), [(b"H", 0.1), (b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), (b"X: y\r\n", 0.05), (b"", 0.1)]
)
def test_an_answer_has_an_end(piece: bytes, every: float) -> None:
    """A receiver that says nothing, or a little now and then, is given up after the timeout as a whole."""
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        port = accepting.getsockname()[1]
        threading.Thread(target=_trickle, args=(accepting, piece, every), daemon=True).start()
        webhook = make("ci", f"http://127.0.0.1:{port}/", allow_private=True, timeout=0.5)
        began = time.monotonic()
        answer = post(webhook, b'{"id": "1"}')
        assert time.monotonic() - began < 5
        assert not answer.arrived
        assert not answer.final


def test_an_endless_body_is_not_read(receiver: Receiver) -> None:
    """What a receiver says after its status is bounded; the message has arrived."""
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        port = accepting.getsockname()[1]

        def answer() -> None:
            connection, _ = accepting.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    for _ in range(10_000):
                        connection.sendall(b"x" * 65536)
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        webhook = make("ci", f"http://127.0.0.1:{port}/", allow_private=True, timeout=5)
        assert post(webhook, b'{"id": "1"}').arrived


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff" * 100, b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500, b""]
)
def test_what_is_no_answer_is_a_failure(garbage: bytes) -> None:
    """What a receiver sends that is not HTTP, or too much of it, ends in a failure that is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        port = accepting.getsockname()[1]

        def answer() -> None:
            connection, _ = accepting.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(garbage)

        threading.Thread(target=answer, daemon=True).start()
        webhook = make("ci", f"http://127.0.0.1:{port}/", allow_private=True, timeout=5)
        found = post(webhook, b'{"id": "1"}')
        assert (found.arrived, found.final, found.status) == (False, False, 0)
        assert "\n" not in found.error


def test_nobody_listens() -> None:
    """A connection that is refused, and a name that is not there, are failures that are tried again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for host in (f"127.0.0.1:{port}", "nowhere.invalid", "a" * 80 + ".invalid"):
        webhook = make("ci", f"http://{host}/", allow_private=True, timeout=5)
        found = post(webhook, b'{"id": "1"}')
        assert (found.arrived, found.final) == (False, False), host


def test_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message goes to its receiver, whatever proxies the environment names."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    webhook = make("ci", receiver.url, allow_private=True, timeout=5)
    assert post(webhook, b'{"id": "1"}').arrived
    assert receiver.messages[0].path == "/hook"
