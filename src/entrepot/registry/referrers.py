"""Referrers: the images of a repository that name another as their subject. Both doors call these."""

from __future__ import annotations

from collections.abc import Sequence

from entrepot.domain import manifests, pages
from entrepot.domain.images import ACTIVE
from entrepot.domain.referrers import PAGE, PAGE_BYTES, Referrer
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import repositories
from entrepot.registry.context import Registry
from entrepot.store import images
from entrepot.store.db import Tx

DEFAULT = 20  # ListImageReferrers' maxResults where it is not given


def page(
    reg: Registry, key: RegistryKey, name: str, subject: str, artifact_type: str | None, after: str, limit: int
) -> tuple[list[Referrer], bool]:
    """Active images whose subject is the digest, by digest from the one after `after`, and whether there are more.

    At most `limit` of them, 100, and as many as have 4 MiB of manifests together. The subject need not be there: it
    may come later, or never. Raises RepositoryNotFound.
    """
    types = () if artifact_type is None else (artifact_type,)

    def read(tx: Tx) -> tuple[list[Referrer], bool]:
        return _page(tx, repositories.find(tx, key, name), subject, types, ACTIVE, after, limit)

    return reg.db.read(read)


def listing(
    reg: Registry,
    key: RegistryKey,
    name: str,
    subject: str,
    artifact_types: Sequence[str],
    status: str | None,
    token: str | None,
    limit: int | None,
) -> tuple[list[Referrer], str | None]:
    """What `page` gives, of any of the types (none given: all) and of one status (None: any), with the next token.

    Raises RepositoryNotFound, InvalidParameter for a bad token. (ECR API, ListImageReferrers.)
    """

    def read(tx: Tx) -> tuple[list[Referrer], str | None]:
        repository = repositories.find(tx, key, name)
        scope = f"referrers {repository.id} {subject} {sorted(set(artifact_types))} {status}"
        (after,) = pages.start(scope, token, 1)
        found, more = _page(tx, repository, subject, artifact_types, status, after, limit or DEFAULT)
        return found, pages.token(scope, (found[-1].digest,)) if more else None

    return reg.db.read(read)


def _page(
    tx: Tx,
    repository: Repository,
    subject: str,
    artifact_types: Sequence[str],
    status: str | None,
    after: str,
    limit: int,
) -> tuple[list[Referrer], bool]:
    rows = images.referring(tx, repository.id, subject, artifact_types, status, after, min(limit, PAGE) + 1)
    shown: list[Referrer] = []
    room = PAGE_BYTES
    for image in rows[: min(limit, PAGE)]:
        room -= image.manifest_size
        if shown and room < 0:
            break
        annotations = manifests.annotations_of(images.manifest(tx, image.id))
        size, kind = image.manifest_size, image.artifact_type
        shown.append(Referrer(image.digest, image.media_type, size, kind, annotations, image.status))
    return shown, len(shown) < len(rows)
