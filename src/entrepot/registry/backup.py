"""Backup beside a running server, and restore.

A backup is a data folder, or an archive of one: the database as it was at one instant, every blob that it names, and
the keys. A pin set before that instant keeps those blobs until they are copied. Blobs are hashed on the way, both ways.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from entrepot.blobs.store import Blob as OpenBlob
from entrepot.blobs.store import BlobStore, Stored, digest_of, upload_of
from entrepot.domain import digests
from entrepot.domain.blobs import Blob
from entrepot.domain.errors import BlobCorrupt, BlobMissing, DigestMismatch, UploadBusy
from entrepot.registry.archives import ABOUT, BLOBS, DATABASE, FORMAT, About, Damaged, Hashed, checked
from entrepot.registry.context import Registry
from entrepot.store import blobs, pins, restored
from entrepot.store.db import Database, Tx

__all__ = ["ArchiveTarget", "Damaged", "FolderTarget", "Report", "backup", "restore"]

PIECE = 1024 * 1024
_PAGE = 100
_SMALL = 64 * 1024  # bytes that a file beside database and blobs may have
_PIN = 15 * 60 * 1_000_000  # microseconds that a pin holds; it is renewed long before

Advance = Callable[[int], None]
"""Is told the bytes of each piece that was copied, or need not be."""


@dataclass(slots=True)
class Report:
    """What was backed up or restored, how much of it was copied, and blobs whose bytes are wrong or missing."""

    blobs: int = 0
    bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    damaged: list[str] = field(default_factory=list)


class Target(Protocol):
    """Where a backup goes."""

    def begin(self, snapshot: Path) -> None:
        """Take the copy of the database, whose blobs follow."""

    def has(self, blob: Blob) -> bool:
        """Whether an earlier backup brought the blob."""

    def put(self, blob: Blob, pieces: Iterator[bytes]) -> None:
        """Keep a blob's bytes. Raises DigestMismatch, having kept nothing."""

    def finish(self, secrets: Mapping[str, bytes], about: About, named: Callable[[str], bool]) -> None:
        """Make the backup whole; `named` says whether the snapshot names a location."""


def backup(
    reg: Registry,
    snapshot: Callable[[], tuple[Path, Database]],
    target: Target,
    secrets: Mapping[str, bytes],
    schema: int,
    advance: Advance = lambda _: None,
) -> Report:
    """Back a registry up. `snapshot` makes a copy of the database as it is now, and opens it.

    Blobs whose bytes are wrong or missing are left out and named. Raises StorageFull, StorageUnavailable.
    """
    report = Report()
    with _pinned(reg) as renew:

        def step(count: int) -> None:
            renew()  # with each piece: one blob can take longer than a pin holds
            advance(count)

        path, copy = snapshot()
        try:
            files = {name: [hashlib.sha256(secret).hexdigest()] for name, secret in secrets.items()}
            copy.read(blobs.total)  # opening it for the first time changes its header
            with path.open("rb") as file:
                files[DATABASE] = [hashlib.file_digest(file, "sha256").hexdigest()]
            target.begin(path)
            after = 0
            while page := copy.read(partial(blobs.page, after=after, limit=_PAGE)):
                for blob in page:
                    _back_up(reg, blob, target, report, step)
                after = page[-1].id
            about = About(FORMAT, schema, reg.now(), report.blobs, report.bytes, files)
            target.finish(secrets, about, partial(_is_named, copy))
        finally:
            copy.close()
    return report


@contextmanager
def _pinned(reg: Registry) -> Iterator[Callable[[], None]]:
    pin, renewed = str(uuid.uuid4()), time.monotonic()

    def put(tx: Tx) -> None:
        pins.trim(tx, reg.now())
        pins.put(tx, pin, reg.now() + _PIN)

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed > 60:  # noqa: PLR2004  # seconds
            reg.db.write(put)
            renewed = time.monotonic()

    reg.db.write(put)
    try:
        yield renew
    finally:
        reg.db.write(partial(pins.remove, pin=pin))


def _is_named(copy: Database, location: str) -> bool:
    blob = copy.read(lambda tx: blobs.stored(tx, "", digest_of(location)))
    return blob is not None and blob.location == location


def _back_up(reg: Registry, blob: Blob, target: Target, report: Report, advance: Advance) -> None:
    report.blobs += 1
    report.bytes += blob.size
    if target.has(blob):
        advance(blob.size)
        return
    try:
        opened = reg.blobs.open(Stored(blob.location, blob.size, blob.identity), blob.digest)
        try:
            target.put(blob, _pieces(opened, advance))
            report.copied += 1
            report.copied_bytes += blob.size
        finally:
            opened.close()
    except (BlobMissing, BlobCorrupt, DigestMismatch):
        report.damaged.append(blob.digest)


def _pieces(opened: OpenBlob, advance: Advance) -> Iterator[bytes]:
    for at in range(0, opened.size, PIECE):
        piece = opened.read(at, PIECE)
        advance(len(piece))
        yield piece


def keep(store: BlobStore, location: str, pieces: Iterator[bytes]) -> Stored:
    """Store bytes under the location that they had elsewhere. Raises DigestMismatch, StorageFull."""
    upload = upload_of(location)
    try:
        receiving = store.create(upload)
    except UploadBusy:  # an earlier run was killed in the middle of it
        store.discard(upload)
        receiving = store.create(upload)
    try:
        for piece in pieces:
            receiving.write(piece)
        return receiving.commit(digest_of(location))
    except BaseException:
        receiving.discard()
        raise


class FolderTarget:
    """A backup in a folder, which a later one adds to."""

    def __init__(self, folder: Path, store: BlobStore, place: Callable[[Path, bytes | Path], None]) -> None:
        self._folder = folder
        self._store = store
        self._place = place
        self._snapshot = folder

    def begin(self, snapshot: Path) -> None:
        self._snapshot = snapshot  # put in its place last: until then the earlier backup is whole

    def has(self, blob: Blob) -> bool:
        return self._store.size(blob.location) == blob.size

    def put(self, blob: Blob, pieces: Iterator[bytes]) -> None:
        if self._store.size(blob.location) is not None:
            self._store.delete(blob.location)
        keep(self._store, blob.location, pieces)

    def finish(self, secrets: Mapping[str, bytes], about: About, named: Callable[[str], bool]) -> None:
        earlier = About.read(self._folder / ABOUT)
        if earlier is not None:  # a kill before the end leaves database and keys of this one or of that
            self._place(self._folder / ABOUT, msgspec.json.encode(about.or_of(earlier)))
        for name, secret in secrets.items():
            self._place(self._folder / name, secret)
        self._place(self._folder / DATABASE, self._snapshot)
        self._place(self._folder / ABOUT, msgspec.json.encode(about))
        for location in self._store.locations():  # of an earlier backup, whose database is no longer here
            if not named(location):
                self._store.delete(location)


class ArchiveTarget:
    """A backup in one tar archive, written from beginning to end; `file` is the caller's to sync and close."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._archive = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # see finish

    def begin(self, snapshot: Path) -> None:
        with snapshot.open("rb") as file:
            self._add(DATABASE, snapshot.stat().st_size, file)

    def has(self, blob: Blob) -> bool:
        del blob
        return False

    def put(self, blob: Blob, pieces: Iterator[bytes]) -> None:
        start = self._archive.offset
        try:
            self._add(BLOBS + blob.location, blob.size, _Verified(pieces, blob.digest))
        except BaseException:
            self._file.seek(start)  # the archive goes on where this member would have begun
            self._file.truncate()
            self._archive.offset = start
            raise

    def _add(self, name: str, size: int, content: BinaryIO | _Verified) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._archive.addfile(member, content)  # type: ignore[arg-type]

    def finish(self, secrets: Mapping[str, bytes], about: About, named: Callable[[str], bool]) -> None:
        del named
        for name, content in (*secrets.items(), (ABOUT, msgspec.json.encode(about))):
            self._add(name, len(content), io.BytesIO(content))
        self._archive.close()


class _Verified:
    """Pieces as a file that fails at its end where they are not those of the digest."""

    def __init__(self, pieces: Iterator[bytes], digest: str) -> None:
        self._pieces = pieces
        self._rest = b""
        self._digest = digest
        self._hash = digests.new(digests.algorithm_of(digest))

    def read(self, count: int) -> bytes:
        while len(self._rest) < count:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._hash.update(piece)
            self._rest += piece
        data, self._rest = self._rest[:count], self._rest[count:]
        if len(data) < count or not self._rest:
            self._check_if_ended(count - len(data))
        return data

    def _check_if_ended(self, short: int) -> None:
        following = next(self._pieces, None)
        if following is not None:
            self._hash.update(following)
            self._rest += following
            return
        actual = f"{digests.algorithm_of(self._digest)}:{self._hash.hexdigest()}"
        if short or actual != self._digest:
            raise DigestMismatch(self._digest, actual)


def restore(
    members: Iterator[tuple[str, int, BinaryIO]],
    store: BlobStore,
    open_database: Callable[[BinaryIO], Database],
    keep_secret: Callable[[str, bytes], None],
    schema: int,
    now: int,
    advance: Advance = lambda _: None,
) -> Report:
    """Bring back what a backup has, each blob hashed. `members` are its files, the database first.

    Raises Damaged for a backup that is not whole, of a newer schema, or whose bytes are wrong.
    """
    database, digest = _restore_database(members, open_database)
    report, about, noted, found = Report(), None, list[tuple[str, str]](), {DATABASE: digest}
    try:
        database.write(partial(_move, now=now), durable=False)
        for name, size, content in members:
            if name == ABOUT:
                about = checked(content.read(_SMALL), schema, found)
            elif name.startswith(BLOBS):
                location = name.removeprefix(BLOBS)
                noted.append((location, _restore_blob(store, location, size, content, advance)))
                report.copied += 1
                report.copied_bytes += size
            else:
                secret = content.read(_SMALL)
                found[name] = hashlib.sha256(secret).hexdigest()
                keep_secret(name, secret)
            if len(noted) >= _PAGE or about is not None:
                database.write(partial(_note, files=tuple(noted), now=now))
                noted.clear()
        if about is None:
            raise Damaged("it is not whole: its backup.json is missing; make it again")
        report.blobs, report.bytes = database.read(blobs.total)
        report.damaged = database.read(restored.without_bytes)
    finally:
        database.close()
    return report


def _restore_database(
    members: Iterator[tuple[str, int, BinaryIO]], open_database: Callable[[BinaryIO], Database]
) -> tuple[Database, str]:
    """The database, which a backup has in front, and the digest of what was read of it."""
    name, _, content = next(members, ("", 0, io.BytesIO()))
    if name != DATABASE:
        raise Damaged("it does not begin with a database")
    hashed = Hashed(content)
    database = open_database(hashed)  # type: ignore[arg-type]
    return database, hashed.digest()


def _restore_blob(store: BlobStore, location: str, size: int, content: BinaryIO, advance: Advance) -> str:
    def pieces() -> Iterator[bytes]:
        while piece := content.read(PIECE):
            advance(len(piece))
            yield piece

    try:
        stored = keep(store, location, pieces())
    except (DigestMismatch, ValueError) as error:
        raise Damaged(
            f"the bytes of {location} are wrong: remove this file from the backup, then restore, or back up again"
        ) from error
    if stored.size != size:
        raise Damaged(f"{location} ends early")
    return stored.identity


def _move(tx: Tx, now: int) -> None:
    """Forget what only the old place had, uploads, trash and pins, and trust no file before it is noted."""
    restored.forget_work(tx)
    restored.distrust(tx, now)


def _note(tx: Tx, files: tuple[tuple[str, str], ...], now: int) -> None:
    for location, identity in files:
        restored.trust(tx, location, identity, now)
