"""What requests cost entrepot as a registry grows, what memory goes into large blobs, and what collection takes."""

from __future__ import annotations

import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench import collection, filling, generator, processes, servers
from bench.content import GB, MB
from bench.workloads import REPOSITORY, Curve, Failed, Part, Scale, Server

CONNECTIONS = 8
ROUNDS = 3
WITHIN = 1.3
PER_IMAGE = 1024  # bytes
LARGE = 4  # connections that push or pull large blobs
# ECR's limit of images in a repository would have every push count them where the repository is full.
SETTINGS = {"ENTREPOT_QUOTAS__IMAGES_PER_REPOSITORY": "1000000"}
# What is asked, by the maker's name in bench/grown.py; `descriptions` is a call of the AWS API.
MORE = {
    "manifest": "manifest GET, always the same",
    "manifests": "manifest GET, any",
    "heads": "blob HEAD, any",
    "tags": "tags/list, 50 from anywhere",
    "descriptions": "DescribeImages, first 100",
    "catalog": "catalog, 5 from anywhere",
    "pushes": "image push",  # last: what it adds, the others would list
}
ASKED = {maker: name for maker, name in MORE.items() if maker != "catalog"}
SOME = ("manifests", "descriptions", "pushes")
NOTE = (
    "A cost is CPU time of all the server's processes. `Any` image or repository is drawn anew for each request, so "
    "that what the server remembers helps less the more there are."
)


@dataclass(frozen=True, slots=True)
class Size:
    """A registry of so many repositories with so many images each."""

    name: str
    repositories: int
    images: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request: microseconds of the server's CPU, milliseconds until the answer."""

    micros: float
    millis: float


# --- requests --------------------------------------------------------------------------------------------------


def by_images(folder: Path, scale: Scale) -> list[Curve]:
    """The cost of requests, and the memory, as one repository grows."""
    counts = (100, 200) if scale.smoke else (100, 10_000, 100_000)
    sizes = [Size(f"{count:,} images", 1, count) for count in counts]
    asked = {maker: MORE[maker] for maker in SOME} if scale.smoke else ASKED
    return _grown(folder, scale, sizes, asked, [size.images for size in sizes], None if scale.smoke else PER_IMAGE)


def by_repositories(folder: Path, scale: Scale) -> list[Curve]:
    """The cost of requests as there are more repositories, of 10 images each."""
    counts = (10, 1_000, 10_000)
    sizes = [Size(f"{count:,} repositories", count, 10) for count in counts]
    return _grown(folder, scale, sizes, MORE, counts, None)


def _grown(
    folder: Path,
    scale: Scale,
    sizes: Sequence[Size],
    asked: Mapping[str, str],
    counts: Sequence[int],
    limit: float | None,
) -> list[Curve]:
    """Servers of all sizes at once, asked by turns; they are gone afterwards. `limit` is of bytes for each counted."""
    with ExitStack() as stack:
        started = [stack.enter_context(_started(folder / f"{size.repositories}-{size.images}")) for size in sizes]
        for server, size in zip(started, sizes, strict=True):
            filling.grow(server.folder / "data", size.repositories, size.images)
        pairs = list(zip(started, sizes, strict=True))
        costs = {maker: _costs(maker, pairs, scale) for maker in asked}
        memory = [processes.memory_bytes(server.pid) for server in started]
    names = tuple(size.name for size in sizes)
    curves = [
        Curve(f"{asked[maker]}: CPU", "µs", names, tuple(cost.micros for cost in found), within=WITHIN, note=NOTE)
        for maker, found in costs.items()
    ]
    curves += [
        Curve(f"{asked[maker]}: time, c={CONNECTIONS}", "ms", names, tuple(cost.millis for cost in found))
        for maker, found in costs.items()
    ]
    more = max(0.0, (memory[-1] - memory[0]) / (counts[-1] - counts[0]))
    row = f"memory of the server after that, for each of {names[-1]}"
    return [*curves, Curve(row, "bytes", names[-1:], (more,), limit=limit)]


@contextmanager
def _started(folder: Path) -> Iterator[Server]:
    folder.mkdir(parents=True)
    with servers.entrepot(folder, settings=SETTINGS) as server:
        yield server
    shutil.rmtree(folder)


def _costs(maker: str, pairs: Sequence[tuple[Server, Size]], scale: Scale) -> list[Cost]:
    """For each size the median of all rounds, which go through the sizes by turns."""
    rounds = [[_cost(maker, server, size, scale) for server, size in pairs] for _ in range(scale.of(ROUNDS, 1))]
    return [
        Cost(statistics.median(one.micros for one in found), statistics.median(one.millis for one in found))
        for found in zip(*rounds, strict=True)
    ]


def _cost(maker: str, server: Server, size: Size, scale: Scale) -> Cost:
    if server.key is None:
        raise Failed(f"{server.name} has no AWS API")
    asked = replace(server, headers={}) if maker == "descriptions" else server
    options = {"repositories": size.repositories, "images": size.images, "key": asdict(server.key)}
    seconds = scale.of(10, 1) / 10
    job = generator.job(asked, f"bench.grown:{maker}", CONNECTIONS, seconds, port=server.port, **options)
    before = processes.cpu_seconds(server.pid)
    load = generator.run(job)
    used = processes.cpu_seconds(server.pid) - before
    return Cost(used / load.count * 1e6, load.percentile(50))


# --- memory ----------------------------------------------------------------------------------------------------


def memory_of_blobs(folder: Path, scale: Scale) -> list[Curve]:
    """The most memory that the server has while blobs of a size are pushed and pulled."""
    sizes = ((10 * MB, "10 MB"), (scale.of(GB, 20 * MB), "1 GB"))
    found = tuple(_moving(folder / str(size), size) for size, _ in sizes)
    row = f"most memory of the server while blobs are pushed and pulled, c={LARGE}"
    return [Curve(row, "MB", tuple(name for _, name in sizes), found, within=WITHIN)]


def _moving(folder: Path, size: int) -> float:
    """Megabytes at most; the server does nothing else. Each connection pushes one blob and pulls 100 MB or more."""
    options = {"repository": REPOSITORY, "size": size, "chunked": True, "count": LARGE * max(1, 100 * MB // size)}
    with _started(folder) as server:
        return _peak(server, lambda: generator.run(generator.job(server, "bench.push:pulls", LARGE, 0, **options)))


def _peak(server: Server, work: Callable[[], object]) -> float:
    done, seen = threading.Event(), list[int]()

    def look() -> None:
        while not done.is_set():
            seen.append(processes.memory_bytes(server.pid))
            time.sleep(0.02)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        work()
    finally:
        done.set()
        looking.join()
    return max(seen) / MB


def curves(folder: Path, scale: Scale) -> list[Curve]:
    """Everything, one after the other; a tiny run leaves out what differs in size alone."""
    measured: list[Callable[[Path, Scale], list[Curve]]] = [by_images, memory_of_blobs, collection.curves]
    found: list[Curve] = []
    for each in measured if scale.smoke else (by_repositories, *measured):
        found += each(folder / each.__name__, scale)
    return found


PART = Part(name="growth", title="Growth", curves=curves)
