"""What may be collected: blobs that a repository need not keep, and blobs that none has.

A repository keeps a blob while an image of it names the blob, and until the lease is over. The walks read a window of
keys at a time, and each removal asks again: what a walk saw may have changed.
"""

from __future__ import annotations

from entrepot.store.db import Tx

# Of a row `m` of repository_blobs whose blob has the digest `b.digest`.
_KEPT = """(m.leased_until >= :before OR EXISTS (
    SELECT 1 FROM image_blobs i WHERE i.repository = m.repository AND i.digest = b.digest
))"""


def memberships(
    tx: Tx, after: tuple[int, int], before: int, window: int
) -> tuple[list[tuple[int, int]], tuple[int, int] | None]:
    """The (repository, blob) that are not kept among the next `window` keys after `after`, and the last key read.

    The last key is None at the end. A lease that ended before `before` (microseconds UTC) counts no more.
    """
    rows = tx.all(
        f"""
        SELECT m.repository, m.blob, CASE WHEN {_KEPT} THEN 0 ELSE 1 END
        FROM (
            SELECT repository, blob, leased_until FROM repository_blobs
            WHERE (repository, blob) > (:repository, :blob) ORDER BY repository, blob LIMIT :window
        ) m JOIN blobs b ON b.id = m.blob ORDER BY m.repository, m.blob
        """,
        repository=after[0],
        blob=after[1],
        before=before,
        window=window,
    )
    last = (int(rows[-1][0]), int(rows[-1][1])) if len(rows) == window else None
    return [(int(row[0]), int(row[1])) for row in rows if row[2]], last


def drop_membership(tx: Tx, repository: int, blob: int, before: int) -> bool:
    """Take the blob from the repository unless it is kept after all."""
    changed = tx.run(
        """
        DELETE FROM repository_blobs WHERE repository = :repository AND blob = :blob AND leased_until < :before
        AND NOT EXISTS (
            SELECT 1 FROM image_blobs i JOIN blobs b ON b.digest = i.digest
            WHERE i.repository = :repository AND b.id = :blob
        )
        """,
        repository=repository,
        blob=blob,
        before=before,
    )
    return changed == 1


def unowned(tx: Tx, after: int, before: int, window: int) -> tuple[list[tuple[int, int]], int | None]:
    """The (id, size) of blobs that no repository keeps among the next `window` after the id `after`; the last id read.

    Also counts a repository's blob that `drop_membership` would take, so that a dry run sees what a run does.
    """
    rows = tx.all(
        f"""
        SELECT b.id, b.size, CASE WHEN EXISTS (
            SELECT 1 FROM repository_blobs m WHERE m.blob = b.id AND {_KEPT}
        ) THEN 0 ELSE 1 END
        FROM (SELECT id, size, digest FROM blobs WHERE id > :after ORDER BY id LIMIT :window) b ORDER BY b.id
        """,
        after=after,
        before=before,
        window=window,
    )
    return [(int(row[0]), int(row[1])) for row in rows if row[2]], int(rows[-1][0]) if len(rows) == window else None


def drop_blob(tx: Tx, blob: int) -> str | None:
    """Remove the row of a blob that no repository has; where its bytes are. None where one has it after all."""
    row = tx.one(
        """
        DELETE FROM blobs WHERE id = :blob
        AND NOT EXISTS (SELECT 1 FROM repository_blobs m WHERE m.blob = :blob) RETURNING location
        """,
        blob=blob,
    )
    return None if row is None else str(row[0])


def release(tx: Tx, image: int, repository: int, now: int) -> None:
    """Let the leases of an image's blobs end now at the earliest: what was named until now is not collected at once."""
    tx.run(
        """
        UPDATE repository_blobs SET leased_until = :now
        WHERE repository = :repository AND leased_until < :now AND blob IN
            (SELECT b.id FROM image_blobs i JOIN blobs b ON b.digest = i.digest WHERE i.image = :image)
        """,
        image=image,
        repository=repository,
        now=now,
    )


def is_named(tx: Tx, location: str, upload: str) -> bool:
    """Whether a blob, the trash or an upload that is still under way accounts for the bytes at a location."""
    row = tx.one(
        """
        SELECT 1 FROM blobs WHERE location = :location
        UNION ALL SELECT 1 FROM trash WHERE location = :location
        UNION ALL SELECT 1 FROM uploads WHERE id = :upload LIMIT 1
        """,
        location=location,
        upload=upload,
    )
    return row is not None
