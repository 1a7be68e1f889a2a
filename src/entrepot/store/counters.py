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
