"""Servers of the benchmark: started, awaited, ended, and what their process trees use."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bench import processes
from bench.workloads import Failed

SERVER = """
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "while True: pass"])
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_server_is_awaited_and_ended(tmp_path: Path) -> None:
    """It answers inside of the block and is gone after it."""
    port = processes.free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with processes.running(command, tmp_path, port, "/") as pid:
        assert processes.answers(port, "/")
        assert processes.memory_bytes(pid) > 1_000_000
    assert not processes.answers(port, "/")
    assert not Path(f"/proc/{pid}").exists()


def test_a_server_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    """A server that cannot start fails at once, not after its time is over."""
    port = processes.free_port()
    began = time.monotonic()
    with (
        pytest.raises(Failed, match="no such thing"),
        processes.running([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, port, "/"),
    ):
        pytest.fail("it was up")
    assert time.monotonic() - began < processes.SECONDS_TO_START


def test_a_tree_is_a_server_with_its_children(tmp_path: Path) -> None:
    """CPU and memory count the children, too."""
    port = processes.free_port()
    with processes.running([sys.executable, "-c", SERVER, str(port)], tmp_path, port, "/") as pid:
        tree = processes.tree(pid)
        try:
            assert tree[0] == pid
            assert len(tree) == 2
            before = processes.cpu_seconds(pid)
            deadline = time.monotonic() + 30
            while processes.cpu_seconds(pid) < before + 0.1:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert processes.memory_bytes(pid) > processes.memory_bytes(tree[1])
        finally:
            os.kill(tree[-1], signal.SIGKILL)


def test_a_program_that_is_missing_is_named() -> None:
    """The message says what to do."""
    with pytest.raises(Failed, match="make tools"):
        processes.program("no-such-program")
