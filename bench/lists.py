"""Lists: a page of the tags of a repository that has many, and a page of the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from bench import stock, user, wrk
from bench.connection import Connection
from bench.content import KB, blobs, manifest
from bench.workloads import DOCKER_REGISTRY, ENTREPOT, REGISTRIES, REPOSITORY, Failed, Measured, Part, Scale, Server
from bench.workloads import Workload as Row
from entrepot.domain import digests

CONNECTIONS = (1, 16)
THREADS = 8
TAGS_OF_AN_IMAGE = 100
TAGS = "docker-registry 2.8 does not page tags: it answers all of them."
FILES = "tags and repositories of docker-registry are written as files, as it would: pushing them would take minutes."


def _tags(scale: Scale) -> int:
    return scale.of(10_000, 400)


def _repositories(scale: Scale) -> int:
    return scale.of(2_000, 40)


def fill(server: Server, scale: Scale) -> None:
    """Put in images with a hundred tags each, and repositories."""
    names = [f"bench/more-{number:05}" for number in range(_repositories(scale) - 1)]
    documents = _pushed(server, _tags(scale) // TAGS_OF_AN_IMAGE)
    tags = [(f"build-{number:05}", documents[number // TAGS_OF_AN_IMAGE]) for number in range(_tags(scale))]
    if server.name == ENTREPOT:
        _in_threads(partial(_tag_all, server), tags)
        _in_threads(partial(_create_all, server), names)
    else:
        _write(server.folder / "data/docker/registry/v2/repositories", tags, names)


def _pushed(server: Server, count: int) -> list[bytes]:
    """Push so many images of one layer; their manifests."""
    config, layer = (blobs(size, chunked=False).another() for size in (2 * KB, 10 * KB))
    documents = []
    with closing(Connection(server.port, server.headers)) as connection:
        for blob in (config, layer):
            stock.push(connection, REPOSITORY, blob)
        for number in range(count):
            described = json.loads(manifest(config, [layer])) | {"annotations": {"number": str(number)}}
            documents.append(json.dumps(described).encode())
            stock.tag(connection, REPOSITORY, digests.of(documents[-1]), documents[-1])
    return documents


def _in_threads(work: Callable[[Sequence[Any]], None], things: Sequence[Any]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, [things[start::THREADS] for start in range(THREADS)]))


def _tag_all(server: Server, tags: Sequence[tuple[str, bytes]]) -> None:
    with closing(Connection(server.port, server.headers)) as connection:
        for name, document in tags:
            stock.tag(connection, REPOSITORY, name, document)


def _create_all(server: Server, names: Sequence[str]) -> None:
    if server.key is None:
        raise Failed(f"{server.name} has no key")
    ecr = user.client("ecr", server.port, server.key)
    for name in names:
        ecr.create_repository(repositoryName=name)


def _write(root: Path, tags: Sequence[tuple[str, bytes]], names: Sequence[str]) -> None:
    """Links as docker-registry 2.8 keeps them."""
    for name, document in tags:
        digest = digests.of(document)
        place = root / REPOSITORY / "_manifests/tags" / name
        for link in (place / "current/link", place / "index" / digest.replace(":", "/") / "link"):
            link.parent.mkdir(parents=True)
            link.write_text(digest)
    for name in names:
        for kept in ("_layers", "_manifests/revisions", "_manifests/tags", "_uploads"):
            (root / name / kept).mkdir(parents=True)


def workloads(scale: Scale) -> list[Row]:
    """A page of 100 tags, a page of 1,000 repositories."""
    tags, repositories, page = _tags(scale), _repositories(scale), scale.of(1_000, 20)
    return [
        *(_row(f"tags/list n=100 of {tags:,}", f"/v2/{REPOSITORY}/tags/list?n=100", c, TAGS) for c in CONNECTIONS),
        *(_row(f"catalog n={page:,} of {repositories:,}", f"/v2/_catalog?n={page}", c, FILES) for c in CONNECTIONS),
    ]


def _row(name: str, path: str, connections: int, note: str) -> Row:
    run = partial(_run, wrk.Request(path), connections)
    return Row(f"{name}, c={connections}", "lists", "requests/s", REGISTRIES, run, targets=TARGETS, note=note)


TARGETS = {DOCKER_REGISTRY: 25.0}


def _run(request: wrk.Request, connections: int, server: Server, seconds: float) -> Measured:
    _check(server, request.path)
    return wrk.requests_per_second(server, request, connections, seconds, tls=False)


def _check(server: Server, path: str) -> None:
    """Look at the page. Raises Failed where it is not as long as was asked for."""
    wanted = int(path.rpartition("=")[2])
    with closing(Connection(server.port, server.headers)) as connection:
        answer = json.loads(connection.call("GET", path, 200, keep=True).body)
    found = len(answer["tags"] if "tags" in answer else answer["repositories"])
    if found != wanted and not (server.name == DOCKER_REGISTRY and found > wanted):
        raise Failed(f"{server.name}: {path} answers {found} names")


PART = Part("lists", "Lists", REGISTRIES, fill, workloads)
