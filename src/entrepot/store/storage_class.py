"""Where images stand between standard storage and the archive."""

from __future__ import annotations

from entrepot.store.db import Tx


def archive(tx: Tx, image: int, now: int) -> None:
    tx.run("UPDATE images SET status = 'ARCHIVED', archived_at = :now WHERE id = :image", image=image, now=now)


def begin_activation(tx: Tx, image: int, now: int) -> None:
    """Note that an image is on its way back; until it is there, `activated_at` says since when."""
    tx.run("UPDATE images SET status = 'ACTIVATING', activated_at = :now WHERE id = :image", image=image, now=now)


def activate(tx: Tx, image: int, now: int) -> None:
    tx.run("UPDATE images SET status = 'ACTIVE', activated_at = :now WHERE id = :image", image=image, now=now)


def activating(tx: Tx, until: int, limit: int) -> list[tuple[str, str, str, str]]:
    """Up to `limit` images on their way back since `until` or longer: (account, region, repository, digest)."""
    rows = tx.all(
        """
        SELECT g.account, g.region, r.name, i.digest
        FROM images i JOIN repositories r ON r.id = i.repository JOIN registries g ON g.id = r.registry
        WHERE i.status = 'ACTIVATING' AND i.activated_at <= :until AND i.deleted_at IS NULL
        ORDER BY i.activated_at, i.id LIMIT :limit
        """,
        until=until,
        limit=limit,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
