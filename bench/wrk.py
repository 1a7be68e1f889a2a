"""wrk: one request again and again over kept connections, with no error let pass."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench import processes
from bench.connection import Connection, body
from bench.workloads import Failed, Measured, Server

SCRIPT = Path(__file__).with_name("wrk.lua")
THREADS = 2
TIMEOUT = 60
"""Seconds that one answer may take."""
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: the answer must have `status` and, but for HEAD, where it is known, a body of `length` bytes."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    length: int | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What wrk counted: requests that were answered whole, bytes of heads and bodies, microseconds; errors by kind."""

    requests: int
    bytes: int
    micros: int
    p50: int
    p99: int
    connect: int
    read: int
    write: int
    status: int
    timeout: int

    @property
    def seconds(self) -> float:
        return self.micros / 1e6

    @property
    def errors(self) -> dict[str, int]:
        """Those that happened."""
        kinds = ("connect", "read", "write", "status", "timeout")
        return {kind: count for kind in kinds if (count := getattr(self, kind))}


def requests_per_second(server: Server, request: Request, connections: int, seconds: float, tls: bool) -> Measured:
    """Requests that were answered in a second, and how long one took. Raises Failed on any error."""
    found = run(server, request, connections, seconds, tls=tls)
    if not found.requests:
        raise Failed(f"{server.name}: no {request.method} {request.path} was answered in {seconds} s")
    return Measured(found.requests / found.seconds, found.p50 / 1000, found.p99 / 1000)


def megabytes_per_second(server: Server, request: Request, connections: int, seconds: float, tls: bool) -> Measured:
    """Million bytes in a second, those of unfinished answers, too. Raises Failed on any error."""
    found = run(server, request, connections, seconds, tls=tls)
    if not found.bytes:
        raise Failed(f"{server.name}: nothing of {request.method} {request.path} came in {seconds} s")
    waited = (found.p50 / 1000, found.p99 / 1000) if found.requests else (None, None)
    return Measured(found.bytes / found.seconds / MB, *waited)


def run(server: Server, request: Request, connections: int, seconds: float, *, tls: bool = False) -> Outcome:
    """Let wrk send this request for some seconds over so many connections.

    One request is sent before and looked at: wrk itself counts only answers from 400 on as errors. Raises Failed where
    that answer is not as it must be, for any error that wrk counted, and for bodies that were too short on average.
    """
    check(server, request, tls=tls)
    port = server.tls_port if tls else server.port
    sent = {**server.headers, **request.headers}
    fields = [word for name, value in sent.items() for word in ("-H", f"{name}: {value}")]
    command = [processes.program("wrk"), "-t", str(min(connections, THREADS)), "-c", str(connections)]
    command += ["-d", f"{math.ceil(seconds)}s", "--timeout", f"{TIMEOUT}s", "-s", str(SCRIPT), *fields]
    command.append(f"{'https' if tls else 'http'}://127.0.0.1:{port}{request.path}")
    with tempfile.NamedTemporaryFile() as content:
        content.write(request.body)
        content.flush()
        env = os.environ | {"BENCH_METHOD": request.method} | ({"BENCH_BODY": content.name} if request.body else {})
        output = _until(command, env, seconds)
    return judged(parsed(output), f"{server.name}: {request.method} {request.path}", request)


def _until(command: Sequence[str], env: Mapping[str, str], seconds: float) -> bytes:
    """What wrk prints. It only knows whole seconds: after others it is interrupted, which it takes for the end."""
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            if not seconds.is_integer():
                time.sleep(seconds)
                process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=seconds + 2 * TIMEOUT)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise Failed(f"wrk ended {process.returncode}: {output.decode(errors='replace')[-1000:]}")
    return output


def parsed(output: bytes) -> Outcome:
    """What wrk.lua printed at the end of wrk's own words. Raises Failed where there is none."""
    try:
        return msgspec.json.decode(output.splitlines()[-1], type=Outcome)
    except (IndexError, msgspec.DecodeError) as error:
        raise Failed(f"wrk said something else: {output[-500:]!r}") from error


def judged(found: Outcome, what: str, request: Request) -> Outcome:
    """The outcome, if there was no error in it and no body too short. Raises Failed."""
    if found.errors:
        raise Failed(f"{what}: errors {found.errors} beside {found.requests} answers")
    if request.method != "HEAD" and request.length and found.bytes < found.requests * request.length:
        raise Failed(f"{what}: {found.bytes} bytes in {found.requests} answers, each to have {request.length}")
    return found


def check(server: Server, request: Request, *, tls: bool = False) -> None:
    """Send the request once. Raises Failed where status or length are not as they must be."""
    port = server.tls_port if tls else server.port
    with closing(Connection(port, server.headers, tls=tls)) as connection:
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        answer = connection.call(request.method, request.path, request.status, body(request.body), fields=fields)
        if request.length is not None and answer.length != request.length:
            what = f"{server.name}: {request.method} {request.path}"
            raise Failed(f"{what}: {answer.length} bytes and not {request.length}")
