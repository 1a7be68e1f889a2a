"""Referrers: the images of a repository that name another as their subject. Both doors and the jobs call these."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from entrepot.domain import manifests, pages
from entrepot.domain.errors import Protected, RepositoryNotFound
from entrepot.domain.images import ACTIVE
from entrepot.domain.principals import service
from entrepot.domain.referrers import PAGE, PAGE_BYTES, Referrer
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, deletion, repositories
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest, no_rest
from entrepot.store import images
from entrepot.store.db import Tx

DEFAULT = 20  # ListImageReferrers' maxResults where it is not given
ORPHANED = 12 * 3600 * 1_000_000  # microseconds that a referrer stays after its subject; ECR: "within 24 hours"
_BATCH = 50  # referrers that one transaction deletes


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


# --- cleaning --------------------------------------------------------------------------------------------------


def clean(reg: Registry, rest: Rest = no_rest) -> int:
    """Delete what refers to an image that was deleted 12 hours ago or earlier; how many images.

    What is protected stays, and what an index names. What refers to a referrer goes 12 hours after that. `rest` is
    called after each transaction with the seconds that it took; true ends it.
    """
    until, after, done = reg.now() - ORPHANED, (0, 0), 0
    while batch := reg.db.read(partial(images.orphans, until=until, after=after, limit=_BATCH)):
        began, after = time.monotonic(), (batch[-1][0], batch[-1][1])
        done += reg.db.write(partial(_clean_batch, reg=reg, batch=batch, until=until))
        if rest(time.monotonic() - began):
            break
    return done


def _clean_batch(tx: Tx, reg: Registry, batch: list[tuple[int, int, str, str, str, str]], until: int) -> int:
    done = 0
    for _, id_, account, region, name, digest in batch:
        with suppress(RepositoryNotFound, Protected):
            repository = repositories.find(tx, RegistryKey(account, region), name)
            done += _clean(tx, reg, repository, id_, digest, until)
    return done


def _clean(tx: Tx, reg: Registry, repository: Repository, id_: int, digest: str, until: int) -> bool:
    """Delete a referrer unless something changed since it was read. Raises Protected."""
    image = images.find(tx, repository.id, digest)
    if image is None or image.id != id_ or images.indexes_naming(tx, repository.id, digest):
        return False
    since = images.orphaned_since(tx, id_)
    if since is None or since > until:
        return False
    deletion.remove(tx, reg, repository, image, reg.now())
    caller = service(repository.account, repository.region, "entrepot:DeleteReferrers")
    audit.changed(tx, caller, reg.now(), repositories.arn(repository), imageDigest=digest)
    return True
