"""The table of resource tags: keys and values that users put on repositories."""

from __future__ import annotations

from entrepot.store.db import Tx


def put(tx: Tx, repository: int, key: str, value: str) -> None:
    tx.run(
        """
        INSERT INTO repository_tags (repository, key, value) VALUES (:repository, :key, :value)
        ON CONFLICT (repository, key) DO UPDATE SET value = excluded.value
        """,
        repository=repository,
        key=key,
        value=value,
    )


def remove(tx: Tx, repository: int, key: str) -> None:
    tx.run("DELETE FROM repository_tags WHERE repository = :repository AND key = :key", repository=repository, key=key)


def of(tx: Tx, repository: int) -> dict[str, str]:
    """All tags of a repository, by key."""
    rows = tx.all(
        "SELECT key, value FROM repository_tags WHERE repository = :repository ORDER BY key", repository=repository
    )
    return {key: value for key, value in rows}  # noqa: C416  # rows are tuples of Any
