"""Pushes of blobs, in one body and in chunks as docker sends them, and of whole images."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bench import content, generator, memory
from bench.connection import EMPTY, Connection, joined
from bench.connection import body as a_body
from bench.content import GB, KB, MANIFEST, MB, Blob, Blobs
from bench.generator import Load, Operation
from bench.workloads import DOCKER_REGISTRY, REGISTRIES, REPOSITORY, Measured, Part, Scale, Server, Workload

PUT, CHUNKS = "POST+PUT", "POST+PATCH+PUT"
CONNECTIONS = (1, 8, 16)
OCTETS = "Content-Type: application/octet-stream\r\n"
CONFIG_BYTES = 1500
NOTE = (
    "POST+PUT sends a blob in one body; POST+PATCH+PUT in chunks of 32 KiB, as docker does. Every blob is new: "
    "bytes that repeat after 4 MiB, and 64 of its own. An image is pushed as docker does, with a HEAD for each blob "
    "before. Both servers wait for the disk (fsync) before they answer. "
    f"{memory.NOTE}"
)
LAYERS = 3
A_SECOND = {"10 KB": 100 * MB, "1 MB": GB}
"""About what the servers write of small blobs in a round."""


# --- what one connection does ----------------------------------------------------------------------------------


def blobs(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push a blob of `size` bytes to `repository`, in chunks where `chunked` says so."""
    source = content.blobs(options["size"], chunked=options["chunked"])
    return partial(_next_blob, connection, options["repository"], source)


def _next_blob(connection: Connection, repository: str, source: Blobs) -> int:
    return push_blob(connection, repository, source.another())


def push_blob(connection: Connection, repository: str, blob: Blob) -> int:
    """Push one blob: POST, then PUT with its bytes, or PATCH with its bytes in chunks and PUT."""
    place = connection.call("POST", f"/v2/{repository}/blobs/uploads/", 202).location
    sent = blob.body
    if sent.chunked:
        place = connection.call("PATCH", place, 202, sent, fields=OCTETS).location
        sent = EMPTY
    connection.call("PUT", joined(place, digest=blob.digest), 201, sent, fields=OCTETS)
    return blob.size


def pulls(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push a blob of `size` bytes to `repository`, then pull it again and again."""
    blob = content.blobs(options["size"], chunked=options["chunked"]).another()
    push_blob(connection, options["repository"], blob)
    return lambda: connection.call("GET", f"/v2/{options['repository']}/blobs/{blob.digest}", 200).length


def images(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push an image of a config and three layers of `size` bytes to `repository` as docker does."""
    layers = content.blobs(options["size"], chunked=True)
    configs = content.blobs(CONFIG_BYTES, chunked=True)
    return partial(_next_image, connection, options["repository"], layers, configs)


def _next_image(connection: Connection, repository: str, layers: Blobs, configs: Blobs) -> int:
    chosen = [layers.another() for _ in range(LAYERS)]
    config = configs.another()
    for blob in (*chosen, config):
        connection.call("HEAD", f"/v2/{repository}/blobs/{blob.digest}", 404)
        push_blob(connection, repository, blob)
    tag = os.urandom(8).hex()
    push_manifest(connection, repository, tag, content.manifest(config, chosen))
    return sum(blob.size for blob in (*chosen, config))


def push_manifest(connection: Connection, repository: str, reference: str, manifest: bytes) -> None:
    """Push the manifest of an image whose blobs are there."""
    fields = f"Content-Type: {MANIFEST}\r\n"
    connection.call("PUT", f"/v2/{repository}/manifests/{reference}", 201, a_body(manifest), fields=fields)


# --- the rows --------------------------------------------------------------------------------------------------


def workloads(scale: Scale) -> list[Workload]:
    """Every size by both styles over every number of connections, images, and some of it over TLS; a tiny run: less."""
    layer, large, largest = scale.of(MB, 100 * KB), scale.of(100 * MB, MB), scale.of(GB, 2 * MB)
    sizes = ((10 * KB, "10 KB"), (layer, "1 MB"), (large, "100 MB"), (largest, "1 GB"))
    rows = [
        _blobs(size, name, style, connections)
        for size, name in sizes
        for style in (PUT, CHUNKS)
        for connections in CONNECTIONS
        if not scale.smoke or connections == {PUT: 1, CHUNKS: 16}[style]
    ]
    rows += [_images(layer, tls=False), _images(layer, tls=True)]
    return [*rows, _blobs(layer, "1 MB", CHUNKS, 16, tls=True), _blobs(large, "100 MB", CHUNKS, 1, tls=True)]


def _target(name: str, connections: int) -> Mapping[str, float]:
    """The ratio to docker-registry that is wanted."""
    wanted = {"10 KB": dict.fromkeys(CONNECTIONS, 5.0), "1 MB": {16: 2.5}, "100 MB": {1: 1.5, 8: 1.2}}.get(name, {})
    return {DOCKER_REGISTRY: wanted[connections]} if connections in wanted else {}


def _blobs(size: int, name: str, style: str, connections: int, *, tls: bool = False) -> Workload:
    small = name == "10 KB"
    count = 0 if name in ("10 KB", "1 MB") else max(connections, 4 if name == "100 MB" else 1)
    options = {"tls": tls, "count": count, "size": size, "chunked": style == CHUNKS}
    targets = {} if tls else _target(name, connections)
    return Workload(
        name=f"push {name}, {style}, c={connections}{', TLS' if tls else ''}",
        part="push",
        unit="blobs/s" if small else "MB/s",
        servers=REGISTRIES,
        run=partial(_run, "bench.push:blobs", connections, options, _count if small else _megabytes),
        targets=targets,
        rounds={"100 MB": 3, "1 GB": 1 if connections == 16 else 2}.get(name, None if targets else 3),
        writes=count * size or A_SECOND[name],
        clean=partial(clean, size=size),
        note=NOTE,
    )


def _images(size: int, *, tls: bool) -> Workload:
    return Workload(
        name=f"push an image of 3 layers of 1 MB, c=16{', TLS' if tls else ''}",
        part="push",
        unit="images/s",
        servers=REGISTRIES,
        run=partial(_run, "bench.push:images", 16, {"tls": tls, "size": size}, _count),
        targets={} if tls else {DOCKER_REGISTRY: 2.5},
        writes=A_SECOND["1 MB"],
        clean=partial(clean, size=size),
    )


def _count(load: Load) -> float:
    return load.rate


def _megabytes(load: Load) -> float:
    return load.megabytes


def _run(
    maker: str,
    connections: int,
    options: Mapping[str, Any],
    rate: Callable[[Load], float],
    server: Server,
    seconds: float,
) -> Measured:
    load = generator.run(generator.job(server, maker, connections, seconds, repository=REPOSITORY, **options))
    return load.measured(rate(load))


def clean(server: Server, size: int) -> None:
    """Give back the disk that pushed blobs of a size take: their files go, the server is not asked."""
    for folder, _, names in os.walk(server.folder):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118  # tens of thousands of files
            if os.stat(path).st_size == size:  # noqa: PTH116
                os.unlink(path)  # noqa: PTH108


PART = Part(name="push", title="Pushes", servers=REGISTRIES, workloads=workloads)
