"""Pulls: manifests by tag and by digest, blobs of all sizes, ranges; over HTTP and over TLS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bench import generator, heads, stock, wrk
from bench.connection import Connection
from bench.content import MB
from bench.generator import Operation
from bench.workloads import DOCKER_REGISTRY, NGINX, WITH_FILES, Failed, Measured, Part, Scale, Server, Workload

MANIFEST_CONNECTIONS = (1, 16, 64)
BLOB_CONNECTIONS = (1, 16)
RANGED = "100 MB"
"""The layer that ranges are read from: its second million bytes."""
LARGE = 100 * MB
LONGER = 2.0
"""How many times as long as others a round of large layers takes."""
NOTE = (
    "Layers of 100 MB and more are pulled by the generator of pushes, which has the kernel throw away what comes: wrk "
    "copies it, 8 KiB at a time, and is at its end before the servers are."
)
REQUESTS, MEGABYTES = "requests/s", "MB/s"
Load = Callable[[Server, wrk.Request, int, float, bool], Measured]
ONE, MANY = {DOCKER_REGISTRY: 4.0, NGINX: 0.4}, {DOCKER_REGISTRY: 10.0, NGINX: 0.2}
# Of blobs, by size and connections.
TARGETS: Mapping[tuple[str, int], Mapping[str, float]] = {
    ("10 KB", 16): {DOCKER_REGISTRY: 15.0, NGINX: 0.25},
    ("1 MB", 16): {DOCKER_REGISTRY: 4.0, NGINX: 1.0},
    ("100 MB", 1): {DOCKER_REGISTRY: 1.0, NGINX: 0.9},
    ("100 MB", 16): {DOCKER_REGISTRY: 1.5, NGINX: 1.0},
    ("1 GB", 16): {DOCKER_REGISTRY: 1.5, NGINX: 1.0},
}


def fill(server: Server, scale: Scale) -> None:
    """Put in the image with layers of all sizes."""
    stock.fill(server, stock.image(scale))


def fill_for_tls(server: Server, scale: Scale) -> None:
    """Put in the image with layers of up to 100 MB."""
    stock.fill(server, stock.image(scale, "100 MB"))


def workloads(scale: Scale) -> list[Workload]:
    """Manifests at c = 1, 16, 64, blobs and a range of one at c = 1, 16; a tiny run has not all."""
    many = MANIFEST_CONNECTIONS[:2] if scale.smoke else MANIFEST_CONNECTIONS
    some = BLOB_CONNECTIONS[1:] if scale.smoke else BLOB_CONNECTIONS
    rows = [
        manifest("pull", scale, method, connections, by_tag=by_tag)
        for by_tag in (True, False)
        for method in ("GET", "HEAD")
        for connections in many
    ]
    rows += [blob("pull", scale, name, connections) for name in stock.SIZES for connections in some]
    return rows + [ranged("pull", scale, connections) for connections in some]


def workloads_over_tls(scale: Scale) -> list[Workload]:
    """The same over TLS, fewer of them."""
    if scale.smoke:
        return [manifest("tls", scale, "GET", 16, by_tag=True, tls=True), blob("tls", scale, "100 MB", 16, tls=True)]
    return [
        *(manifest("tls", scale, "GET", connections, by_tag=True, tls=True) for connections in (1, 16)),
        blob("tls", scale, "10 KB", 16, tls=True),
        blob("tls", scale, "1 MB", 16, tls=True),
        *(blob("tls", scale, "100 MB", connections, tls=True) for connections in BLOB_CONNECTIONS),
    ]


def manifest(part: str, scale: Scale, method: str, connections: int, *, by_tag: bool, tls: bool = False) -> Workload:
    """GET or HEAD of a manifest. TLS has no targets."""
    stocked = stock.image(scale, "100 MB" if tls else "1 GB")
    path = stocked.by_tag() if by_tag else stocked.by_digest()
    request = wrk.Request(path, method, stock.ACCEPT, length=len(stocked.document))
    targets = ONE if connections == 1 else MANY if by_tag else {}
    name = f"manifest {method} by {'tag' if by_tag else 'digest'}"
    return _row(part, name, REQUESTS, request, connections, {} if tls else targets, tls=tls)


def blob(part: str, scale: Scale, name: str, connections: int, *, tls: bool = False) -> Workload:
    """GET of a layer: requests a second of a small one, megabytes a second of others."""
    length = stock.size(name, scale)
    request = wrk.Request(stock.blob_path(length), length=length)
    unit = MEGABYTES if length >= MB else REQUESTS
    targets = {} if tls else TARGETS.get((name, connections), {})
    return _row(part, f"blob GET {name}", unit, request, connections, targets, tls=tls)


def ranged(part: str, scale: Scale, connections: int) -> Workload:
    """GET of 1 MB out of a large layer."""
    headers = {"Range": f"bytes={MB}-{2 * MB - 1}"}
    request = wrk.Request(stock.blob_path(stock.size(RANGED, scale)), headers=headers, status=206, length=MB)
    return _row(
        part, f"blob GET 1 MB of {RANGED}", MEGABYTES, request, connections, TARGETS.get(("1 MB", connections), {})
    )


def _row(
    part: str,
    name: str,
    unit: str,
    request: wrk.Request,
    connections: int,
    targets: Mapping[str, float],
    *,
    tls: bool = False,
) -> Workload:
    load: Load = wrk.requests_per_second if unit == REQUESTS else wrk.megabytes_per_second
    note = ""
    if request.method == "HEAD":
        load = heads.requests_per_second
    elif not tls and (request.length or 0) >= LARGE:
        load, note = _dropped, NOTE
    run = partial(_run, load, request, connections, tls)
    where = f"{name}, TLS, c={connections}" if tls else f"{name}, c={connections}"
    return Workload(where, part, unit, WITH_FILES, run, targets=targets, note=note)


def _run(load: Load, request: wrk.Request, connections: int, tls: bool, server: Server, seconds: float) -> Measured:
    longer = LONGER if (request.length or 0) >= LARGE else 1.0
    return load(server, request, connections, seconds * longer, tls)


def _dropped(server: Server, request: wrk.Request, connections: int, seconds: float, tls: bool) -> Measured:
    """Million bytes in a second of whole layers that are not kept. Raises Failed on any error."""
    wanted = {"path": request.path, "length": request.length, "tls": tls}
    load = generator.run(generator.job(server, "bench.pull:layers", connections, seconds, **wanted))
    return load.measured(load.megabytes)


def layers(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Pull the layer at `path`, of `length` bytes, again and again."""
    return partial(_layer, connection, options["path"], options["length"])


def _layer(connection: Connection, path: str, length: int) -> int:
    got = connection.call("GET", path, 200).length
    if got != length:
        raise Failed(f"{path} has {got} bytes and not {length}")
    return got


PART = Part("pull", "Pulls", WITH_FILES, fill, workloads)
