"""Running programs: to success, to failure, and in the background until the tests end."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

# Settings of whoever runs the tests that would lead a client to another server, account, proxy or key.
_FOREIGN = ("AWS_", "ENTREPOT_", "DOCKER_", "CONTAINERS_", "REGISTRY_", "XDG_", "TESTCONTAINERS_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_SECONDS_FOR_ONE_COMMAND = 120


def environment(home: Path) -> dict[str, str]:
    """The variables for every program under test: a home of its own, and this Python's programs first."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name.lower() not in _PROXIES
    }
    unpacked = Path(__file__).parents[2] / ".tools" / "bin"
    programs = [str(Path(sys.executable).parent), kept.get("PATH", ""), "/usr/sbin", "/sbin", str(unpacked)]
    return kept | {"HOME": str(home), "PATH": ":".join(programs)}


def run(command: Sequence[str], env: Mapping[str, str], stdin: bytes | None = None) -> bytes:
    """Run to success and give what it printed; AssertionError with its last words otherwise."""
    done = _finish(command, env, stdin)
    assert done.returncode == 0, f"{' '.join(command)} ended {done.returncode}: {_words(done)}"
    return done.stdout


def fail(command: Sequence[str], env: Mapping[str, str], stdin: bytes | None = None) -> str:
    """Run to failure and give all that it said; AssertionError where it succeeds."""
    done = _finish(command, env, stdin)
    assert done.returncode != 0, f"{' '.join(command)} was to fail: {_words(done)}"
    return _words(done)


def _finish(command: Sequence[str], env: Mapping[str, str], stdin: bytes | None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which(command[0], path=env["PATH"])
    assert program, f"{command[0]} is not installed"
    return subprocess.run(
        [program, *command[1:]],
        env=env,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=_SECONDS_FOR_ONE_COMMAND,
        check=False,
    )


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stdout + done.stderr).decode(errors="replace")[-4000:]


@contextmanager
def background(
    command: Sequence[str], env: Mapping[str, str], log: Path, ready: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, wait up to 60 s until it is ready, and end it (SIGTERM, after 30 s SIGKILL) on the way out.

    It gets SIGTERM too when the tests are killed, so that nothing stays behind.
    """
    program = shutil.which(command[0], path=env["PATH"])
    assert program, f"{command[0]} is not installed"
    tie = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*tie, program, *command[1:]],
            env=env,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, log, ready)
        yield process
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        hopeless = process.poll() is not None or time.monotonic() > deadline
        assert not hopeless, f"{process.args!r} is not ready:\n{log.read_text(errors='replace')[-4000:]}"
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def free_port() -> int:
    """A port that nothing listens on, outside the range from which outgoing connections take theirs."""
    for port in random.SystemRandom().sample(range(20000, 32000), 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")
