"""Layers: which of them a repository has, and downloading them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from entrepot import blobs as seam
from entrepot.blobs.store import Stored
from entrepot.domain import digests, names
from entrepot.domain.blobs import Blob
from entrepot.domain.errors import (
    AccessDenied,
    BlobMissing,
    DigestInvalid,
    LayerInaccessible,
    LayerNotFound,
)
from entrepot.domain.registries import RegistryKey
from entrepot.registry import credentials, repositories
from entrepot.registry.context import Registry
from entrepot.store import blobs
from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a repository has a layer, and what one of its images calls it."""

    digest: str
    blob: Blob | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class LayerFailure:
    digest: str
    code: str
    reason: str


def availability(
    reg: Registry, key: RegistryKey, name: str, wanted: Sequence[str]
) -> tuple[list[Availability], list[LayerFailure]]:
    """Which layers the repository has, and what was no digest. Raises RepositoryNotFound."""

    def read(tx: Tx) -> tuple[list[Availability], list[LayerFailure]]:
        repository = repositories.find(tx, key, name)
        found, failures = [], []
        for digest in dict.fromkeys(wanted):
            if not digest:
                failures.append(LayerFailure(digest, "MissingLayerDigest", "Layer digest cannot be empty"))
            elif not names.is_digest_like(digest):
                failures.append(LayerFailure(digest, "InvalidLayerDigest", "Invalid layer digest"))
            else:
                blob = blobs.find(tx, repository.id, digest)
                found.append(Availability(digest, blob, blobs.media_type(tx, repository.id, digest)))
        return found, failures

    return reg.db.read(read)


def find(reg: Registry, key: RegistryKey, name: str, digest: str) -> Blob:
    """The blob of that digest in the repository. Raises RepositoryNotFound, LayerNotFound."""

    def read(tx: Tx) -> Blob:
        blob = blobs.find(tx, repositories.find(tx, key, name).id, digest)
        if blob is None:
            raise LayerNotFound(digest, name, key.account)
        return blob

    return reg.db.read(read)


def open_blob(reg: Registry, key: RegistryKey, name: str, digest: str) -> seam.store.Blob:
    """The bytes of a blob of the repository, verified. Raises what `find` raises, BlobMissing, BlobCorrupt."""
    return _open_found(reg, lambda: find(reg, key, name, digest))


def _open_found(reg: Registry, look: Callable[[], Blob]) -> seam.store.Blob:
    """Open the blob that `look` finds; one that was replaced between looking and opening is looked up once more."""
    blob = look()
    try:
        return _open(reg, blob)
    except BlobMissing:
        again = look()
        if again == blob:
            raise
        return _open(reg, again)


def _open(reg: Registry, blob: Blob) -> seam.store.Blob:
    """Open a blob; where its file had changed and was hashed again, and found right, that is noted."""
    opened = reg.blobs.open(Stored(blob.location, blob.size, blob.identity), blob.digest)
    if opened.rehashed:
        reg.db.write(lambda tx: blobs.set_identity(tx, blob.id, blob.location, opened.identity))
    return opened


def download_url(reg: Registry, key: RegistryKey, name: str, digest: str) -> str:
    """A URL from which a layer can be had without credentials for an hour.

    Raises RepositoryNotFound, LayerNotFound, LayerInaccessible for a blob that no image names.
    """

    def read(tx: Tx) -> int:
        repository = repositories.find(tx, key, name)
        if blobs.find(tx, repository.id, digest) is None:
            raise LayerNotFound(digest, name, key.account)
        if blobs.media_type(tx, repository.id, digest) is None:
            raise LayerInaccessible(digest)
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
