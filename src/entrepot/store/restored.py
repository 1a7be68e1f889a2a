"""What is changed in a database that was restored from a backup."""

from __future__ import annotations

from entrepot.store.db import Tx


def forget_work(tx: Tx) -> None:
    """Remove uploads, trash and pins: their bytes are not in the backup."""
    for table in ("uploads", "trash", "pins"):
        tx.run(f"DELETE FROM {table}")


def distrust(tx: Tx, now: int) -> None:
    """Take every blob for damaged until its bytes were seen."""
    tx.run("UPDATE blobs SET identity = '', damaged_at = :now", now=now)


def trust(tx: Tx, location: str, identity: str, now: int) -> None:
    """Note that the bytes at a location were hashed and are right."""
    tx.run(
        "UPDATE blobs SET identity = :identity, damaged_at = NULL, verified_at = :now WHERE location = :location",
        location=location,
        identity=identity,
        now=now,
    )


def without_bytes(tx: Tx) -> list[str]:
    """The digests of blobs whose bytes the backup did not have; at most 1,000."""
    return [
        row[0] for row in tx.all("SELECT digest FROM blobs WHERE damaged_at IS NOT NULL ORDER BY digest LIMIT 1000")
    ]
