"""Uploads: start, append, finish, cancel and mount. Both doors call these.

Bytes are written and hashed before the row that names them; the blob's row, the repository's membership and the lease
that protects them are one transaction.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from entrepot import blobs as seam
from entrepot.blobs.store import Stored
from entrepot.domain import blobs as rules
from entrepot.domain import digests
from entrepot.domain.account_settings import BLOB_MOUNTING, DISABLED
from entrepot.domain.blobs import Blob, Upload
from entrepot.domain.errors import (
    BlobCorrupt,
    BlobMissing,
    DigestInvalid,
    DigestMismatch,
    EmptyUpload,
    InvalidLayerPart,
    LayerAlreadyExists,
    LayerPartTooSmall,
    LayerTooLarge,
    LimitExceeded,
    RepositoryNotFound,
    StorageFull,
    StorageUnavailable,
    UploadBusy,
    UploadLost,
    UploadNotFound,
    UploadRangeInvalid,
)
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import access, account_settings, audit, creation, repositories
from entrepot.registry.context import Registry
from entrepot.store import blobs, trash
from entrepot.store import repositories as repository_table
from entrepot.store import uploads as table
from entrepot.store.db import Tx

EMPTY = digests.of(b"")
_DOWNLOAD = "ecr:GetDownloadUrlForLayer"
_SOURCES = 100  # repositories that a mount from anywhere looks at
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Receiving:
    """An upload that one request holds: where it stood before, the open bytes, and how many of them are noted."""

    repository: Repository
    before: Upload
    bytes: seam.store.Upload
    kept: int

    @property
    def offset(self) -> int:
        return self.bytes.offset


def start(reg: Registry, caller: Caller, key: RegistryKey, name: str) -> str:
    """The id of a new upload of no bytes. Raises what `creation.ensure` raises, StorageFull."""
    upload = str(uuid.uuid4())

    def insert(tx: Tx) -> None:
        repository = repositories.find(tx, key, name)
        table.insert(tx, upload, repository.id, caller.principal.arn, EMPTY, reg.now())

    try:
        reg.db.write(insert, durable=False)
    except RepositoryNotFound:
        creation.ensure(reg, caller, key, name)
        reg.db.write(insert, durable=False)
    return upload


def standing(reg: Registry, caller: Caller, key: RegistryKey, name: str, upload: str) -> int:
    """How many bytes an upload has. Raises RepositoryNotFound, UploadNotFound."""
    return reg.db.read(lambda tx: _find(tx, caller, key, name, upload)[1].received)


@contextmanager
def receiving(
    reg: Registry, caller: Caller, key: RegistryKey, name: str, upload: str, at: int | None
) -> Iterator[Receiving]:
    """Hold an upload for one request that continues it at byte `at` (None: wherever it stands).

    What the request does not `keep` or `finish` is cut off again when it is done. A full disk ends the upload.
    Raises RepositoryNotFound, UploadNotFound, UploadRangeInvalid, UploadBusy, UploadLost.
    """
    repository, row = reg.db.read(lambda tx: _find(tx, caller, key, name, upload))
    if at is not None and at != row.received:
        raise UploadRangeInvalid(upload, row.received)
    begun = _begin(reg, row)
    held = Receiving(repository, row, begun or reg.blobs.resume(row.id, row.received, row.digest), row.received)
    try:
        if begun is None:
            _check_still(reg, caller, key, held)
        yield held
    except (RepositoryNotFound, UploadNotFound):
        held.bytes.discard()  # its row is gone
        raise
    except StorageFull:
        held.bytes.discard()
        with suppress(StorageFull, StorageUnavailable):  # else it is swept later
            reg.db.write(lambda tx: table.delete(tx, upload), durable=False)
        raise
    except BaseException:
        held.bytes.truncate(held.kept)
        raise
    finally:
        held.bytes.suspend()


def _check_still(reg: Registry, caller: Caller, key: RegistryKey, held: Receiving) -> None:
    """Refuse an upload that another request moved or ended between our look and our hold."""
    _, now = reg.db.read(lambda tx: _find(tx, caller, key, held.repository.name, held.before.id))
    if now != held.before:
        raise UploadBusy(now.id)


def _begin(reg: Registry, row: Upload) -> seam.store.Upload | None:
    """The bytes of an upload that has none: they begin with its first request, not with its row. None where it has.

    Who makes the file holds an upload that nobody else brought anything to; that it was ended meanwhile shows when
    what was received is noted.
    """
    if row.received:
        return None
    try:
        return reg.blobs.create(row.id)
    except UploadBusy:
        return None


def keep(reg: Registry, held: Receiving) -> int:
    """Note what was received; how many bytes that makes. Raises UploadNotFound when the upload was ended meanwhile."""
    row = held.before
    undersized = row.undersized or (row.parts > 0 and row.last_part < rules.PART_BYTES_MIN)
    part = held.offset - row.received
    digest = held.bytes.digest()
    noted = reg.db.write(
        lambda tx: table.advance(tx, row, held.offset, digest, part, undersized=undersized, now=reg.now()),
        durable=False,
    )
    if not noted:
        raise UploadNotFound(row.id, held.repository.name, held.repository.account)
    held.kept = held.offset
    return held.offset


def finish(reg: Registry, caller: Caller, held: Receiving, digest: str) -> Blob:
    """Make what was received a blob of the repository. Raises DigestMismatch, UploadNotFound, StorageFull.

    Bytes that are not what `digest` says end the upload: there is nothing in them to go on from.
    Bytes that the store has already, sound, are not stored again; damaged ones are replaced by these.
    """
    known = reg.db.read(lambda tx: blobs.stored(tx, "", digest))
    if known is not None and known.damaged_at is None and held.bytes.digest() == digest and _sound(reg, known):
        joined = reg.db.write(lambda tx: _join(tx, reg, caller, held, known))
        if joined:
            held.bytes.discard()
            return known
    try:
        stored = held.bytes.commit(digest)
    except DigestMismatch:
        reg.db.write(lambda tx: table.delete(tx, held.before.id))
        raise
    try:
        blob = reg.db.write(lambda tx: _record(tx, reg, caller, held, known, digest, stored))
    except UploadNotFound:
        reg.blobs.delete(stored.location)  # after any other error the row may have been written all the same
        raise
    if blob.location != stored.location:
        reg.blobs.delete(stored.location)
    return blob


def _sound(reg: Registry, blob: Blob) -> bool:
    try:
        reg.blobs.open(Stored(blob.location, blob.size, blob.identity), blob.digest).close()
    except (BlobMissing, BlobCorrupt):
        return False
    return True


def _join(tx: Tx, reg: Registry, caller: Caller, held: Receiving, known: Blob) -> bool:
    """Give the repository a blob that the store has; False when its row changed since `known` was read."""
    if blobs.stored(tx, "", known.digest) != known:
        return False
    _end(tx, held)
    _lease(tx, reg, caller, held.repository, known)
    return True


def _record(
    tx: Tx, reg: Registry, caller: Caller, held: Receiving, known: Blob | None, digest: str, stored: Stored
) -> Blob:
    """Name newly stored bytes, unless another push was faster. The unsound ones that were `known` go to the trash."""
    _end(tx, held)
    blob = blobs.stored(tx, "", digest)
    if blob is None or blob == known or blob.damaged_at is not None:
        if blob is not None:
            trash.put(tx, blob.location, reg.now())
        id_ = blobs.put(tx, "", digest, stored.size, stored.location, stored.identity, reg.now())
        blob = Blob(id_, digest, stored.size, stored.location, stored.identity)
    _lease(tx, reg, caller, held.repository, blob)
    return blob


def _end(tx: Tx, held: Receiving) -> None:
    if not table.delete(tx, held.before.id):
        raise UploadNotFound(held.before.id, held.repository.name, held.repository.account)


def _lease(tx: Tx, reg: Registry, caller: Caller, repository: Repository, blob: Blob) -> None:
    now = reg.now()
    blobs.join(tx, repository.id, blob.id, now + rules.LEASE)
    audit.changed(tx, caller, now, repositories.arn(repository), layerDigest=blob.digest)


def cancel(reg: Registry, caller: Caller, key: RegistryKey, name: str, upload: str) -> None:
    """End an upload and give its bytes back. Raises RepositoryNotFound, UploadNotFound."""

    def remove(tx: Tx) -> None:
        _find(tx, caller, key, name, upload)
        table.delete(tx, upload)

    reg.db.write(remove, durable=False)
    reg.blobs.discard(upload)


def mount(reg: Registry, caller: Caller, key: RegistryKey, name: str, digest: str, source: str | None) -> Blob | None:
    """Give a repository a blob that `source` has, or (`source` None) any repository of the registry.

    None where none has it or the caller may download from none that has: both look the same. None, too, where the
    registry's account setting BLOB_MOUNTING is DISABLED.
    Raises RepositoryNotFound for the repository that is to have it.
    """

    def join(tx: Tx) -> Blob | None:
        repository = creation.find(tx, reg, caller, key, name)
        if account_settings.value(tx, key, BLOB_MOUNTING) == DISABLED:
            return None
        having = repository_table.having_blob(tx, key.account, key.region, digest, source, _SOURCES)
        if not any(access.allowed(reg, caller, _DOWNLOAD, repositories.arn(one), tx=tx) for one in having):
            return None
        blob = blobs.stored(tx, "", digest)
        if blob is not None:
            _lease(tx, reg, caller, repository, blob)
        return blob

    return reg.db.write(join)


# --- the API's parts -------------------------------------------------------------------------------------------


def put_part(
    reg: Registry, caller: Caller, key: RegistryKey, name: str, upload: str, first: int, last: int, data: bytes
) -> int:
    """Append bytes `first` to `last` (inclusive); the last byte received. (ECR API, UploadLayerPart.)

    Raises InvalidLayerPart for a part that does not continue the upload, is empty or not of the length it says,
    LimitExceeded after as many parts as the quota says, LayerTooLarge, RepositoryNotFound, UploadNotFound.
    """
    try:
        with receiving(reg, caller, key, name, upload, first) as held:
            if last - first + 1 != len(data) or not data:
                raise UploadRangeInvalid(upload, held.offset)
            if held.before.parts >= reg.quotas.layer_parts:
                raise LimitExceeded(f"The upload has the maximum of {reg.quotas.layer_parts} layer parts.")
            check_size(reg, held.offset + len(data))
            held.bytes.reserve(len(data))
            held.bytes.write(data)
            return keep(reg, held) - 1
    except UploadRangeInvalid as error:
        raise InvalidLayerPart(key.account, name, upload, error.offset - 1) from error
    except UploadLost as error:
        raise UploadNotFound(upload, name, key.account) from error


def complete(reg: Registry, caller: Caller, key: RegistryKey, name: str, upload: str, offered: Sequence[str]) -> Blob:
    """Make the parts of an upload a layer of one of the `offered` digests. (ECR API, CompleteLayerUpload.)

    Raises EmptyUpload, LayerPartTooSmall when a part before the last has less than 5 MiB, DigestMismatch,
    LayerAlreadyExists, RepositoryNotFound, UploadNotFound.
    """
    try:
        with receiving(reg, caller, key, name, upload, None) as held:
            if held.before.parts == 0:
                raise EmptyUpload
            if held.before.undersized:
                raise LayerPartTooSmall
            digest = _matching(held, offered)
            if reg.db.write(lambda tx: _has_already(tx, reg, held, digest)):
                held.bytes.discard()
                raise LayerAlreadyExists(digest, name)
            return finish(reg, caller, held, digest)
    except UploadLost as error:
        raise UploadNotFound(upload, name, key.account) from error


def _has_already(tx: Tx, reg: Registry, held: Receiving, digest: str) -> bool:
    """Whether the repository has the blob: who is told so finds it there for a LEASE, and the upload is over."""
    blob = blobs.sound(tx, held.repository.id, digest)
    if blob is not None:
        _end(tx, held)
        blobs.join(tx, held.repository.id, blob.id, reg.now() + rules.LEASE)
    return blob is not None


def _matching(held: Receiving, offered: Sequence[str]) -> str:
    """The offered digest that the bytes may have: their sha256, else the first sha512. Raises DigestMismatch."""
    actual = held.bytes.digest()
    others = [digest for digest in offered if _is_sha512(digest)]
    if actual not in offered and not others:
        raise DigestMismatch(", ".join(offered)[:200], actual)
    return actual if actual in offered else others[0]


def _is_sha512(digest: str) -> bool:
    try:
        return digests.algorithm_of(digests.parse(digest)) == "sha512"
    except DigestInvalid:
        return False


def check_size(reg: Registry, size: int) -> None:
    """Refuse a blob above the quota, ECR's 52,000 MiB unless set otherwise. Raises LayerTooLarge."""
    if size > reg.quotas.layer_bytes:
        raise LayerTooLarge(reg.quotas.layer_bytes)


def _find(tx: Tx, caller: Caller, key: RegistryKey, name: str, upload: str) -> tuple[Repository, Upload]:
    repository = repositories.find(tx, key, name)
    row = table.find(tx, upload, repository.id, caller.principal.arn) if _UPLOAD_ID.fullmatch(upload) else None
    if row is None:
        raise UploadNotFound(upload[:100], name, key.account)
    return repository, row


# --- what was left behind --------------------------------------------------------------------------------------


def sweep(reg: Registry, idle: int) -> int:
    """Give back the bytes of uploads that nothing was written to for `idle` microseconds; how many uploads."""
    before = reg.now() - idle
    ended, after = 0, ""
    while batch := reg.db.read(partial(table.idle, before=before, after=after, limit=100)):
        ended += sum(_end_idle(reg, upload, before) for upload in batch)
        after = batch[-1]
    for upload in reg.blobs.abandoned(before):
        if not reg.db.read(partial(table.known, upload=upload)):
            reg.blobs.discard(upload)
    return ended


def _end_idle(reg: Registry, upload: str, before: int) -> bool:
    """End an upload, unless a request holds it (one chunk can take longer than any limit) or wrote to it since."""
    end = partial(table.delete_idle, upload=upload, before=before)
    try:
        held = reg.blobs.resume(upload, 0, EMPTY)  # to hold it: none of its bytes are read
    except UploadBusy:
        return False
    except UploadLost:
        return reg.db.write(end)  # an upload that never had bytes, or has lost them
    try:
        ended = reg.db.write(end)
        if ended:
            held.discard()
        return ended
    finally:
        held.suspend()
