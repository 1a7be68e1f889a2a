"""The head of an answer travels with its body, and waits for it no longer than a turn of the loop."""

import time
from typing import Any


def test_head_and_body_are_one_packet(server: Any) -> None:
    """A small answer arrives whole in the first read."""
    with server.connect() as connection:
        for _ in range(20):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.01)
            assert connection.recv(10_000).endswith(b"GET /? 0 host")


def test_a_head_does_not_wait_for_a_late_body(server: Any) -> None:
    """It is out while the application still works on the body."""
    with server.connect() as connection:
        connection.sendall(b"GET /drip HTTP/1.1\r\nHost: x\r\n\r\n")
        head = server.read(connection, b"\r\n\r\n")
        assert head.endswith(b"\r\n\r\n"), "the body is a second late, so it cannot have come with its head"
        server.read(connection, b"late")


def test_heads_without_bodies(server: Any) -> None:
    """Answers to HEAD, kept alive and pipelined, come in order and before a refusal."""
    head = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = server.talk(head * 3 + b"GET / HTTP/1.1\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(b"HTTP/1.1 400") > answer.rindex(b"HTTP/1.1 200")
