"""Fixtures: a real server process per test, and raw sockets to talk to it."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

STANDIN = Path(__file__).with_name("standin.py")
HOST = b"Host: localhost\r\n"


class Server:
    """A running stand-in."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_suffix(".log")
        variables = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
        variables |= {"ENTREPOT_DATA_DIR": str(data_dir), "ENTREPOT_LISTEN": "127.0.0.1:0"}
        variables |= {"ENTREPOT_WORKERS": "1", "STANDIN_BLOB": str(data_dir.with_suffix(".blob"))}
        variables |= {name if name.isupper() else f"ENTREPOT_{name.upper()}": value for name, value in settings.items()}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(STANDIN)],
                env=variables,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=data_dir.parent,
                start_new_session=True,
            )

    def wait_ready(self) -> "Server":
        until(lambda: self._is_up() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def _is_up(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return bool(self.running["pid"] == self.process.pid)
        return False

    @property
    def running(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "run/server.json").read_text())
        return found

    @property
    def port(self) -> int:
        return int(self.running["port"])

    @property
    def children(self) -> list[int]:
        """The process ids of workers and jobs."""
        return [pid for pid, parent in alive().items() if parent == self.process.pid]

    def wait_gone(self, pids: list[int], seconds: float = 10.0) -> None:
        until(lambda: not alive().keys() & set(pids), seconds)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log's lines of one event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    def connect(self, port: int | None = None) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port or self.port), 10)

    def talk(self, request: bytes, wait: float = 10.0) -> bytes:
        """Send, and return all that comes until the server closes or nothing comes for `wait` seconds."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection, wait)

    def read(self, connection: socket.socket, marker: bytes) -> bytes:
        """Return what comes up to and with the marker; fails when the connection ends or stalls before."""
        connection.settimeout(10)
        got = b""
        while marker not in got:
            piece = connection.recv(1 << 20)
            assert piece, got
            got += piece
        return got

    def until(self, true: Callable[[], object], seconds: float = 15.0) -> None:
        until(true, seconds)

    def get(self, target: str, *headers: str) -> bytes:
        """Return the whole answer to a GET."""
        lines = "".join(f"{line}\r\n" for line in (f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *headers))
        return self.talk(lines.encode() + b"\r\n")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def read_all(connection: socket.socket | ssl.SSLSocket, wait: float = 10.0) -> bytes:
    connection.settimeout(wait)
    got = bytearray()
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while piece := connection.recv(1 << 20):
            got += piece
    return bytes(got)


def alive() -> dict[int, int]:
    """The processes of this machine that have not ended, each with its parent."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def until(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a condition that the processes bring about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def blob(tmp_path: Path) -> bytes:
    """Nine odd MiB that `/blob` sends."""
    content = os.urandom(9 * 1048576 + 17)
    (tmp_path / "data.blob").write_bytes(content)
    return content


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers on `tmp_path/data`, or another name; whatever is left of them is killed afterwards."""
    started: list[Server] = []

    def start(name: str = "data", **settings: str) -> Server:
        started.append(Server(tmp_path / name, **settings))
        return started[-1]

    yield start
    for server in started:
        for pid in (server.process.pid, *server.children):
            if server.process.poll() is None or pid != server.process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        server.process.wait(10)


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A server with one worker."""
    return serve().wait_ready()
