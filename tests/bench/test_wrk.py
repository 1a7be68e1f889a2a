"""What wrk prints is read, and no error in it is let pass; wrk itself against a server that errs."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bench import heads, processes, wrk
from bench.workloads import Failed, Server

GOOD: dict[str, int] = {"requests": 10, "bytes": 2000, "micros": 1_000_000, "p50": 100, "p99": 900}
NONE = dict.fromkeys(("connect", "read", "write", "status", "timeout"), 0)


def printed(**errors: int) -> bytes:
    return b"Running 1s test\n\n" + json.dumps({**GOOD, **NONE, **errors}).encode() + b"\n"


def test_what_wrk_counted_is_read() -> None:
    """The last line is the outcome; what wrk says before does not matter."""
    found = wrk.parsed(printed())
    assert (found.requests, found.seconds, found.p99, found.errors) == (10, 1.0, 900, {})


@pytest.mark.parametrize("output", [b"", b"unable to connect\n", b'{"requests": 1}\n'])
def test_other_words_are_no_outcome(output: bytes) -> None:
    """A wrk that failed, or that lacks a figure, gives no result."""
    with pytest.raises(Failed, match="something else"):
        wrk.parsed(output)


@pytest.mark.parametrize("kind", sorted(NONE))
def test_an_error_of_any_kind_leaves_no_figure(kind: str) -> None:
    """One error among many answers is too many."""
    with pytest.raises(Failed, match=kind):
        wrk.judged(wrk.parsed(printed(**{kind: 1})), "GET /", wrk.Request("/"))


def test_bodies_that_are_too_short_on_average_leave_no_figure() -> None:
    """Ten answers of 200 bytes cannot have had bodies of 201; of a HEAD no bytes are expected."""
    found = wrk.parsed(printed())
    assert wrk.judged(found, "GET /", wrk.Request("/", length=190)) is found
    assert wrk.judged(found, "HEAD /", wrk.Request("/", "HEAD", length=201)) is found
    with pytest.raises(Failed, match="2000 bytes in 10 answers"):
        wrk.judged(found, "GET /", wrk.Request("/", length=201))


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 200 to so many requests, 404 after them."""

    protocol_version = "HTTP/1.1"
    left: ClassVar[list[int]] = [0]

    def do_GET(self) -> None:
        self.left[0] -= 1
        self.send_response(200 if self.left[0] >= 0 else 404)
        self.send_header("Content-Length", "3")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"yes")

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def answering(good: int, folder: Path) -> Iterator[Server]:
    """A server that answers well so often."""
    Handler.left[0] = good
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Server("a server", server.server_port, folder, 0)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.clients
@pytest.mark.skipif(not shutil.which("wrk", path=processes.PROGRAMS), reason="NOT TESTED, missing here: wrk")
def test_wrk_measures_and_tells_of_errors(tmp_path: Path) -> None:
    """Good answers give a rate and waits, one bad answer none, a wrong length none."""
    request = wrk.Request("/", length=3)
    with answering(10**9, tmp_path) as server:
        found = wrk.requests_per_second(server, request, 2, 0.3, tls=False)
        assert found.rate > 0
        assert found.p99_ms
        with pytest.raises(Failed, match="3 bytes and not 4"):
            wrk.run(server, wrk.Request("/", length=4), 1, 0.3)
    with answering(5, tmp_path) as server, pytest.raises(Failed, match="status"):
        wrk.run(server, request, 2, 0.3)


def test_heads_are_counted_and_errors_end_them(tmp_path: Path) -> None:
    """HEAD requests give a rate and waits; one answer that is not 200 ends the run."""
    request = wrk.Request("/", "HEAD", length=3)
    with answering(10**9, tmp_path) as server:
        found = heads.requests_per_second(server, request, 2, 0.3, tls=False)
        assert found.rate > 0
        assert found.p50_ms
        assert found.p99_ms
        assert found.p99_ms >= found.p50_ms
    with answering(20, tmp_path) as server, pytest.raises(Failed, match="404"):
        heads.requests_per_second(server, request, 2, 0.3, tls=False)
