"""The table of accounts."""

from __future__ import annotations

from entrepot.domain.accounts import Account
from entrepot.store.db import Tx

OF_REGISTRIES = ("registry_policies", "account_settings", "pull_time_exclusions", "creation_templates")
"""Tables of what a registry has beside its repositories."""


def insert(tx: Tx, number: str, name: str, now: int) -> bool:
    """Whether neither the number nor the name was taken."""
    done = tx.run(
        "INSERT INTO accounts (number, name, created_at) VALUES (:number, :name, :now) ON CONFLICT DO NOTHING",
        number=number,
        name=name,
        now=now,
    )
    return done > 0


def find(tx: Tx, number: str) -> Account | None:
    row = tx.one("SELECT number, name, created_at FROM accounts WHERE number = :number", number=number)
    return None if row is None else Account(*row)


def named(tx: Tx, name: str) -> Account | None:
    row = tx.one("SELECT number, name, created_at FROM accounts WHERE name = :name", name=name)
    return None if row is None else Account(*row)


def every(tx: Tx) -> list[Account]:
    """All accounts, by number."""
    return [Account(*row) for row in tx.all("SELECT number, name, created_at FROM accounts ORDER BY number")]


def repositories(tx: Tx, number: str) -> int:
    """How many repositories an account has, in all regions."""
    row = tx.one(
        """
        SELECT count(*) FROM repositories JOIN registries ON registries.id = repositories.registry
        WHERE registries.account = :number
        """,
        number=number,
    )
    return 0 if row is None else int(row[0])


def clear(tx: Tx, number: str, table: str) -> None:
    """Remove what one of OF_REGISTRIES holds of an account."""
    tx.run(
        f"DELETE FROM {table} WHERE registry IN (SELECT id FROM registries WHERE account = :number)",
        number=number,
    )


def delete(tx: Tx, number: str) -> None:
    """Remove an account with its identities, policies, keys and providers."""
    tx.run("DELETE FROM accounts WHERE number = :number", number=number)
