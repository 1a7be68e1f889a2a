"""The table of bytes whose row is gone and that have still to be deleted."""

from __future__ import annotations

from entrepot.store.db import Tx


def put(tx: Tx, location: str, now: int) -> None:
    """Note that no row names these bytes any more."""
    tx.run(
        "INSERT INTO trash (location, created_at) VALUES (:location, :now) ON CONFLICT (location) DO NOTHING",
        location=location,
        now=now,
    )


def page(tx: Tx, after: str, limit: int) -> list[str]:
    """Up to `limit` locations, from the one after `after`."""
    rows = tx.all(
        "SELECT location FROM trash WHERE location > :after ORDER BY location LIMIT :limit", after=after, limit=limit
    )
    return [row[0] for row in rows]


def count(tx: Tx) -> int:
    row = tx.one("SELECT count(*) FROM trash")
    return int(row[0]) if row else 0


def has(tx: Tx, location: str) -> bool:
    return tx.one("SELECT 1 FROM trash WHERE location = :location", location=location) is not None


def remove(tx: Tx, location: str) -> None:
    """Forget bytes that were deleted."""
    tx.run("DELETE FROM trash WHERE location = :location", location=location)
