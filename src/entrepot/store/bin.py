"""The recycle bin: images that were deleted and can still be had back, with the tags that they had.

Their blobs stay, because the rows that say what an image names stay; everything else passes them over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.domain.blobs import LEASE, PAUSED
from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Binned:
    """An image in the bin; `deleted_at` in microseconds UTC, `size` as of an image, `repository` an id."""

    id: int
    repository: int
    name: str
    account: str
    region: str
    digest: str
    media_type: str
    size: int
    deleted_at: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spared:
    """A blob that only the bin keeps: `size` in bytes, and of the images naming it when the last one was deleted."""

    id: int
    size: int
    deleted_at: int
    image: int


_BINNED = """
    SELECT i.id, i.repository, r.name, g.account, g.region, i.digest, i.media_type, i.size, i.deleted_at
    FROM images i JOIN repositories r ON r.id = i.repository JOIN registries g ON g.id = r.registry
"""


def put(tx: Tx, image: int, now: int) -> None:
    """Put an image in the bin; its tags have to be moved there as well."""
    tx.run("UPDATE images SET deleted_at = :now WHERE id = :image", image=image, now=now)


def keep_tags(tx: Tx, image: int) -> None:
    """Note the tags that an image has."""
    tx.run(
        "INSERT INTO tags_in_the_bin (image, name) SELECT image, name FROM tags WHERE image = :image",
        image=image,
    )


def drop_tags(tx: Tx, image: int) -> None:
    """Take all its tags from an image."""
    tx.run("DELETE FROM tags WHERE image = :image", image=image)


def take_out(tx: Tx, image: int, now: int) -> None:
    """Make an image of the bin one like any other, without tags; `now` counts as its return."""
    tx.run(
        "UPDATE images SET deleted_at = NULL, orphaned_at = NULL, activated_at = :now WHERE id = :image",
        image=image,
        now=now,
    )


def tags_of(tx: Tx, image: int) -> list[str]:
    """The tags that an image of the bin had, by name."""
    rows = tx.all("SELECT name FROM tags_in_the_bin WHERE image = :image ORDER BY name", image=image)
    return [row[0] for row in rows]


def forget_tags(tx: Tx, image: int) -> None:
    tx.run("DELETE FROM tags_in_the_bin WHERE image = :image", image=image)


def drop(tx: Tx, repository: int, digest: str) -> None:
    """Remove an image from the bin for good, where one of that digest is in it."""
    tx.run(
        "DELETE FROM images WHERE repository = :repository AND digest = :digest AND deleted_at IS NOT NULL",
        repository=repository,
        digest=digest,
    )


def find(tx: Tx, repository: int, digest: str) -> Binned | None:
    row = tx.one(
        f"{_BINNED} WHERE i.repository = :repository AND i.digest = :digest AND i.deleted_at IS NOT NULL",
        repository=repository,
        digest=digest,
    )
    return None if row is None else Binned(*row)


def tagged(tx: Tx, repository: int, tag: str) -> Binned | None:
    """The image in the bin that had the tag, of several the one that was deleted last."""
    row = tx.one(
        f"""
        {_BINNED} JOIN tags_in_the_bin t ON t.image = i.id
        WHERE i.repository = :repository AND t.name = :tag AND i.deleted_at IS NOT NULL
        ORDER BY i.deleted_at DESC, i.id DESC LIMIT 1
        """,
        repository=repository,
        tag=tag,
    )
    return None if row is None else Binned(*row)


def gone_with(tx: Tx, repository: int, subject: str, deleted_at: int) -> list[Binned]:
    """What refers to the digest and was deleted with it at that instant, or later because of that; by digest."""
    rows = tx.all(
        f"""
        {_BINNED}
        WHERE i.repository = :repository AND i.subject = :subject AND i.deleted_at IS NOT NULL
        AND (i.deleted_at = :deleted_at OR i.orphaned_at = :deleted_at)
        ORDER BY i.digest
        """,
        repository=repository,
        subject=subject,
        deleted_at=deleted_at,
    )
    return [Binned(*row) for row in rows]


def page(tx: Tx, repository: int | None, before: int, after: tuple[int, int], limit: int) -> list[Binned]:
    """Up to `limit` images of the bin deleted before an instant, the longest ago first, of one repository or of all.

    They come after the pair of deletion time and id `after`.
    """
    rows = tx.all(
        f"""
        {_BINNED}
        WHERE i.deleted_at IS NOT NULL AND i.deleted_at < :before
        AND i.deleted_at >= :at AND (i.deleted_at > :at OR i.id > :id)
        AND (:either = 1 OR i.repository = :repository)
        ORDER BY i.deleted_at, i.id LIMIT :limit
        """,
        before=before,
        at=after[0],
        id=after[1],
        either=int(repository is None),
        repository=repository or 0,
        limit=limit,
    )
    return [Binned(*row) for row in rows]


def count(tx: Tx, before: int) -> int:
    """How many images of the bin were deleted before an instant (microseconds UTC)."""
    row = tx.one("SELECT COUNT(*) FROM images WHERE deleted_at IS NOT NULL AND deleted_at < :before", before=before)
    return 0 if row is None else int(row[0])


# The images that name a blob `b`; and the blobs that images of the bin alone name, in repositories that keep them for
# no push, with the image of these that was deleted last. (When a lease ends early: see `entrepot.store.garbage`.) Each
# blob's images are asked for alone: joined, PostgreSQL and SQLite go through all images of a repository for each blob.
_NAMING = """
    FROM repository_blobs m JOIN image_blobs n ON n.repository = m.repository AND n.digest = b.digest
    JOIN images i ON i.id = n.image WHERE m.blob = b.id
"""
_SPARED = f"""
    SELECT c.id, c.size, c.deleted_at, c.image FROM (
        SELECT b.id, b.size, (SELECT MAX(i.deleted_at) {_NAMING}) AS deleted_at, (SELECT MAX(i.id) {_NAMING}) AS image,
            (SELECT MIN(COALESCE(i.deleted_at, 0)) {_NAMING}) AS least
        FROM (SELECT id, size, digest FROM blobs WHERE id > :after ORDER BY id LIMIT :window) b
    ) c
    WHERE c.least > 0 AND NOT EXISTS (
        SELECT 1 FROM repository_blobs k WHERE k.blob = c.id AND k.leased_until >= :now AND NOT (
            COALESCE(k.released_at, :silent) < :silent
            AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.repository = k.repository AND u.updated_at >= :paused)
            AND NOT EXISTS (
                SELECT 1 FROM repository_blobs t WHERE t.repository = k.repository AND t.leased_until >= :told
            )
        )
    )
    ORDER BY c.id
"""


def spared(tx: Tx, after: int, window: int, now: int, silent: int) -> tuple[list[Spared], int | None]:
    """The blobs that only the bin keeps among the next `window` after the id `after`; the last id read.

    That is, images of the bin name them and no others do, in any repository, and no push may still need them: their
    leases ended before `now`, or early, by `silent`. The last id is None at the end.
    """
    last = tx.one(
        "SELECT MAX(id), COUNT(*) FROM (SELECT id FROM blobs WHERE id > :after ORDER BY id LIMIT :window) b",
        after=after,
        window=window,
    )
    rows = tx.all(
        _SPARED,
        after=after,
        window=window,
        now=now,
        silent=silent,
        told=silent + LEASE,
        paused=silent - PAUSED,
    )
    return [Spared(*row) for row in rows], int(last[0]) if last and last[1] == window else None


def is_spared(tx: Tx, blob: int, now: int, silent: int) -> bool:
    """Whether only the bin keeps a blob."""
    found, _ = spared(tx, blob - 1, 1, now, silent)
    return [each.id for each in found] == [blob]


def naming(tx: Tx, blob: int, limit: int) -> list[Binned]:
    """Up to `limit` images of the bin that name a blob, in any repository that has it, the longest ago first."""
    rows = tx.all(
        f"""
        {_BINNED} WHERE i.deleted_at IS NOT NULL AND i.id IN (
            SELECT n.image FROM blobs b
            JOIN repository_blobs m ON m.blob = b.id
            JOIN image_blobs n ON n.repository = m.repository AND n.digest = b.digest
            WHERE b.id = :blob
        ) ORDER BY i.deleted_at, i.id LIMIT :limit
        """,
        blob=blob,
        limit=limit,
    )
    return [Binned(*row) for row in rows]


def purge(tx: Tx, image: int) -> bool:
    """Remove an image for good if it is still in the bin."""
    return tx.run("DELETE FROM images WHERE id = :image AND deleted_at IS NOT NULL", image=image) == 1


def children(tx: Tx, image: int) -> list[str]:
    """The digests of the manifests that an index names, in their order."""
    rows = tx.all("SELECT digest FROM image_children WHERE image = :image ORDER BY digest", image=image)
    return [row[0] for row in rows]


def layers(tx: Tx, image: int) -> Sequence[str]:
    """The digests of the blobs that an image names, in their order."""
    rows = tx.all("SELECT digest FROM image_blobs WHERE image = :image ORDER BY digest", image=image)
    return [row[0] for row in rows]
