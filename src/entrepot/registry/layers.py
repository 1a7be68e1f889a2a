"""Layers: which of them a repository has, and downloading them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from entrepot import blobs as seam
from entrepot.blobs.store import Stored
from entrepot.domain import digests, names
from entrepot.domain.blobs import LEASE, TRACED, Blob
from entrepot.domain.errors import (
    AccessDenied,
    BlobCorrupt,
    BlobMissing,
    DigestInvalid,
    LayerArchived,
    LayerInaccessible,
    LayerNotFound,
    LayerReferenced,
)
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import audit, credentials, damage, repositories
from entrepot.registry.context import Registry
from entrepot.store import blobs
from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a repository has a layer, what one of its images calls it, and whether only archived images name it."""

    digest: str
    blob: Blob | None
    media_type: str | None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class LayerFailure:
    digest: str
    code: str
    reason: str


def availability(
    reg: Registry, key: RegistryKey, name: str, wanted: Sequence[str]
) -> tuple[list[Availability], list[LayerFailure]]:
    """Which layers the repository has, and what was no digest. What is there stays for most of a LEASE.

    Raises RepositoryNotFound.
    """

    def read(tx: Tx) -> tuple[list[Availability], list[LayerFailure], bool]:
        repository = repositories.find(tx, key, name)
        found, failures, due = [], [], False
        for digest in dict.fromkeys(wanted):
            if not digest:
                failures.append(LayerFailure(digest, "MissingLayerDigest", "Layer digest cannot be empty"))
            elif not names.is_digest_like(digest):
                failures.append(LayerFailure(digest, "InvalidLayerDigest", "Invalid layer digest"))
            else:
                blob = blobs.sound(tx, repository.id, digest)
                media_type, active = blobs.use(tx, repository.id, digest) or (None, True)
                found.append(Availability(digest, blob, media_type, not active))
                due = due or (blob is not None and _is_due(tx, reg, repository.id, blob))
        return found, failures, due

    found, failures, due = reg.db.read(read)
    if due:
        there = [layer.digest for layer in found if layer.blob is not None]
        gone = renew(reg, key, name, there)
        found = [Availability(layer.digest, None, None) if layer.digest in gone else layer for layer in found]
    return found, failures


def find(reg: Registry, key: RegistryKey, name: str, digest: str) -> Blob:
    """The blob of that digest in the repository. Raises RepositoryNotFound, LayerNotFound."""
    return reg.db.read(lambda tx: _named(tx, key, name, digest)[1])


def look(reg: Registry, key: RegistryKey, name: str, digest: str) -> tuple[Blob, bool]:
    """The blob of that digest in the repository, and whether to `renew` its lease before saying that it is there.

    A damaged blob is not there: whoever looks is to push it. Raises RepositoryNotFound, LayerNotFound.
    """

    def read(tx: Tx) -> tuple[Blob, bool]:
        repository, blob = _named(tx, key, name, digest)
        if blob.damaged_at is not None:
            raise LayerNotFound(digest, name, key.account)
        return blob, _is_due(tx, reg, repository, blob)

    return reg.db.read(read)


def _named(tx: Tx, key: RegistryKey, name: str, digest: str) -> tuple[int, Blob]:
    """The row of the repository and its blob, damaged or not. Raises RepositoryNotFound, LayerNotFound."""
    found = blobs.named(tx, key.account, key.region, name, digest)
    if found is None:
        repositories.find(tx, key, name)
        raise LayerNotFound(digest, name, key.account)
    return found


def _is_due(tx: Tx, reg: Registry, repository: int, blob: Blob) -> bool:
    """Whether less than three quarters of a lease are left, or a collector would not know that somebody pushes.

    Not every look writes, and no answer is true for less than that.
    """
    until, lately = reg.now() + LEASE * 3 // 4, reg.now() + LEASE - TRACED
    return not blobs.is_leased(tx, repository, blob.id, until, lately)


def renew(reg: Registry, key: RegistryKey, name: str, digests_: Sequence[str]) -> set[str]:
    """Keep blobs of the repository for a whole LEASE, and tell which are not there. Raises RepositoryNotFound."""

    def write(tx: Tx) -> set[str]:
        repository = repositories.find(tx, key, name)
        gone = set()
        for digest in digests_:
            blob = blobs.sound(tx, repository.id, digest)
            if blob is None:
                gone.add(digest)
            else:
                blobs.join(tx, repository.id, blob.id, reg.now() + LEASE)
        return gone

    return reg.db.write(write, durable=False)


def delete(reg: Registry, caller: Caller, key: RegistryKey, name: str, digest: str) -> None:
    """Take a blob from the repository; its bytes go with garbage collection, once no repository has it.

    Raises RepositoryNotFound, LayerNotFound, LayerReferenced while an image of the repository names it.
    """

    def remove(tx: Tx) -> None:
        repository = repositories.find(tx, key, name)
        blob = blobs.find(tx, repository.id, digest)
        if blob is None:
            raise LayerNotFound(digest, name, key.account)
        if blobs.use(tx, repository.id, digest) is not None:
            raise LayerReferenced(digest, name)
        blobs.leave(tx, repository.id, blob.id)
        audit.changed(tx, caller, reg.now(), repositories.arn(repository), layerDigest=digest)

    reg.db.write(remove)


def open_unchanged(reg: Registry, key: RegistryKey, name: str, digest: str) -> seam.store.Blob | None:
    """The bytes of a blob of the repository where that takes microseconds, None where `open_blob` has to look."""
    found = reg.db.read(lambda tx: blobs.named(tx, key.account, key.region, name, digest))
    if found is None:
        return None
    _, blob = found
    return reg.blobs.open_unchanged(Stored(blob.location, blob.size, blob.identity), digest)


def open_blob(reg: Registry, key: RegistryKey, name: str, digest: str) -> seam.store.Blob:
    """The bytes of a blob of the repository, verified. Raises what `find` raises, BlobMissing, BlobCorrupt."""
    return _open_found(reg, lambda: find(reg, key, name, digest))


def hold(reg: Registry, key: RegistryKey, name: str, digest: str, opened: seam.store.Blob) -> bytes:
    """All bytes of a small blob, hashed and kept in memory; it is closed. Raises BlobCorrupt."""
    try:
        data = opened.read(0, opened.size)
    finally:
        opened.close()
    if digests.of(data, digests.algorithm_of(digest)) != digest:
        damage.found(reg, find(reg, key, name, digest))
        raise BlobCorrupt(digest)
    reg.held.keep(digest, data)
    return data


def held(reg: Registry, key: RegistryKey, name: str, digest: str) -> bytes | None:
    """The bytes of a blob of the repository where memory has them. Raises RepositoryNotFound, LayerNotFound."""
    find(reg, key, name, digest)
    return reg.held.get(digest)


def _open_found(reg: Registry, find_: Callable[[], Blob]) -> seam.store.Blob:
    """Open the blob that `find_` finds; one that was replaced between looking and opening is looked up once more."""
    blob = find_()
    try:
        return _open(reg, blob)
    except (BlobMissing, BlobCorrupt):
        again = find_()
        if again == blob:
            damage.found(reg, blob)
            raise
        return _open(reg, again)


def _open(reg: Registry, blob: Blob) -> seam.store.Blob:
    """Open a blob; where its file had changed and was hashed again, and found right, that is noted."""
    opened = reg.blobs.open(Stored(blob.location, blob.size, blob.identity), blob.digest)
    if opened.rehashed:
        damage.healed(reg, [(blob, opened.identity)])
    return opened


def download_url(reg: Registry, key: RegistryKey, name: str, digest: str) -> str:
    """A URL from which a layer can be had without credentials for an hour.

    Raises RepositoryNotFound, LayerNotFound, LayerInaccessible for a blob that no image names, LayerArchived for one
    that only images in the archive name.
    """

    def read(tx: Tx) -> int:
        repository = repositories.find(tx, key, name)
        if blobs.find(tx, repository.id, digest) is None:
            raise LayerNotFound(digest, name, key.account)
        used = blobs.use(tx, repository.id, digest)
        if used is None:
            raise LayerInaccessible(digest)
        if not used[1]:
            raise LayerArchived(digest)
        return repository.id

    repository = reg.db.read(read)
    expires = reg.now() // 1_000_000 + credentials.URL_SECONDS
    signature = credentials.sign_download(reg.keys, repository, digest, expires)
    base = reg.naming.endpoint(key.account, key.region)
    return f"{base}/layers/{repository}/{digest}?expires={expires}&signature={signature}"


def open_download(reg: Registry, repository: str, digest: str, expires: str, signature: str) -> seam.store.Blob:
    """The bytes behind a download URL.

    Raises AccessDenied for one that is altered or over, LayerNotFound when the repository or the blob is gone,
    BlobMissing, BlobCorrupt.
    """
    if not (_is_number(repository) and _is_number(expires)) or not credentials.download_allowed(
        reg.keys, int(repository), _checked(digest), int(expires), signature, reg.now()
    ):
        raise AccessDenied("anonymous", "ecr:GetDownloadUrlForLayer", "*", "the download URL is not valid or is over")

    def look() -> Blob:
        blob = reg.db.read(lambda tx: blobs.find(tx, int(repository), digest))
        if blob is None:
            raise LayerNotFound(digest, "", "")
        return blob

    return _open_found(reg, look)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18  # noqa: PLR2004  # fits 64 bits


def _checked(digest: str) -> str:
    try:
        return digests.parse(digest)
    except DigestInvalid:
        return ""
