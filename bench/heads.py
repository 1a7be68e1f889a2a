"""HEAD requests again and again, which wrk cannot send: it waits for the body that Content-Length names.

One thread and epoll in each of two processes; `python -m bench.heads` is one of them.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from bench import wrk
from bench.workloads import Failed, Measured, Server

PROCESSES = 2
SILENCE = 60.0
"""Seconds without any answer that end a run."""
END = b"\r\n\r\n"
HERE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Job:
    """What one process sends, over how many connections, for how long."""

    port: int
    path: str
    headers: Mapping[str, str]
    connections: int
    seconds: float
    method: str = "HEAD"


def requests_per_second(server: Server, request: wrk.Request, connections: int, seconds: float, tls: bool) -> Measured:
    """Answers in a second, as bench/wrk.py tells them; without TLS. Raises Failed for any answer that is not 200."""
    if tls:
        raise Failed("HEAD over TLS is not measured")
    wrk.check(server, request)
    count = min(PROCESSES, connections)
    sent = {**server.headers, **request.headers}
    told = _shared([Job(server.port, request.path, sent, connections // count, seconds) for _ in range(count)])
    waited = sorted(wait for one in told for wait in one["waited"])
    if not waited:
        raise Failed(f"{server.name}: no HEAD {request.path} was answered in {seconds} s")
    rate = sum(len(one["waited"]) / one["seconds"] for one in told)
    return Measured(rate, 1000 * waited[len(waited) // 2], 1000 * waited[len(waited) * 99 // 100])


def _shared(jobs: list[Job]) -> list[dict[str, Any]]:
    """Let each process do a job, all from the same moment on."""
    with ExitStack() as stack:
        started = []
        for job in jobs:
            command = [sys.executable, "-m", "bench.heads"]
            process = subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            stack.callback(_ended, process)
            started.append(process)
            _tell(process.stdin, json.dumps(asdict(job)))
        for process in started:
            _heard(process.stdout)
        for process in started:
            _tell(process.stdin, "go")
        return [_heard(process.stdout) for process in started]


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _tell(pipe: IO[bytes] | None, line: str) -> None:
    if pipe:
        pipe.write(line.encode() + b"\n")
        pipe.flush()


def _heard(pipe: IO[bytes] | None) -> dict[str, Any]:
    line = pipe.readline() if pipe else b""
    told: dict[str, Any] = json.loads(line) if line else {"error": "a process that sends HEAD requests ended"}
    if "error" in told:
        raise Failed(told["error"])
    return told


# --- a process that sends --------------------------------------------------------------------------------------


def main() -> None:
    """Do the job of the first line of standard input, once there is a second."""
    job = Job(**json.loads(sys.stdin.readline()))
    fields = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    request = f"{job.method} {job.path} HTTP/1.1\r\nHost: localhost:{job.port}\r\n{fields}\r\n".encode()
    connections = [socket.create_connection(("127.0.0.1", job.port), SILENCE) for _ in range(job.connections)]
    _say({"ready": True})
    sys.stdin.readline()
    try:
        began = time.perf_counter()
        waited = _send(connections, request, began + job.seconds)
        _say({"seconds": time.perf_counter() - began, "waited": waited.tolist()})
    except (Failed, OSError) as error:
        _say({"error": f"HEAD {job.path}: {error}"})


def _send(connections: list[socket.socket], request: bytes, until: float) -> array[float]:
    """One request at a time on each connection until then; the seconds that each took."""
    waited, now = array("d"), time.perf_counter()
    by_number = {one.fileno(): one for one in connections}
    since, partly = dict.fromkeys(by_number, now), dict.fromkeys(by_number, b"")
    with select.epoll() as epoll:
        for number, one in by_number.items():
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            epoll.register(number, select.EPOLLIN)
            one.sendall(request)
        while now < until:
            ready = epoll.poll(SILENCE)
            if not ready:
                raise Failed(f"no answer in {SILENCE} s")
            for number, _ in ready:
                one = by_number[number]
                answer = one.recv(65536)
                if not answer:
                    raise Failed("the connection was closed")
                if partly[number] or not answer.endswith(END):
                    answer = partly[number] = partly[number] + answer
                    if not answer.endswith(END):
                        continue
                    partly[number] = b""
                _judge(answer)
                now = time.perf_counter()
                waited.append(now - since[number])
                since[number] = now
                one.send(request)
    return waited


def _judge(answer: bytes) -> None:
    """Raises Failed unless it is one head with status 200."""
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise Failed(f"answered {answer[:200]!r}")


def _say(told: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
