"""What may be collected: blobs that a repository need not keep, and blobs that none has.

A repository keeps a blob while an image of it names the blob, and until the lease is over. A lease ends early where the
blob was released: an image that named it was deleted, nobody was told of the blob since, and no push that was told
before can still be under way: no upload is open in the repository, and for a while nobody was told of any blob of it.

The walks read a window of keys at a time, and each removal asks again: what a walk saw may have changed.
"""

from __future__ import annotations

from entrepot.domain.blobs import LEASE, PAUSED
from entrepot.store.db import Tx

# Of a row `m` of repository_blobs: whether its lease ended early. `:told` is the lease of who is told at `:silent`.
_RELEASED = """(m.released_at < :silent AND NOT EXISTS (
    SELECT 1 FROM uploads u WHERE u.repository = m.repository AND u.updated_at >= :paused
) AND NOT EXISTS (
    SELECT 1 FROM repository_blobs t WHERE t.repository = m.repository AND t.leased_until >= :told
))"""

# Of a row `m` whose blob has the digest `b.digest`. NULL is no.
_NAMED = "EXISTS (SELECT 1 FROM image_blobs i WHERE i.repository = m.repository AND i.digest = b.digest)"
_FREE = f"((m.leased_until < :before OR {_RELEASED}) AND NOT {_NAMED})"


def memberships(
    tx: Tx, after: tuple[int, int], before: int, window: int, silent: int = 0
) -> tuple[list[tuple[int, int]], tuple[int, int] | None]:
    """The (repository, blob) that are not kept among the next `window` keys after `after`, and the last key read.

    The last key is None at the end. A lease that ended before `before` (microseconds UTC) counts no more, and neither
    does that of a blob released before `silent` in a repository that was silent since.
    """
    rows = tx.all(
        f"""
        SELECT m.repository, m.blob, CASE WHEN {_FREE} THEN 1 ELSE 0 END
        FROM (
            SELECT repository, blob, leased_until, released_at FROM repository_blobs
            WHERE (repository, blob) > (:repository, :blob) ORDER BY repository, blob LIMIT :window
        ) m JOIN blobs b ON b.id = m.blob ORDER BY m.repository, m.blob
        """,
        repository=after[0],
        blob=after[1],
        before=before,
        silent=silent,
        told=silent + LEASE,
        paused=silent - PAUSED,
        window=window,
    )
    last = (int(rows[-1][0]), int(rows[-1][1])) if len(rows) == window else None
    return [(int(row[0]), int(row[1])) for row in rows if row[2]], last


def drop_membership(tx: Tx, repository: int, blob: int, before: int, silent: int = 0) -> bool:
    """Take the blob from the repository unless it is kept after all."""
    changed = tx.run(
        f"""
        DELETE FROM repository_blobs AS m WHERE m.repository = :repository AND m.blob = :blob
        AND (m.leased_until < :before OR {_RELEASED})
        AND NOT EXISTS (
            SELECT 1 FROM image_blobs i JOIN blobs b ON b.digest = i.digest
            WHERE i.repository = :repository AND b.id = :blob
        )
        """,
        repository=repository,
        blob=blob,
        before=before,
        silent=silent,
        told=silent + LEASE,
        paused=silent - PAUSED,
    )
    return changed == 1


def released(tx: Tx, silent: int, limit: int) -> list[tuple[int, int, int]]:
    """Up to `limit` (repository, blob, size) whose leases ended early and that no image names."""
    rows = tx.all(
        f"""
        SELECT m.repository, m.blob, b.size FROM repository_blobs m JOIN blobs b ON b.id = m.blob
        WHERE {_RELEASED} AND NOT {_NAMED} ORDER BY m.repository, m.blob LIMIT :limit
        """,
        silent=silent,
        told=silent + LEASE,
        paused=silent - PAUSED,
        limit=limit,
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in rows]


def last_told(tx: Tx, before: int) -> int:
    """When in a repository whose released blobs wait for silence an image was last deleted, or a client told of a blob.

    Repositories with open uploads do not count, nor do blobs whose leases ended before `before`. 0 where none waits.
    """
    row = tx.one(
        f"""
        SELECT MAX(m.released_at), MAX(
            (SELECT MAX(t.leased_until) FROM repository_blobs t WHERE t.repository = m.repository)
        )
        FROM repository_blobs m JOIN blobs b ON b.id = m.blob
        WHERE m.released_at IS NOT NULL AND m.leased_until >= :before AND NOT {_NAMED}
        AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.repository = m.repository AND u.updated_at >= :paused)
        """,
        before=before,
        paused=before - PAUSED,
    )
    return 0 if row is None or row[0] is None else max(int(row[0]), int(row[1]) - LEASE)


def unowned(tx: Tx, after: int, before: int, window: int, silent: int = 0) -> tuple[list[tuple[int, int]], int | None]:
    """The (id, size) of blobs that no repository keeps among the next `window` after the id `after`; the last id read.

    Also counts a repository's blob that `drop_membership` would take, so that a dry run sees what a run does.
    """
    rows = tx.all(
        f"""
        SELECT b.id, b.size, CASE WHEN EXISTS (
            SELECT 1 FROM repository_blobs m WHERE m.blob = b.id AND CASE WHEN {_FREE} THEN 0 ELSE 1 END = 1
        ) THEN 0 ELSE 1 END
        FROM (SELECT id, size, digest FROM blobs WHERE id > :after ORDER BY id LIMIT :window) b ORDER BY b.id
        """,
        after=after,
        before=before,
        silent=silent,
        told=silent + LEASE,
        paused=silent - PAUSED,
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
    """Note that an image is deleted now: what its blobs' leases were for is over, unless others were told of them.

    Where pushes are always under way, what was named until now is kept as with a lease that ends now.
    """
    tx.run(
        """
        UPDATE repository_blobs
        SET leased_until = CASE WHEN leased_until < :now THEN :now ELSE leased_until END, released_at = :now
        WHERE repository = :repository AND blob IN
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
