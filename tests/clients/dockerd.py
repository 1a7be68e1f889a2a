"""A Docker daemon of our own: its socket, images and containerd lie in one short folder and go with it."""

from __future__ import annotations

import http.client
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import background

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def private_dockerd(env: dict[str, str]) -> Iterator[Path]:
    """Run dockerd (as root) without touching the machine's network or its Docker; gives the folder of `docker.sock`.

    containerd is dockerd's child and ends with it.
    """
    # A Unix socket's path is at most 107 bytes long, and containerd's lies four folders down: not in pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="entrepot-dockerd-", dir="/tmp"))
    (folder / "daemon.json").write_text("{}")
    command = [
        "dockerd",
        f"--config-file={folder}/daemon.json",
        f"--host=unix://{folder}/docker.sock",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/docker.pid",
        "--storage-driver=vfs",
        "--bridge=none",
        "--iptables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    ]
    try:
        with background(command, env, folder / "dockerd.log", lambda: _answers(folder / "docker.sock")):
            yield folder
    finally:
        shutil.rmtree(folder)


def _answers(path: Path) -> bool:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.connect(str(path))
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
