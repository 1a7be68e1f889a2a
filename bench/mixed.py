"""Manifest GETs while large pushes run: what the pulls of a busy registry wait."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from bench import generator, memory, processes, push, stock, wrk
from bench.content import GB
from bench.workloads import DOCKER_REGISTRY, REGISTRIES, REPOSITORY, Failed, Measured, Part, Scale, Server, Workload

PULLS = 4
PUSHES = 2
LARGE = "100 MB"
MARGIN = 1.0
"""Seconds that the pushes go on for at least, beside those of the pulls: they begin earlier and end later."""
WRITTEN = 3 * GB
"""Bytes of pushes in a round, about."""
BUSY = 0.03
"""CPU seconds that a server has used when the pushes have begun."""


def fill(server: Server, scale: Scale) -> None:
    """Put in an image of small layers."""
    stock.fill(server, stock.image(scale, "1 MB"))


def workloads(scale: Scale) -> list[Workload]:
    """The wait of one in a hundred, and how many requests are answered meanwhile."""
    size = stock.size(LARGE, scale)
    name = f"manifest GET, c={PULLS}, during {LARGE} pushes, c={PUSHES}"
    clean = partial(push.clean, size=size)
    waits = partial(_waits, stock.image(scale, "1 MB"), size)
    rates = partial(_pulls, stock.image(scale, "1 MB"), size)
    targets = {DOCKER_REGISTRY: 0.3}
    return [
        Workload(
            f"{name}: p99",
            "mixed",
            "ms",
            REGISTRIES,
            waits,
            more_is_better=False,
            targets=targets,
            writes=WRITTEN,
            clean=clean,
            note=memory.NOTE,
        ),
        Workload(name, "mixed", "requests/s", REGISTRIES, rates, writes=WRITTEN, clean=clean),
    ]


def _waits(stocked: stock.Image, size: int, server: Server, seconds: float) -> Measured:
    found = _pulls(stocked, size, server, seconds)
    return Measured(found.p99_ms or 0.0, found.p50_ms, found.p99_ms)


def _pulls(stocked: stock.Image, size: int, server: Server, seconds: float) -> Measured:
    request = wrk.Request(stocked.by_tag(), headers=stock.ACCEPT, length=len(stocked.document))
    wrk.check(server, request)
    options = {"repository": REPOSITORY, "size": size, "chunked": True}
    job = generator.job(server, "bench.push:blobs", PUSHES, seconds + MARGIN, **options)
    with ThreadPoolExecutor(1) as pool:
        before = processes.cpu_seconds(server.pid)
        pushes = pool.submit(generator.run, job)
        _await_load(server, before, pushes)
        found = wrk.requests_per_second(server, request, PULLS, seconds, tls=False)
        if pushes.done():
            raise Failed(f"{server.name}: the pushes ended before the pulls: {pushes.result()}")
        pushes.result()
    return found


def _await_load(server: Server, before: float, pushes: Future[generator.Load]) -> None:
    """Wait until the pushes make the server work."""
    deadline = time.monotonic() + 10
    while processes.cpu_seconds(server.pid) < before + BUSY:
        if pushes.done() or time.monotonic() > deadline:
            raise Failed(f"{server.name}: the pushes do not begin")
        time.sleep(0.01)


PART = Part("mixed", "Pulls during pushes", REGISTRIES, fill, workloads)
