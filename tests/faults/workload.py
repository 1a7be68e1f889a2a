"""What is done to a registry while a fault strikes, and what has to be true afterwards whatever happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.factories import KEY, a_caller, a_manifest, push

from entrepot import app
from entrepot.config import Settings, Storage, Trash
from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.domain.repositories import Mutability
from entrepot.registry import deletion, fsck, garbage, housekeeping, images, layers, lifecycle, repositories, uploads
from entrepot.registry.context import Registry

NAME = "team/app"
CALLER = a_caller("ecr:PutImage")
SIZE = 200_000  # bytes of a layer: more than one write
AGES = -3 * 24 * 3600.0  # as a grace: every lease is over


def prepared(folder: Path) -> Settings:
    """A data folder with a repository and an image `v0`."""
    settings = _settings(folder)
    app.prepare(settings)
    with registry(folder) as reg:
        repositories.create(
            reg,
            CALLER,
            KEY,
            NAME,
            mutability=Mutability(),
            scan_on_push=False,
            encryption_type="AES256",
            tags={},
        )
        push_image(reg, 0)
    return settings


@contextmanager
def registry(folder: Path) -> Iterator[Registry]:
    with app.operator(_settings(folder)) as reg:
        yield reg


def _settings(folder: Path) -> Settings:
    # Some faults need a small file system, and all of them count on deleted images to free bytes.
    return Settings(data_dir=str(folder), storage=Storage(database_reserve=0), trash=Trash(retention_days=0))


def layer(number: int) -> bytes:
    return hashlib.shake_128(b"layer %d" % number).digest(SIZE)


def manifest(number: int) -> bytes:
    return a_manifest(layer(number), config=config(number))


def config(number: int) -> bytes:
    return b'{"number": %d}' % number


# --- the operations ----------------------------------------------------------------------------------------------


def push_blob(reg: Registry, data: bytes) -> None:
    """As a client does: POST, PATCH in two chunks, PUT."""
    digest, half = digests.of(data), len(data) // 2
    upload = uploads.start(reg, CALLER, KEY, NAME)
    for start, piece in ((0, data[:half]), (half, data[half:])):
        with uploads.receiving(reg, CALLER, KEY, NAME, upload, start) as held:
            held.bytes.reserve(len(piece))
            held.bytes.write(piece)
            uploads.keep(reg, held)
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, len(data)) as held:
        uploads.finish(reg, CALLER, held, digest)


def begin_upload(reg: Registry, data: bytes) -> None:
    """POST and PATCH of an upload that nobody finishes."""
    upload = uploads.start(reg, CALLER, KEY, NAME)
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, 0) as held:
        held.bytes.write(data)
        uploads.keep(reg, held)


def push_image(reg: Registry, number: int) -> None:
    for data in (layer(number), config(number)):
        push_blob(reg, data)
    push(reg, manifest(number), f"v{number}", name=NAME)


def move_tag(reg: Registry, number: int) -> None:
    push(reg, manifest(number), "latest", name=NAME)


def delete_image(reg: Registry, number: int) -> None:
    deletion.delete(reg, CALLER, KEY, NAME, digests.of(manifest(number)))


def collect(reg: Registry, number: int) -> None:
    del number
    garbage.collect(reg, AGES)


def sweep(reg: Registry, number: int) -> None:
    del number
    uploads.sweep(reg, -1)
    housekeeping.trim(reg)


def apply_policy(reg: Registry, number: int) -> None:
    del number
    lifecycle.run(reg, KEY, NAME)


OPERATIONS: dict[str, Callable[[Registry, int], None]] = {
    "push": push_image,
    "tag": move_tag,
    "delete": delete_image,
    "collect": collect,
    "sweep": sweep,
    "lifecycle": apply_policy,
}


# --- what has to be true -----------------------------------------------------------------------------------------


class Violation(AssertionError):
    """Something that was acknowledged is not there, or something is there that was not."""


def seen(reg: Registry) -> dict[str, str]:
    """Every tag and the digest that it names; every image and every blob of it read and found right.

    Raises Violation for anything that is listed and cannot be had, or whose bytes are wrong.
    """
    tags, _ = images.tag_page(reg, KEY, NAME, "", 1000)
    described, _ = images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=None, limit=1000)
    for one in described:
        _, data = images.get(reg, KEY, NAME, ImageId(one.image.digest, None))
        document = json.loads(data)
        for item in (document["config"], *document["layers"]):
            _read(reg, item["digest"], item["size"])
    return {tag: images.head(reg, KEY, NAME, ImageId(None, tag)).digest for tag in tags}


def _read(reg: Registry, digest: str, size: int) -> None:
    try:
        blob = layers.open_blob(reg, KEY, NAME, digest)
    except e.RegistryError as error:
        raise Violation(f"{digest} is named by an image and cannot be had: {error!r}") from error
    with_bytes = hashlib.sha256()
    for at in range(0, blob.size, 65536):
        with_bytes.update(blob.read(at, 65536))
    blob.close()
    if f"sha256:{with_bytes.hexdigest()}" != digest or blob.size != size:
        raise Violation(f"the bytes of {digest} are wrong")


def settled(reg: Registry, folder: Path) -> None:
    """After a sweep and a collection nothing is left over: files are blobs of rows, and fsck has no finding."""
    uploads.sweep(reg, -1)
    garbage.collect(reg)
    report = fsck.check(reg)
    if report.findings:
        raise Violation(str(report.findings))
    files = sum(path.is_file() for path in (folder / "storage" / "blobs").rglob("*"))
    rows = reg.db.read(lambda tx: tx.one("SELECT count(*) FROM blobs"))
    temporary = list((folder / "storage" / "uploads").iterdir())
    if rows != (files,) or temporary:
        raise Violation(f"{files} files for {rows} rows, {len(temporary)} temporary files")
