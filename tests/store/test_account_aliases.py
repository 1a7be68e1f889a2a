"""The table of account aliases."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, an_account

from entrepot.store import account_aliases
from entrepot.store.db import Database, Tx

OTHER = "999999999999"


def test_aliases(db: Database) -> None:
    """An account has one alias, which no other has, and only its own is taken off."""

    def fill(tx: Tx) -> list[bool]:
        an_account(tx)
        an_account(tx, OTHER)
        return [
            account_aliases.put(tx, ACCOUNT, "one"),
            account_aliases.put(tx, OTHER, "one"),
            account_aliases.put(tx, ACCOUNT, "two"),
            account_aliases.put(tx, OTHER, "one"),
            account_aliases.remove(tx, ACCOUNT, "one"),
        ]

    assert db.write(fill) == [True, False, True, True, False]
    assert db.read(lambda tx: (account_aliases.of(tx, ACCOUNT), account_aliases.of(tx, OTHER))) == ("two", "one")
    assert db.write(lambda tx: account_aliases.remove(tx, ACCOUNT, "two"))
    assert db.read(lambda tx: account_aliases.of(tx, ACCOUNT)) is None
