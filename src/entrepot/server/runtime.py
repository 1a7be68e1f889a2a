"""The folder `run` in the data folder: the lock that one server holds, and where that server can be reached."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from entrepot.config import ConfigError

_LOCK = "run/lock"
_RUNNING = "run/server.json"
_CONNECT_SECONDS = 2.0


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is up; readable by its owner only."""

    pid: int
    port: int
    region: str
    urls: tuple[str, ...]
    access_key_id: str = ""
    """The root access key, when the settings gave one."""


@contextlib.contextmanager
def locked(data_dir: str) -> Iterator[None]:
    """Hold the data folder, made when absent, until the process and its children have ended.

    The children inherit the lock, so that a folder is not free while the orphans of a killed parent finish.
    Raises ConfigError when another server holds it or when it cannot be written.
    """
    try:
        Path(data_dir, "run").mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(Path(data_dir, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the data folder {data_dir} cannot be written ({error.strerror}): "
            "choose another with --data-dir or change its owner"
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise ConfigError(
                f"the data folder {data_dir} is in use by another server (process {holder}): "
                "stop it or choose another folder with --data-dir"
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        forget(data_dir)
        yield
    finally:
        os.close(lock)


def write(data_dir: str, running: Running) -> None:
    """Say where the server is, whole or not at all."""
    target = Path(data_dir, _RUNNING)
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(running) + b"\n")
    draft.replace(target)


def forget(data_dir: str) -> None:
    """Take back what `write` said."""
    Path(data_dir, _RUNNING).unlink(missing_ok=True)


def find(data_dir: str) -> Running | None:
    """Return the server of the folder when it is alive and its port answers."""
    try:
        running = msgspec.json.decode(Path(data_dir, _RUNNING).read_bytes(), type=Running)
        os.kill(running.pid, 0)
        place = urlsplit(running.urls[0])
        socket.create_connection((place.hostname or "", running.port), _CONNECT_SECONDS).close()
    except (OSError, ValueError, IndexError):
        return None
    return running
