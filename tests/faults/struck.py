"""Running one operation in a process of its own while strace lets a system call of it fail, or kills it there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.workload import OPERATIONS, registry

CHANGES = (
    *("write", "pwrite64", "fsync", "fdatasync", "rename", "link", "unlink", "rmdir", "mkdir"),
    *("ftruncate", "fallocate", "utimensat", "fchmod"),
)
"""The system calls that change something on the disk: a process killed between two leaves the same as at the second.

strace counts each of them by itself, also where it is given several.
"""

SECONDS = 60.0
"""When an operation that has not ended hangs."""


def counted(log: Path) -> Counter[str]:
    """How often each of CHANGES is in a record of strace."""
    found = Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.MULTILINE))
    return Counter({call: found[call] for call in CHANGES})


def spread(count: int, most: int) -> list[int]:
    """Of 1 to `count` all, or `most`: a third of them from the start, a third up to the end, the others between."""
    if count <= most:
        return list(range(1, count + 1))
    edge = most // 3
    between, inner = most - 2 * edge, count - 2 * edge
    middle = (edge + (2 * number + 1) * inner // (2 * between) + 1 for number in range(between))
    return [*range(1, edge + 1), *middle, *range(count - edge + 1, count + 1)]


def need_strace() -> None:
    if shutil.which("strace") and os.geteuid() == 0:
        return
    reason = "NOT TESTED, missing here: strace as root (on Debian `make tools` installs it)"
    if os.environ.get("CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the process ended: whether by SIGKILL, whether a call of it failed, and what the operation said.

    That is `ok`, or the name of its error; twice where it was done again.
    """

    killed: bool
    struck: bool
    said: list[str]


class Forge:
    """Makes the processes that are struck: forking a small one costs a fiftieth of starting Python."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(SECONDS)
        with theirs:
            self._forger = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )

    def run(self, folder: Path, operation: str, number: int, inject: str, *, again: bool = False) -> Outcome:
        """Do an operation, struck as `inject` says; `again`: and once more in the same process where it failed."""
        log = folder.parent / "calls"
        self._socket.send("\0".join((str(folder), operation, str(number), "again" if again else "")).encode())
        pid, said = int(self._heard("ready")), list[str]()
        with _traced(pid, inject, log):
            self._socket.send(b"go")
            while not (last := self._socket.recv(1000).decode()).startswith("ended "):
                said.append(last)
        status = int(last.removeprefix("ended "))
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, (status, said)
        return Outcome(killed, "(INJECTED)" in log.read_text(), said)

    def _heard(self, word: str) -> str:
        message = self._socket.recv(1000).decode()
        assert message.startswith(f"{word} "), message
        return message.removeprefix(f"{word} ")

    def close(self) -> None:
        self._socket.close()
        self._forger.kill()
        self._forger.wait()


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    need_strace()
    made = Forge()
    yield made
    made.close()


@contextmanager
def _traced(pid: int, inject: str, log: Path) -> Iterator[None]:
    told = log.with_name("strace.log")
    command = ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={inject.partition(':')[0]}", "-e")
    with told.open("wb") as output:
        tracer = subprocess.Popen([*command, f"inject={inject}", "-p", str(pid)], stderr=output)
    deadline = time.monotonic() + SECONDS
    try:
        while not _is_traced(pid):
            assert tracer.poll() is None, told.read_text()
            assert time.monotonic() < deadline, told.read_text()
            time.sleep(0.002)
        yield
        tracer.wait(SECONDS)
    finally:
        tracer.kill()
        tracer.wait()


def _is_traced(pid: int) -> bool:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("TracerPid:"):
            return line.split()[1] != "0"
    return False


def _forge(here: socket.socket) -> None:
    """Fork a process for each request, and tell how it ended. Messages are sent by a call that no test strikes."""
    while request := here.recv(4096).decode():
        pid = os.fork()
        if pid == 0:
            _work(here, *request.split("\0"))
        _, status = os.waitpid(pid, 0)
        here.send(f"ended {status}".encode())


def _work(here: socket.socket, folder: str, operation: str, number: str, again: str) -> None:
    """The process that is struck. It never returns."""
    try:
        with registry(Path(folder)) as reg:
            reg.db.write(lambda tx: None)
            here.send(f"ready {os.getpid()}".encode())
            here.recv(2)
            for _ in range(2 if again else 1):
                try:
                    OPERATIONS[operation](reg, int(number))
                except Exception as error:  # noqa: BLE001  # told to the test
                    here.send(type(error).__name__.encode())
                else:
                    here.send(b"ok")
                    break
    finally:
        os._exit(0)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        _forge(asked)
