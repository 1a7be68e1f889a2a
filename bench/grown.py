"""Registries that have grown: how their repositories and images are named, and what connections ask of them."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from functools import partial
from itertools import cycle
from typing import Any

from bench import api, content, push
from bench.connection import Connection
from bench.content import Blob, Blobs
from bench.generator import Operation
from bench.workloads import ApiKey

LAYER_BYTES = 10 * content.KB
CONFIG = content.of(b'{"architecture":"amd64","os":"linux"}')
"""What all images share."""


def repository(number: int) -> str:
    """The name of a repository."""
    return f"bench/r{number:05}"


def tag(number: int) -> str:
    """The tag of an image."""
    return f"v{number:06}"


def layer(number: int) -> Blob:
    """The layer of an image, of which there is a row and nothing else."""
    digest = f"sha256:{hashlib.sha256(b'layer %d' % number).hexdigest()}"
    return Blob(digest, LAYER_BYTES, content.of(b"").body)


# --- makers for the generator: options are `repositories`, `images` of each, and `key` -------------------------


def manifests(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """GET any manifest by its tag."""
    return lambda: connection.call("GET", f"/v2/{_any(options)}/manifests/{_any_tag(options)}", 200).length


def manifest(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """GET one manifest again and again."""
    path = f"/v2/{_any(options)}/manifests/{_any_tag(options)}"
    return lambda: connection.call("GET", path, 200).length


def heads(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """HEAD of any layer."""

    def head() -> int:
        digest = layer(random.randrange(options["images"])).digest
        return connection.call("HEAD", f"/v2/{_any(options)}/blobs/{digest}", 200).length

    return head


def pushes(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """Push an image of a new layer to any repository: 4 requests."""
    return partial(_push, connection, options, content.blobs(LAYER_BYTES, chunked=False))


def _push(connection: Connection, options: Mapping[str, Any], source: Blobs) -> int:
    where, own = _any(options), source.another()
    connection.call("HEAD", f"/v2/{where}/blobs/{CONFIG.digest}", 200)
    push.push_blob(connection, where, own)
    push.push_manifest(connection, where, f"pushed-{os.urandom(8).hex()}", content.manifest(CONFIG, [own]))
    return own.size


def tags(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """List tags of any repository: 50 from anywhere in the first half, so that so many follow where there are 100."""

    def page() -> int:
        last = tag(random.randrange(options["images"] // 2))
        return connection.call("GET", f"/v2/{_any(options)}/tags/list?n=50&last={last}", 200).length

    return page


def catalog(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """List repositories: 5 from anywhere in the first half, so that so many follow where there are 10."""

    def page() -> int:
        last = repository(random.randrange(options["repositories"] // 2))
        return connection.call("GET", f"/v2/_catalog?n=5&last={last}", 200).length

    return page


def descriptions(connection: Connection, options: Mapping[str, Any]) -> Operation:
    """DescribeImages, the first 100 of any of 20 repositories; the calls are signed before."""
    port, key = options["port"], ApiKey(**options["key"])
    wanted = [{"repositoryName": _any(options), "maxResults": 100} for _ in range(20)]
    calls = cycle([api.signed(port, key, "DescribeImages", one) for one in wanted])
    return lambda: api.send(connection, *next(calls))


def _any(options: Mapping[str, Any]) -> str:
    return repository(random.randrange(options["repositories"]))


def _any_tag(options: Mapping[str, Any]) -> str:
    return tag(random.randrange(options["images"]))
