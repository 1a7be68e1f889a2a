"""How many images a repository has, and how many repositories a registry: read where a quota may be reached."""

from __future__ import annotations

from entrepot.store.db import Tx


def images(tx: Tx, repository: int) -> int:
    """Images of a repository that are not in the bin; time grows with their number."""
    row = tx.one(
        "SELECT count(*) FROM images WHERE repository = :repository AND deleted_at IS NULL", repository=repository
    )
    return int(row[0]) if row else 0


def repositories(tx: Tx, registry: int) -> int:
    row = tx.one("SELECT count(*) FROM repositories WHERE registry = :registry", registry=registry)
    return int(row[0]) if row else 0
