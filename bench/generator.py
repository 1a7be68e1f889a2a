"""The generator of load that wrk cannot make: operations over blocking sockets, in threads of up to four processes.

Each process is `python -m bench.generator`: it reads a Job, prepares, says "ready", waits for a line and works.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from bench.connection import TIMEOUT, Connection
from bench.workloads import Failed, Measured, Server

PROCESSES = 4
HERE = Path(__file__).parent.parent
Operation = Callable[[], int]
"""Done again and again by one connection; how many bytes it moved."""


@dataclass(frozen=True, slots=True)
class Job:
    """What `connections` do, each by itself, until `count` operations are done or, where that is 0, for `seconds`.

    `maker` is "module:function": it is called with each Connection and `options`, prepares what is not measured, and
    returns the Operation.
    """

    maker: str
    port: int
    connections: int
    seconds: float
    count: int = 0
    tls: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Load:
    """What was done: operations, their bytes, from first start to last end in seconds, each latency in seconds.

    `cpu` is seconds of processor time that the generator itself took.
    """

    count: int
    bytes: int
    seconds: float
    latencies: tuple[float, ...]
    cpu: float

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.count / self.seconds

    @property
    def megabytes(self) -> float:
        """MB a second."""
        return self.bytes / self.seconds / 1e6

    def percentile(self, percent: float) -> float:
        """Milliseconds that so many of a hundred operations took at most."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))]

    def measured(self, rate: float) -> Measured:
        """A round of a workload."""
        return Measured(rate, self.percentile(50), self.percentile(99))


def job(server: Server, maker: str, connections: int, seconds: float, **more: Any) -> Job:
    """A job for a server, over TLS where `tls` says so; `count` as in Job, the rest are `options`."""
    tls, count = bool(more.pop("tls", False)), int(more.pop("count", 0))
    port = server.tls_port if tls else server.port
    return Job(maker, port, connections, seconds, count, tls, dict(server.headers), more)


# --- the process that asks for load ----------------------------------------------------------------------------


def run(wanted: Job) -> Load:
    """Spread a job over processes that start together. Raises Failed on any error of any operation."""
    shares = _shares(wanted)
    with ExitStack() as stack:
        processes = [stack.enter_context(_process()) for _ in shares]
        for process, share in zip(processes, shares, strict=True):
            _tell(process, json.dumps(asdict(share)))
        for process in processes:
            _heard(process)
        for process in processes:
            _tell(process, "go")
        told = [_heard(process) for process in processes]
    began, ended = min(one["began"] for one in told), max(one["ended"] for one in told)
    latencies = tuple(sorted(value for one in told for value in one["latencies"]))
    moved = sum(one["bytes"] for one in told)
    return Load(len(latencies), moved, ended - began, latencies, sum(one["cpu"] for one in told))


def _shares(wanted: Job) -> list[Job]:
    """A job for each process; the counts are for the connections, so that none of them ends early."""
    many = min(wanted.connections, PROCESSES)
    connections = [wanted.connections // many + (at < wanted.connections % many) for at in range(many)]
    if wanted.count and wanted.count % wanted.connections:
        raise ValueError(f"{wanted.count} operations cannot be spread evenly over {wanted.connections} connections")
    each = wanted.count // wanted.connections
    values = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
    return [Job(**{**values, "connections": share, "count": each * share}) for share in connections]


class _Process(subprocess.Popen[bytes]):
    """A process of the generator; leaving it early ends it."""

    def __exit__(self, *what: object) -> None:
        if what[0] is not None:
            self.kill()
        super().__exit__(*what)  # type: ignore[arg-type]


def _process() -> _Process:
    command = [sys.executable, "-m", "bench.generator"]
    return _Process(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _tell(process: _Process, line: str) -> None:
    stdin: IO[bytes] | None = process.stdin
    if stdin is None:
        raise Failed("the generator takes no orders")
    stdin.write(line.encode() + b"\n")
    stdin.flush()


def _heard(process: _Process) -> dict[str, Any]:
    stdout: IO[bytes] | None = process.stdout
    line = stdout.readline() if stdout else b""
    if not line:
        raise Failed(f"a process of the generator ended with {process.wait(TIMEOUT)}")
    told: dict[str, Any] = json.loads(line)
    if "error" in told:
        raise Failed(told["error"])
    return told


# --- a process of the generator --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Shared:
    """What the threads of a process share: the sign to start, when to stop, the first error, what they did."""

    prepared: threading.Barrier
    began: float = 0.0
    error: str = ""
    latencies: list[float] = field(default_factory=list)
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    """Do the job that stands on the first line of standard input."""
    given = Job(**json.loads(sys.stdin.readline()))
    shared = _Shared(threading.Barrier(given.connections + 1))
    threads = [threading.Thread(target=_thread, args=(given, shared), daemon=True) for _ in range(given.connections)]
    for thread in threads:
        thread.start()
    _meet(shared)
    told: dict[str, object] = {}
    if not shared.error:
        _say({"ready": True})
        sys.stdin.readline()
        told = _worked(threads, shared)
    _say({"error": shared.error} if shared.error else told)


def _worked(threads: Sequence[threading.Thread], shared: _Shared) -> dict[str, object]:
    """Let the threads work, and tell what they did."""
    before, shared.began = _cpu(), time.monotonic()
    _meet(shared)
    for thread in threads:
        while thread.is_alive() and not shared.error:
            thread.join(0.1)
    ended = time.monotonic()
    done = {"latencies": shared.latencies, "bytes": shared.bytes, "cpu": _cpu() - before}
    return {"began": shared.began, "ended": ended, **done}


def _meet(shared: _Shared) -> None:
    try:
        shared.prepared.wait()
    except threading.BrokenBarrierError:
        shared.error = shared.error or "a connection could not be prepared"


def _thread(given: Job, shared: _Shared) -> None:
    """What one thread does: prepare, wait, work. The first error ends all of them."""
    try:
        module, _, name = given.maker.partition(":")
        maker = getattr(import_module(module), name)
        with closing(Connection(given.port, given.headers, tls=given.tls)) as connection:
            operation = maker(connection, given.options)
            shared.prepared.wait()
            shared.prepared.wait()
            _work(given, shared, operation)
    except threading.BrokenBarrierError:
        return
    except Exception as error:  # noqa: BLE001  # told to whoever wanted the load
        shared.error = shared.error or f"{type(error).__name__}: {error}"
        shared.prepared.abort()


def _work(given: Job, shared: _Shared, operation: Operation) -> None:
    latencies, moved = list[float](), 0
    many, until = given.count // given.connections, shared.began + given.seconds
    now = time.monotonic()
    while not shared.error and (len(latencies) < many if many else now < until):
        moved += operation()
        then, now = now, time.monotonic()
        latencies.append(now - then)
    with shared.lock:
        shared.latencies += latencies
        shared.bytes += moved


def _say(told: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
