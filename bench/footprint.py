"""What a server costs by itself: the time until it answers, its memory idle and after work, CPU for a request."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import generator, processes, push, servers, stock, wrk
from bench.content import KB, MB
from bench.workloads import (
    ENTREPOT,
    REGISTRIES,
    REPOSITORY,
    WITH_FILES,
    Failed,
    Measured,
    Part,
    Scale,
    Server,
    Workload,
)

CONNECTIONS = 16
PUSHED = MB + 1
"""Bytes of the blobs that are pushed: not a size of the image, whose files stay."""
QUIET = 1.0
"""Seconds that a server is left alone before its memory is looked at."""
MEMORY = "Memory of all processes of a server; pages that several of them share count once (PSS)."
START = "From fork to the first answer, in an empty folder: entrepot makes its database and its keys then."


def fill(server: Server, scale: Scale) -> None:
    """Put in an image of small layers."""
    stock.fill(server, stock.image(scale, "1 MB"))


def workloads(scale: Scale) -> list[Workload]:
    """Start, memory, CPU; less is better in all of them."""
    stocked = stock.image(scale, "1 MB")
    gets = wrk.Request(stocked.by_tag(), headers=stock.ACCEPT, length=len(stocked.document))
    clean = partial(push.clean, size=PUSHED)
    small = wrk.Request(stock.blob_path(10 * KB), length=10 * KB)
    return [
        _row("start to ready, empty folder", "ms", REGISTRIES, _start, limit=1000, note=START),
        _row("memory, idle", "MB", REGISTRIES, _idle, limit=160, note=MEMORY),
        _row("memory, after pulls and pushes", "MB", REGISTRIES, partial(_loaded, gets), clean=clean),
        _row("CPU of a manifest GET by tag, c=16", "µs", WITH_FILES, partial(_cpu, gets), limit=80),
        _row("CPU of a 10 KB blob GET, c=16", "µs", WITH_FILES, partial(_cpu, small)),
    ]


def _row(
    name: str,
    unit: str,
    names: tuple[str, ...],
    run: Callable[[Server, float], Measured],
    *,
    limit: float | None = None,
    clean: Callable[[Server], None] | None = None,
    note: str = "",
) -> Workload:
    return Workload(
        name, "footprint", unit, names, run, more_is_better=False, limit=limit, rounds=3, clean=clean, note=note
    )


@contextmanager
def _another(name: str) -> Iterator[tuple[Server, float]]:
    """A server that nobody has called, in an empty folder, and the seconds that it took to answer."""
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as place:
        folder = Path(place)
        servers.certified(folder)
        began = time.perf_counter()
        starts = servers.entrepot(folder, known=False) if name == ENTREPOT else servers.plain_docker_registry(folder)
        with starts as server:
            yield server, time.perf_counter() - began


def _start(server: Server, _: float) -> Measured:
    with _another(server.name) as (_server, seconds):
        return Measured(seconds * 1000)


def _idle(server: Server, _: float) -> Measured:
    with _another(server.name) as (fresh, _seconds):
        time.sleep(QUIET)
        return Measured(processes.memory_bytes(fresh.pid) / MB)


def _loaded(request: wrk.Request, server: Server, seconds: float) -> Measured:
    """Memory after pulls over 64 connections and pushes of 1 MB over 16."""
    wrk.run(server, request, 64, seconds)
    options = {"repository": REPOSITORY, "size": PUSHED, "chunked": True}
    generator.run(generator.job(server, "bench.push:blobs", CONNECTIONS, seconds, **options))
    return Measured(processes.memory_bytes(server.pid) / MB)


def _cpu(request: wrk.Request, server: Server, seconds: float) -> Measured:
    before = processes.cpu_seconds(server.pid)
    found = wrk.run(server, request, CONNECTIONS, seconds)
    if not found.requests:
        raise Failed(f"{server.name}: no {request.path} was answered in {seconds} s")
    used = processes.cpu_seconds(server.pid) - before
    return Measured(used / found.requests * 1e6, found.p50 / 1000, found.p99 / 1000)


PART = Part("footprint", "Start, memory, CPU", WITH_FILES, fill, workloads)
