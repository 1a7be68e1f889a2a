"""The generator: what it counts, and that no error is let pass."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench import generator, servers
from bench.generator import Job
from bench.workloads import ENTREPOT, REPOSITORY, Failed, Server

SIZE = 100_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        yield started


def pushing(server: Server, connections: int, count: int, *, tls: bool = False, chunked: bool = True) -> Job:
    options = {"size": SIZE, "chunked": chunked, "repository": REPOSITORY}
    return generator.job(server, "bench.push:blobs", connections, 30, count=count, tls=tls, **options)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("connections", "tls"), [(1, False), (6, False), (2, True)])
def test_counted(server: Server, connections: int, tls: bool, chunked: bool) -> None:
    """So many operations are done as were wanted, however many processes and threads do them."""
    load = generator.run(pushing(server, connections, 3 * connections, tls=tls, chunked=chunked))
    assert load.count == len(load.latencies) == 3 * connections
    assert load.bytes == 3 * connections * SIZE
    assert load.cpu > 0
    assert 0 < load.percentile(50) <= load.percentile(99) <= load.seconds * 1000
    assert load.rate == pytest.approx(load.count / load.seconds)
    assert load.measured(load.rate).p99_ms == load.percentile(99)


def test_timed(server: Server) -> None:
    """Without a count it works for so many seconds, and ends with what it has begun."""
    options = {"size": 1000, "chunked": False, "repository": REPOSITORY}
    load = generator.run(generator.job(server, "bench.push:blobs", 2, 0.3, **options))
    assert load.count > 0
    assert 0.3 <= load.seconds < 5


def test_a_refusal_fails_the_run(server: Server) -> None:
    """An answer with another status than is expected ends everything, and is told."""
    options = {"size": 1000, "chunked": False, "repository": "BAD NAME"}
    with pytest.raises(Failed, match="POST /v2/BAD NAME/blobs/uploads/"):
        generator.run(generator.job(server, "bench.push:blobs", 5, 1, **options))


def test_nobody_answers() -> None:
    """A server that is not there fails the run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(Failed, match="refused"):
            generator.run(Job("bench.push:blobs", taken.getsockname()[1], 2, 1))


@contextmanager
def answering(data: bytes) -> Iterator[int]:
    """A server that says the same to everybody and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(data)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 202 Accepted\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 202 Accepted\r\nnonsense\r\n\r\n",
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops",
        b"garbage\r\n\r\n",
    ],
)
def test_bad_answers(data: bytes) -> None:
    """Hanging up, no Location, half a body, half a chunk, no header field, another status, no HTTP: all fail."""
    options = {"size": 1000, "chunked": False, "repository": REPOSITORY}
    with answering(data) as port, pytest.raises(Failed):
        generator.run(Job("bench.push:blobs", port, 1, 1, options=options))


def test_counts_are_even() -> None:
    """Operations are spread evenly: no connection is left alone at the end."""
    with pytest.raises(ValueError, match="spread evenly"):
        generator.run(Job("bench.push:blobs", 1, 3, 1, count=4))
