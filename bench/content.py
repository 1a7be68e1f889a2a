"""Content to push: each blob is new, and hashing it costs the generator next to nothing."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from functools import cache

from bench.connection import Body

KB, MB, GB = 1000, 1000 * 1000, 1000 * 1000 * 1000
CHUNK = 32 * 1024  # docker's: Go copies a body of unknown length in pieces of 32 KiB, each of them a chunk
BLOCK = 128 * CHUNK  # content repeats after that, so that it stays in the processor's cache
TAIL = 64  # bytes that differ
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob to push, framed in chunks or not."""

    digest: str
    size: int
    body: Body


class Blobs:
    """Blobs of one size, at least 64 bytes: a prefix that all share, whose hash is known, and a tail of their own."""

    def __init__(self, size: int, *, chunked: bool) -> None:
        self._size = size
        self._chunked = chunked
        whole, rest = divmod(size - TAIL, BLOCK)
        block = _block()
        self._hash = hashlib.sha256()
        for _ in range(whole):
            self._hash.update(block)
        self._hash.update(block[:rest])
        self._prefix = _framed(whole, rest) if chunked else ((block,) * whole + (block[:rest],))
        last = rest % CHUNK
        self._last = b"%x\r\n%s" % (last + TAIL, block[rest - last : rest])

    def another(self) -> Blob:
        """A blob that nobody has seen."""
        tail = os.urandom(TAIL)
        hashed = self._hash.copy()
        hashed.update(tail)
        digest = f"sha256:{hashed.hexdigest()}"
        if self._chunked:
            body = Body((*self._prefix, self._last, tail, b"\r\n0\r\n\r\n"), self._size, chunked=True)
        else:
            body = Body((*self._prefix, tail), self._size)
        return Blob(digest, self._size, body)


def blobs(size: int, *, chunked: bool) -> Blobs:
    """The blobs of a size, prepared once in a process."""
    with _ALONE:
        return _prepared(size, chunked=chunked)


_ALONE = threading.Lock()  # a block that two threads make at once would be two blocks
_prepared = cache(Blobs)


@cache
def _block() -> memoryview:
    return memoryview(os.urandom(BLOCK))


@cache
def _frames() -> memoryview:
    """The block in chunks."""
    block = _block()
    pieces = (block[start : start + CHUNK] for start in range(0, BLOCK, CHUNK))
    return memoryview(b"".join(b"%x\r\n%s\r\n" % (CHUNK, piece) for piece in pieces))


def _framed(whole: int, rest: int) -> tuple[memoryview, ...]:
    """The prefix in chunks but for what the last chunk has of it."""
    frames = _frames()
    each = len(frames) // (BLOCK // CHUNK)
    return (frames,) * whole + (frames[: rest // CHUNK * each],)


def of(data: bytes) -> Blob:
    """These bytes as a blob, to be sent in one body."""
    return Blob(f"sha256:{hashlib.sha256(data).hexdigest()}", len(data), Body((data,), len(data)))


def described(blob: Blob, media_type: str) -> dict[str, object]:
    """What a manifest says of a blob."""
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def manifest(config: Blob, layers: list[Blob], **members: object) -> bytes:
    """The manifest of an image; `members` are added to it."""
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described(config, CONFIG_TYPE),
        "layers": [described(layer, LAYER_TYPE) for layer in layers],
        **members,
    }
    return json.dumps(document, separators=(",", ":")).encode()
