"""The lock on the data folder and the file that says where the server is."""

import os
import socket
from pathlib import Path

import pytest

from entrepot.config import ConfigError
from entrepot.server import runtime
from entrepot.server.runtime import Running


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    """The second is told who holds it; afterwards it is free; folders are made."""
    folder = str(tmp_path / "a/b")
    with runtime.locked(folder), pytest.raises(ConfigError, match=f"process {os.getpid()}"), runtime.locked(folder):
        pass
    with runtime.locked(folder):
        pass


def test_find_needs_a_server_that_answers(tmp_path: Path) -> None:
    """Written whole, found while the port answers, not found afterwards, taken back."""
    with runtime.locked(str(tmp_path)):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            urls = (f"http://127.0.0.1:{port}",)
            running = Running(pid=os.getpid(), port=port, region="us-east-1", urls=urls)
            runtime.write(str(tmp_path), running)
            assert runtime.find(str(tmp_path)) == running
        assert runtime.find(str(tmp_path)) is None
        runtime.forget(str(tmp_path))
        assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["lock"]


def test_a_new_holder_forgets_what_a_killed_one_left(tmp_path: Path) -> None:
    """So that nobody takes the old address for the new server's."""
    with runtime.locked(str(tmp_path)):
        runtime.write(str(tmp_path), Running(pid=1, port=1, region="r", urls=()))
    with runtime.locked(str(tmp_path)):
        assert not (tmp_path / "run/server.json").exists()
