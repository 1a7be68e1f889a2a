"""The table of counters: what all processes together have done, over all restarts."""

from __future__ import annotations

from entrepot.store.db import Tx


def add(tx: Tx, name: str, value: int) -> None:
    tx.run(
        """
        INSERT INTO counters (name, value) VALUES (:name, :value)
        ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value
        """,
        name=name,
        value=value,
    )


def read(tx: Tx) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in tx.all("SELECT name, value FROM counters ORDER BY name")}


def value(tx: Tx, name: str) -> int:
    """One counter, 0 where nothing was counted."""
    row = tx.one("SELECT value FROM counters WHERE name = :name", name=name)
    return 0 if row is None else int(row[0])
