"""A process of its own that uses a blob store, for tests of what happens between processes and when one is killed.

Arguments: the store's module, class, folder and numbers (JSON), what to do, and the upload id,
offset and digest of a row.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from entrepot.blobs.local import LocalBlobStore
from entrepot.blobs.store import Stored, digest_of
from entrepot.domain.errors import RegistryError

if TYPE_CHECKING:
    from entrepot.blobs.store import BlobStore, Upload

CHUNK = 64 * 1024


def payload(size: int, start: int = 0) -> bytes:
    """Bytes `start` to `start + size` of a stream that every process makes alike."""
    return random.Random(1).randbytes(start + size)[start:]


def say(*words: object) -> None:
    print(*words, flush=True)


def write_for_ever(upload: Upload) -> None:
    """Write chunk after chunk and say after each what the row would say, until killed."""
    data = payload(16 * 1024 * 1024)
    for start in range(upload.offset, len(data), CHUNK):
        upload.write(data[start : start + CHUNK])
        say(upload.offset, upload.digest())


def push(store: BlobStore, upload_id: str) -> None:
    """One whole push of 40 chunks, and what became of it."""
    try:
        upload = store.create(upload_id)
        try:
            upload.reserve(40 * CHUNK)
            for start in range(0, 40 * CHUNK, CHUNK):
                upload.write(payload(CHUNK, start))
            stored = upload.commit(upload.digest())
        finally:
            upload.discard()
    except RegistryError as error:
        say(type(error).__name__)
    else:
        say("stored", stored.location)


def grow(store: LocalBlobStore) -> None:
    """Write small pieces until refused; say how many bytes there were at most, and how many are free then."""
    upload = store.create(str(uuid.uuid4()))
    try:
        for _ in range(1024):
            upload.write(bytes(4096))
    except RegistryError as error:
        say(type(error).__name__, upload.offset, os.statvfs(store.root).f_bavail * os.statvfs(store.root).f_frsize)


def fill(store: LocalBlobStore) -> None:
    """Push until the disk is full, in one request and in several, and say what became of it."""
    push(store, str(uuid.uuid4()))
    free = os.statvfs(store.root).f_bavail
    push(store, str(uuid.uuid4()))
    upload_id = str(uuid.uuid4())
    upload = store.create(upload_id)
    try:
        for start in range(0, 40 * CHUNK, CHUNK):
            upload.write(payload(CHUNK, start))
            row = (upload.offset, upload.digest())
            upload.suspend()
            upload = store.resume(upload_id, *row)
    except RegistryError as error:
        say(type(error).__name__)
    say(*store.abandoned(2**62), "given back", os.statvfs(store.root).f_bavail - free)
    upload = store.create(str(uuid.uuid4()))
    upload.write(payload(CHUNK))
    say(upload.commit(upload.digest()).size)


def verify(store: BlobStore) -> None:
    """Say of each stored blob whether its bytes are right."""
    for location in store.locations():
        digest = digest_of(location)
        try:
            store.verify(Stored(location, store.size(location) or 0, ""), digest, lambda _: None)
        except RegistryError as error:
            say(digest, type(error).__name__)
        else:
            say(digest, "right")


def main(opener: str, verb: str, upload_id: str, offset: int, digest: str) -> None:
    module, name, *arguments = json.loads(opener)
    folder, *numbers = arguments
    store: BlobStore = getattr(importlib.import_module(module), name)(Path(folder), *map(int, numbers))
    say("ready")
    if verb == "push":
        push(store, upload_id)
        return
    if verb == "verify":
        verify(store)
        return
    if verb in {"fill", "grow"} and isinstance(store, LocalBlobStore):
        (fill if verb == "fill" else grow)(store)
        return
    try:
        upload = store.resume(upload_id, offset, digest) if offset else store.create(upload_id)
    except RegistryError as error:
        say(type(error).__name__)
        return
    say("holding")
    if verb == "write":
        write_for_ever(upload)
    elif verb == "append":
        upload.write(payload(CHUNK, upload.offset))
        say(upload.offset, upload.digest())
        upload.suspend()
    elif verb == "hold":
        sys.stdin.readline()
        upload.discard()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
