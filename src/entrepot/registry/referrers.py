"""Referrers: the images of a repository that name another as their subject."""

from __future__ import annotations

from entrepot.domain import manifests
from entrepot.domain.referrers import PAGE, PAGE_BYTES, Referrer
from entrepot.domain.registries import RegistryKey
from entrepot.registry import repositories
from entrepot.registry.context import Registry
from entrepot.store import images
from entrepot.store.db import Tx


def page(
    reg: Registry, key: RegistryKey, name: str, subject: str, artifact_type: str | None, after: str, limit: int
) -> tuple[list[Referrer], bool]:
    """Images whose subject is the digest, by digest from the one after `after`, and whether there are more.

    At most `limit` of them, 100, and as many as have 4 MiB of manifests together. The subject need not be there: it
    may come later, or never. Raises RepositoryNotFound.
    """

    def read(tx: Tx) -> tuple[list[Referrer], bool]:
        repository = repositories.find(tx, key, name)
        rows = images.referring(tx, repository.id, subject, artifact_type, after, min(limit, PAGE) + 1)
        shown: list[Referrer] = []
        room = PAGE_BYTES
        for image in rows[: min(limit, PAGE)]:
            room -= image.manifest_size
            if shown and room < 0:
                break
            annotations = manifests.annotations_of(images.manifest(tx, image.id))
            size, kind = image.manifest_size, image.artifact_type
            shown.append(Referrer(image.digest, image.media_type, size, kind, annotations))
        return shown, len(shown) < len(rows)

    return reg.db.read(read)
