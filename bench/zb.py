"""The workloads of zot's benchmark `zb`, replayed from their description: pushes, pulls and both mixed.

As there, every image is a config and one layer in a repository of its own, and the layers of one size are the same in a
run. What zb leaves to chance (which size is next, pull or push) comes here in fixed proportions, so that rounds can be
compared; and only the operations are timed, not the pushes before them, which zb counts in.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle, islice
from threading import Lock
from typing import Any, TypeVar

from bench import content, generator, memory, push
from bench.connection import Body, Connection, body, joined
from bench.content import Blob
from bench.generator import Operation
from bench.workloads import REGISTRIES, Failed, Measured, Part, Scale, Server, Workload

MIB = 1024 * 1024
PREFIX = "bench/zb"
CONNECTIONS = 10
NOTE = (
    "The workloads of zot's zb with their names, 10 connections. Operations are timed by themselves, not with the "
    "pushes and deletions around them; sizes and kinds of operations come in fixed proportions and not by chance. "
    f"Layers that are pulled are dropped by the kernel and not copied. {memory.NOTE}"
)
_T = TypeVar("_T")
RANDOM = 4096  # bytes with which a layer begins; zeros follow
CATALOG_IMAGES = 10  # that each connection pushes before
ACCEPT = f"Accept: {content.MANIFEST}\r\n"
OCTETS = push.OCTETS


@dataclass(frozen=True, slots=True)
class Image:
    """A pushed image: where it is and what it consists of."""

    repository: str
    config: str
    layer: Blob


# --- content ---------------------------------------------------------------------------------------------------

_ALONE = Lock()


def layer(seed: str, size: int) -> Blob:
    """The layer of a size: the same for all that share a seed."""
    with _ALONE:
        return _layer(seed, size)


@cache
def _layer(seed: str, size: int) -> Blob:
    start = random.Random(seed).randbytes(min(RANDOM, size))
    zeros, rest = divmod(size - len(start), MIB)
    pieces: tuple[bytes | memoryview, ...] = (start, *(_zeros(),) * zeros, _zeros()[:rest])
    hashed = hashlib.sha256()
    for piece in pieces:
        hashed.update(piece)
    return Blob(f"sha256:{hashed.hexdigest()}", size, body(*pieces))


@cache
def _zeros() -> memoryview:
    return memoryview(bytes(MIB))


def config() -> Blob:
    """A config that nobody has seen."""
    text = json.dumps({"architecture": "amd64", "os": "linux", "author": os.urandom(16).hex()}).encode()
    return content.of(text)


# --- operations ------------------------------------------------------------------------------------------------


def push_monolith(connection: Connection, blob: Blob) -> Image:
    """Push an image to a new repository, each blob in one body: 5 requests."""
    repository, chosen = f"{PREFIX}/{uuid.uuid1()}", config()
    push.push_blob(connection, repository, blob)
    push.push_blob(connection, repository, chosen)
    return _manifest(connection, repository, chosen, blob)


def push_chunked(connection: Connection, blob: Blob) -> Image:
    """Push an image to a new repository, the layer as one chunk, the config as two: 8 requests."""
    repository = f"{PREFIX}/{uuid.uuid1()}"
    _chunks(connection, repository, blob, [blob.body])
    chosen = config()
    text = bytes(chosen.body.pieces[0])
    middle = len(text) // 2
    _chunks(connection, repository, chosen, [body(text[:middle]), body(text[middle:])])
    return _manifest(connection, repository, chosen, blob)


def _chunks(connection: Connection, repository: str, blob: Blob, chunks: list[Body]) -> None:
    place = connection.call("POST", f"/v2/{repository}/blobs/uploads/", 202).location
    for chunk in chunks:
        place = connection.call("PATCH", place, 202, chunk, fields=OCTETS).location
    connection.call("PUT", joined(place, digest=blob.digest), 201, fields=OCTETS)


def _manifest(connection: Connection, repository: str, chosen: Blob, blob: Blob) -> Image:
    push.push_manifest(connection, repository, "tag0", content.manifest(chosen, [blob]))
    return Image(repository, chosen.digest, blob)


def pull(connection: Connection, image: Image) -> int:
    """HEAD and GET of the manifest, the config and the layer: 6 requests. The bytes of the layer."""
    parts = ("manifests/tag0", f"blobs/{image.config}", f"blobs/{image.layer.digest}")
    for part in parts:
        head = connection.call("HEAD", f"/v2/{image.repository}/{part}", 200, fields=ACCEPT)
        got = connection.call("GET", f"/v2/{image.repository}/{part}", 200, fields=ACCEPT)
        if head.length != got.length:
            raise Failed(f"{part} has {got.length} bytes and not {head.length}")
    return image.layer.size


# --- what one connection does: makers for the generator ----------------------------------------------------------


def catalog(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push images, then list repositories again and again."""
    small, middle, large = (layer(options["seed"], size) for size in options["sizes"])
    for blob in islice(cycle((*(small,) * 7, *(middle,) * 2, large)), options["images"]):
        push_monolith(connection, blob)
    return lambda: connection.call("GET", "/v2/_catalog", 200).length


def pushing(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push images of the sizes that `pattern` names by turns."""
    one = push_chunked if options["chunked"] else push_monolith
    layers = [layer(options["seed"], size) for size in options["pattern"]]
    return partial(_push, connection, one, _turning(layers))


def _push(connection: Connection, one: Callable[[Connection, Blob], Image], blobs: Iterator[Blob]) -> int:
    return one(connection, next(blobs)).layer.size


def pulling(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push an image of each size, then pull those that `pattern` names by turns."""
    images = {size: push_monolith(connection, layer(options["seed"], size)) for size in set(options["pattern"])}
    turns = _turning([images[size] for size in options["pattern"]])
    return lambda: pull(connection, next(turns))


def both(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push an image, then pull it three times and push another one, again and again."""
    blob = layer(options["seed"], options["size"])
    image = push_monolith(connection, blob)
    turns = _turning([True, True, True, False])
    return lambda: pull(connection, image) if next(turns) else push_monolith(connection, blob).layer.size


def _turning(values: list[_T]) -> Iterator[_T]:
    """The values again and again; where it begins is left to chance, so that connections do not march in step."""
    start = random.randrange(len(values))
    return cycle(values[start:] + values[:start])


# --- the rows --------------------------------------------------------------------------------------------------

NAMES = ("1MB", "10MB", "100MB")
SIZES = dict(zip(NAMES, (MIB, 10 * MIB, 100 * MIB), strict=True))
OPERATIONS = {"1MB": 40, "10MB": 8, "100MB": 2}  # of each connection, of one size


def workloads(scale: Scale) -> list[Workload]:
    """The 16 rows that need no second registry."""
    sizes = {name: size // scale.of(1, 100) for name, size in SIZES.items()}
    rows = [_row(scale, "Get Catalog", "catalog", 100, sizes=list(sizes.values()), images=scale.of(CATALOG_IMAGES, 1))]
    for title, maker, options in (
        ("Push Monolith", "pushing", {"chunked": False}),
        ("Push Chunk Streamed", "pushing", {"chunked": True}),
        ("Pull", "pulling", {}),
    ):
        rows += [
            _row(scale, f"{title} {name}", maker, OPERATIONS[name], pattern=[size], **options)
            for name, size in sizes.items()
        ]
    small, middle, large = sizes.values()
    pulls, pushes = [small, small, *[middle] * 7, large], [small, middle, large]
    rows.append(_row(scale, "Pull Mixed 20% 1MB, 70% 10MB, 10% 100MB", "pulling", 10, pattern=pulls))
    rows.append(
        _row(scale, "Push Monolith Mixed 20% 1MB, 70% 10MB, 10% 100MB", "pushing", 10, pattern=pulls, chunked=False)
    )
    rows.append(
        _row(scale, "Push Chunk Mixed 33% 1MB, 33% 10MB, 33% 100MB", "pushing", 3, pattern=pushes, chunked=True)
    )
    for name, size in sizes.items():
        many = max(4, OPERATIONS[name])
        rows.append(_row(scale, f"Pull 75% and Push 25% Mixed {name}", "both", many, size=size))
    return rows


def _row(scale: Scale, name: str, maker: str, each: int, **options: Any) -> Workload:
    """A row in which every connection does `each` operations."""
    connections = scale.of(CONNECTIONS, 2)
    return Workload(
        name=name,
        part="zb",
        unit="ops/s",
        servers=REGISTRIES,
        run=partial(_run, f"bench.zb:{maker}", connections, connections * scale.of(each, min(each, 4)), options),
        rounds=2,
        writes=connections * each * max(options.get("pattern", [options.get("size", 0)])),
        note=NOTE,
        clean=_clean,
    )


def _run(
    maker: str, connections: int, count: int, options: Mapping[str, Any], server: Server, seconds: float
) -> Measured:
    del seconds  # bounded by count, as zb is
    seed = os.urandom(8).hex()
    load = generator.run(generator.job(server, maker, connections, 0, count=count, seed=seed, **options))
    return load.measured(load.rate)


def _clean(server: Server) -> None:
    for size in SIZES.values():
        push.clean(server, size)


PART = Part(name="zb", title="zot's zb", servers=REGISTRIES, workloads=workloads)
