"""The table of accounts, on both databases."""

from __future__ import annotations

from entrepot.domain.accounts import Account
from entrepot.store import access_keys, accounts, registries
from entrepot.store.db import Database

ONE, TWO = "111111111111", "222222222222"


def test_accounts(db: Database) -> None:
    """Numbers and names are taken once; what is deleted is free again, and its keys are gone."""
    assert db.write(lambda tx: accounts.insert(tx, TWO, "two", 5))
    assert db.write(lambda tx: accounts.insert(tx, ONE, "one", 6))
    assert not db.write(lambda tx: accounts.insert(tx, ONE, "other", 7))
    assert not db.write(lambda tx: accounts.insert(tx, "333333333333", "one", 7))
    assert db.read(accounts.every) == [Account(ONE, "one", 6), Account(TWO, "two", 5)]
    assert db.read(lambda tx: accounts.find(tx, TWO)) == db.read(lambda tx: accounts.named(tx, "two"))
    assert db.read(lambda tx: accounts.find(tx, "two")) is None
    db.write(lambda tx: access_keys.insert(tx, "AKIA", ONE, None, b"sealed", 8))
    db.write(lambda tx: accounts.delete(tx, ONE))
    assert db.read(lambda tx: access_keys.find(tx, "AKIA")) is None
    assert db.write(lambda tx: accounts.insert(tx, ONE, "one", 9))


def test_what_an_account_has(db: Database) -> None:
    """Repositories are counted over regions; what a registry has beside them is cleared."""
    db.write(lambda tx: accounts.insert(tx, ONE, "one", 1))
    for region in ("us-east-1", "eu-west-1"):
        registry = db.write(lambda tx, place=region: registries.ensure(tx, ONE, place, 1))  # type: ignore[misc]
        assert registry
    assert db.read(lambda tx: accounts.repositories(tx, ONE)) == 0
    for table in accounts.OF_REGISTRIES:
        db.write(lambda tx, name=table: accounts.clear(tx, ONE, name))  # type: ignore[misc]
