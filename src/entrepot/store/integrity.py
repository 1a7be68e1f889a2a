"""What may be wrong with the rows: looked for by `entrepot fsck`, and mended where nothing is lost by it."""

from __future__ import annotations

from entrepot.store.db import Dialect, Tx


def file_damage(tx: Tx, dialect: Dialect) -> list[str]:
    """What the database says of its own file; at most 1,000 texts."""
    found = [str(row[0]) for row in tx.all(dialect.integrity)] if dialect.integrity else []
    return [text for text in found if text != "ok"]


def broken_references(tx: Tx, dialect: Dialect) -> list[tuple[str, int, str]]:
    """Rows that refer to a row which is not there, as (table, row, table referred to)."""
    if not dialect.broken_references:
        return []
    return [(str(row[0]), int(row[1] or 0), str(row[2])) for row in tx.all(dialect.broken_references)]


def drop_row(tx: Tx, table: str, row: int) -> None:
    """Remove a row that refers to none; `table` is a name that the database gave. SQLite's own key, SQLite only."""
    tx.run(f'DELETE FROM "{table}" WHERE rowid = :row', row=row)


def manifests(tx: Tx, after: int, limit: int) -> list[tuple[int, str, str, bytes | None]]:
    """Up to `limit` images by id from the one after `after`: id, repository's name, digest, the manifest's bytes."""
    rows = tx.all(
        """
        SELECT i.id, r.name, i.digest, m.bytes FROM images i
        LEFT JOIN repositories r ON r.id = i.repository LEFT JOIN manifests m ON m.image = i.id
        WHERE i.id > :after ORDER BY i.id LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [(int(row[0]), row[1] or "", row[2], None if row[3] is None else bytes(row[3])) for row in rows]


def copies(tx: Tx, digest: str, image: int, limit: int) -> list[bytes]:
    """The bytes that other repositories have of a manifest."""
    rows = tx.all(
        """
        SELECT m.bytes FROM images i JOIN manifests m ON m.image = i.id
        WHERE i.digest = :digest AND i.id != :image LIMIT :limit
        """,
        digest=digest,
        image=image,
        limit=limit,
    )
    return [bytes(row[0]) for row in rows]


def absent_blobs(tx: Tx, after: tuple[int, str], limit: int) -> list[tuple[int, str, str]]:
    """Blobs that images name and their repository does not have, as (repository, its name, digest), in that order.

    Images in the bin do not count.
    """
    rows = tx.all(
        """
        SELECT DISTINCT n.repository, r.name, n.digest FROM image_blobs n JOIN repositories r ON r.id = n.repository
        JOIN images h ON h.id = n.image AND h.deleted_at IS NULL
        WHERE n.repository >= :repository AND (n.repository > :repository OR n.digest > :digest)
        AND NOT EXISTS (
            SELECT 1 FROM blobs b JOIN repository_blobs m ON m.blob = b.id
            WHERE b.digest = n.digest AND m.repository = n.repository
        )
        ORDER BY n.repository, n.digest LIMIT :limit
        """,
        repository=after[0],
        digest=after[1],
        limit=limit,
    )
    return [(int(row[0]), row[1], row[2]) for row in rows]


def absent_children(tx: Tx, after: tuple[int, str], limit: int) -> list[tuple[int, str, str]]:
    """Images that indexes name and their repository does not have, in the form of `absent_blobs`."""
    rows = tx.all(
        """
        SELECT DISTINCT n.repository, r.name, n.digest FROM image_children n JOIN repositories r ON r.id = n.repository
        JOIN images h ON h.id = n.image AND h.deleted_at IS NULL
        WHERE n.repository >= :repository AND (n.repository > :repository OR n.digest > :digest)
        AND NOT EXISTS (
            SELECT 1 FROM images i
            WHERE i.repository = n.repository AND i.digest = n.digest AND i.deleted_at IS NULL
        )
        ORDER BY n.repository, n.digest LIMIT :limit
        """,
        repository=after[0],
        digest=after[1],
        limit=limit,
    )
    return [(int(row[0]), row[1], row[2]) for row in rows]
