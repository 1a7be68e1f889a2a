"""Running servers: started, awaited, ended by their process id, and what their process trees use."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.workloads import Failed

# The rivals of a Debian machine are daemons, which a user's PATH does not name.
PROGRAMS = ":".join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
SECONDS_TO_START = 30.0
SECONDS_TO_END = 60.0
_FOREIGN = ("AWS_", "ENTREPOT_", "REGISTRY_", "OTEL_")
_TICKS = os.sysconf("SC_CLK_TCK")


def installed(name: str) -> str | None:
    """The path of a program, this Python's first; None where there is none."""
    return shutil.which(name, path=PROGRAMS)


def program(name: str) -> str:
    """The path of a program. Raises Failed where it is not installed."""
    found = installed(name)
    if found is None:
        raise Failed(f"{name} is not installed: `make tools` installs it on Debian")
    return found


_given: deque[int] = deque(maxlen=20)


def environment() -> dict[str, str]:
    """Variables for a server: ours without those that would lead a server or a client elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def free_port() -> int:
    """A port that nobody has, outside the range from which outgoing connections take theirs; another one each time.

    Processes that look at the same time look in different places.
    """
    first = 20_000 + os.getpid() % 300 * 40
    for port in random.SystemRandom().sample(range(first, first + 40), 40):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.append(port)
                return port
    raise Failed("no free port")


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    port: int,
    path: str,
    env: Mapping[str, str] | None = None,
    writes: Path | None = None,
) -> Iterator[int]:
    """Run a server until the block ends and give its process id.

    It is up when GET `path` answers below 500 and, where that is named, the file is there that it `writes` then.

    It gets SIGTERM too when the benchmark is killed. Raises Failed with its last words where it does not start.
    """
    tie = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    log = folder / f"{Path(command[0]).name}-{port}.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [*tie, *command],
            env=environment() if env is None else dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    try:
        _wait(process, log, lambda: (writes is None or writes.exists()) and answers(port, path))
        yield process.pid
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed(f"{process.args!r} does not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.005)


def answers(port: int, path: str) -> bool:
    """Whether somebody answers GET `path` with less than 500."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tree(pid: int) -> list[int]:
    """The live processes of a server: `pid` and whatever comes from it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """CPU that the live processes of a server have used so far, to a hundredth of a second for each."""
    return sum(_ticks(one) for one in tree(pid)) / _TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])  # utime, stime: proc(5)


def memory_bytes(pid: int) -> int:
    """Memory of all processes of a server; what several share counts once (PSS)."""
    return sum(_pss(one) for one in tree(pid))


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
