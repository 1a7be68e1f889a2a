"""What pulls ask for: one image with layers of several sizes, the same in every registry and as files for nginx."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench import nginx
from bench.connection import Connection, body, joined
from bench.content import GB, KB, MANIFEST, MB, Blob, blobs, manifest
from bench.workloads import NGINX, REPOSITORY, Failed, Scale, Server
from entrepot.domain import digests

TAG = "v1"
SIZES = {"10 KB": 10 * KB, "1 MB": MB, "100 MB": 100 * MB, "1 GB": GB}
_TINY = {"100 MB": 2 * MB, "1 GB": 3 * MB}
CONFIG_BYTES = 2 * KB
ACCEPT = {"Accept": MANIFEST}
"""What asks for a manifest: docker-registry answers 404 without."""


@cache
def blob(length: int) -> Blob:
    """The blob of this length: the same one in the whole run."""
    return blobs(length, chunked=False).another()


@dataclass(frozen=True, slots=True)
class Image:
    """An image in REPOSITORY, of a config and layers of so many bytes, tagged TAG."""

    layers: tuple[int, ...]

    @property
    def document(self) -> bytes:
        """Its manifest."""
        return manifest(blob(CONFIG_BYTES), [blob(length) for length in self.layers])

    @property
    def contents(self) -> list[Blob]:
        return [blob(CONFIG_BYTES), *(blob(length) for length in self.layers)]

    def by_tag(self) -> str:
        """Where its manifest is, by its tag."""
        return f"/v2/{REPOSITORY}/manifests/{TAG}"

    def by_digest(self) -> str:
        """Where its manifest is, by its digest."""
        return f"/v2/{REPOSITORY}/manifests/{digests.of(self.document)}"


def size(name: str, scale: Scale) -> int:
    """Bytes of a layer: those of its name or, in a tiny run, at most three million."""
    return _TINY.get(name, SIZES[name]) if scale.smoke else SIZES[name]


def image(scale: Scale, largest: str = "1 GB") -> Image:
    """The image with layers of all sizes up to the largest."""
    names = list(SIZES)
    return Image(tuple(size(name, scale) for name in names[: names.index(largest) + 1]))


def blob_path(length: int) -> str:
    """Where the layer of this length is."""
    return f"/v2/{REPOSITORY}/blobs/{blob(length).digest}"


def fill(server: Server, stocked: Image) -> None:
    """Put the image in. Raises Failed."""
    if server.name == NGINX:
        _lay_out(server.folder / nginx.FILES, stocked)
        return
    with closing(Connection(server.port, server.headers)) as connection:
        for one in stocked.contents:
            push(connection, REPOSITORY, one)
        tag(connection, REPOSITORY, TAG, stocked.document)


def push(connection: Connection, repository: str, one: Blob) -> None:
    """Push a blob by POST and PUT. Raises Failed."""
    started = connection.call("POST", f"/v2/{repository}/blobs/uploads/", 202)
    connection.call("PUT", joined(started.location, digest=one.digest), 201, one.body)


def tag(connection: Connection, repository: str, name: str, document: bytes) -> None:
    """Push a manifest under a tag. Raises Failed."""
    path = f"/v2/{repository}/manifests/{name}"
    connection.call("PUT", path, 201, body(document), fields=f"Content-Type: {MANIFEST}\r\n")


def _lay_out(root: Path, stocked: Image) -> None:
    for one in stocked.contents:
        path = root / blob_path(one.size).removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(one.body.pieces)
        if path.stat().st_size != one.size:
            raise Failed(f"{path.name} has not {one.size} bytes")
    for place in (stocked.by_tag(), stocked.by_digest()):
        path = root / place.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stocked.document)
