"""The table of account aliases: at most one for each account."""

from __future__ import annotations

from entrepot.store.db import Tx


def put(tx: Tx, account: str, alias: str) -> bool:
    """Give an account its alias, in the place of another; False where another account has it."""
    done = tx.run(
        """
        INSERT INTO account_aliases (account, alias)
        SELECT CAST(:account AS TEXT), CAST(:alias AS TEXT)
        WHERE NOT EXISTS (SELECT 1 FROM account_aliases WHERE alias = :alias AND account <> :account)
        ON CONFLICT (account) DO UPDATE SET alias = excluded.alias
        """,
        account=account,
        alias=alias,
    )
    return done > 0


def remove(tx: Tx, account: str, alias: str) -> bool:
    """Take that alias off an account; False where it has another or none."""
    done = tx.run(
        "DELETE FROM account_aliases WHERE account = :account AND alias = :alias", account=account, alias=alias
    )
    return done > 0


def of(tx: Tx, account: str) -> str | None:
    row = tx.one("SELECT alias FROM account_aliases WHERE account = :account", account=account)
    return None if row is None else str(row[0])
