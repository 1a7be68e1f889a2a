"""The table of unfinished uploads."""

from __future__ import annotations

from entrepot.domain.blobs import Upload
from entrepot.store.db import Tx


def insert(tx: Tx, upload: str, repository: int, principal: str, digest: str, now: int) -> None:
    """A new upload of no bytes, whose digest is that of nothing."""
    tx.run(
        """
        INSERT INTO uploads
            (id, repository, principal, received, digest, parts, last_part, undersized, created_at, updated_at)
        VALUES (:upload, :repository, :principal, 0, :digest, 0, 0, 0, :now, :now)
        """,
        upload=upload,
        repository=repository,
        principal=principal,
        digest=digest,
        now=now,
    )


def find(tx: Tx, upload: str, repository: int, principal: str) -> Upload | None:
    """The upload, if it is of this repository and this principal."""
    row = tx.one(
        """
        SELECT id, repository, principal, received, digest, parts, last_part, undersized FROM uploads
        WHERE id = :upload AND repository = :repository AND principal = :principal
        """,
        upload=upload,
        repository=repository,
        principal=principal,
    )
    if row is None:
        return None
    id_, owner, holder, received, digest, parts, last_part, undersized = row
    return Upload(id_, owner, holder, received, digest, parts, last_part, bool(undersized))


def advance(tx: Tx, before: Upload, received: int, digest: str, part: int, undersized: bool, now: int) -> bool:
    """Note `received` bytes of digest `digest`, of which the last part brought `part`.

    False when the upload no longer stands where `before` saw it.
    """
    changed = tx.run(
        """
        UPDATE uploads SET received = :received, digest = :digest, parts = parts + 1, last_part = :part,
            undersized = :undersized, updated_at = :now
        WHERE id = :upload AND received = :standing
        """,
        upload=before.id,
        standing=before.received,
        received=received,
        digest=digest,
        part=part,
        undersized=int(undersized),
        now=now,
    )
    return changed == 1


def delete(tx: Tx, upload: str) -> bool:
    """Remove the upload; False when it was gone already."""
    return tx.run("DELETE FROM uploads WHERE id = :upload", upload=upload) == 1


def idle(tx: Tx, before: int, after: str, limit: int) -> list[str]:
    """Up to `limit` uploads, by id from the one after `after`, that nothing was written to since `before`."""
    rows = tx.all(
        "SELECT id FROM uploads WHERE updated_at < :before AND id > :after ORDER BY id LIMIT :limit",
        before=before,
        after=after,
        limit=limit,
    )
    return [row[0] for row in rows]


def delete_idle(tx: Tx, upload: str, before: int) -> bool:
    """Remove the upload unless it was written to since `before`; False when it stays or was gone already."""
    return tx.run("DELETE FROM uploads WHERE id = :upload AND updated_at < :before", upload=upload, before=before) == 1


def known(tx: Tx, upload: str) -> bool:
    return tx.one("SELECT 1 FROM uploads WHERE id = :upload", upload=upload) is not None
