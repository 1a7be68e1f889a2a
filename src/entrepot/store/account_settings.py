"""The table of account settings: what a registry has set, by name."""

from __future__ import annotations

from entrepot.store.db import Tx


def find(tx: Tx, account: str, region: str, name: str) -> str | None:
    """What a registry has set; None where it never set that."""
    row = tx.one(
        """
        SELECT s.value FROM registries g JOIN account_settings s ON s.registry = g.id
        WHERE g.account = :account AND g.region = :region AND s.name = :name
        """,
        account=account,
        region=region,
        name=name,
    )
    return None if row is None else str(row[0])


def put(tx: Tx, registry: int, name: str, value: str) -> None:
    tx.run(
        """
        INSERT INTO account_settings (registry, name, value) VALUES (:registry, :name, :value)
        ON CONFLICT (registry, name) DO UPDATE SET value = excluded.value
        """,
        registry=registry,
        name=name,
        value=value,
    )
