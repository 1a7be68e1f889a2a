"""Uses of a blob store that its tests share: a whole blob in and out, and another process at work on the store."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from entrepot.blobs.store import BlobStore
from entrepot.domain.digests import of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from entrepot.blobs.store import Stored

Opener = partial[Any]
"""Opens the same store again and again: a store's class with its arguments, which have to print as text."""

CHUNK = 64 * 1024
EMPTY = of(b"")
LATER = 2**62
"""An instant after everything, in microseconds."""


def new_id() -> str:
    return str(uuid.uuid4())


def payload(size: int) -> bytes:
    """The first `size` bytes of the stream that `another_process` writes."""
    return random.Random(1).randbytes(size)


def stored(store: BlobStore, data: bytes, algorithm: str = "sha256") -> Stored:
    """`data` as a blob."""
    upload = store.create(new_id())
    upload.write(data)
    return upload.commit(of(data, algorithm))


def content(store: BlobStore, blob: Stored, digest: str) -> bytes:
    """All bytes of a blob, read by way of the seam."""
    with contextlib.closing(store.open(blob, digest)) as opened:
        assert opened.size == blob.size
        return opened.read(0, opened.size)


def unfinished(store: BlobStore) -> set[str]:
    return set(store.abandoned(LATER))


def files(root: Path) -> list[Path]:
    """Everything in a folder that is not a folder."""
    return sorted(path for path in root.rglob("*") if not path.is_dir())


@contextlib.contextmanager
def process(opener: Opener, verb: str, *row: object, trace: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """Another process at work on the same store, up to where it holds the upload or has said what became of it."""
    script = str(Path(__file__).with_name("another_process.py"))
    upload_id, offset, digest = (*row, 0, EMPTY)[:3]
    given = json.dumps([opener.func.__module__, opener.func.__qualname__, *map(str, opener.args)])
    command = [*trace, sys.executable, script, given, verb]
    with subprocess.Popen(
        [*command, str(upload_id), str(offset), str(digest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            assert said(other) == "ready"
            yield other
        finally:
            other.kill()


def said(other: subprocess.Popen[str]) -> str:
    """The next line of another process."""
    stream: IO[str] | None = other.stdout
    assert stream is not None
    return stream.readline().strip()
