"""A real `entrepot serve` on a port and a folder of its own, and what `entrepot env` says of it."""

from __future__ import annotations

import http.client
import shlex
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .processes import background, free_port, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Server:
    """A registry that is up; `host` is what image names begin with, `env` points AWS clients at it."""

    host: str
    port: int
    data_dir: Path
    env: dict[str, str]


@contextmanager
def serving(folder: Path, env: dict[str, str], workers: int = 2) -> Iterator[Server]:
    """Serve with the data in a new folder under `folder`; ends with the block."""
    port = free_port()
    data_dir = folder / "data"
    own = env | {"ENTREPOT_DATA_DIR": str(data_dir), "ENTREPOT_LISTEN": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "entrepot", "serve", "--workers", str(workers)]
    with background(command, own, folder / "serve.log", lambda: _ready(port)):
        exports = run([sys.executable, "-m", "entrepot", "env"], own).decode()
        yield Server(f"localhost:{port}", port, data_dir, own | _exported(exports))


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _exported(shell: str) -> dict[str, str]:
    words = (shlex.split(line) for line in shell.splitlines())
    pairs = (pair for line in words if line[:1] == ["export"] for pair in line[1:])
    return dict(pair.split("=", 1) for pair in pairs)
