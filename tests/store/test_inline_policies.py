"""The table of inline policies."""

from __future__ import annotations

from tests.store.rows import an_account, an_identity

from entrepot.store import identities
from entrepot.store import inline_policies as table
from entrepot.store.db import Database, Tx


def test_inline_policies(db: Database) -> None:
    """A policy is replaced by name, names are told apart by case, and all go with their identity."""

    def fill(tx: Tx) -> tuple[int, int]:
        an_account(tx)
        alice, bob = an_identity(tx), an_identity(tx, "bob")
        for name in ("pull", "Pull", "gone"):
            table.put(tx, alice, name, "old")
        table.put(tx, alice, "pull", "new")
        table.put(tx, bob, "pull", "his")
        assert table.remove(tx, alice, "gone")
        assert not table.remove(tx, alice, "gone")
        return alice, bob

    alice, bob = db.write(fill)
    assert list(db.read(lambda tx: table.of(tx, alice)).items()) == [("Pull", "old"), ("pull", "new")]
    assert db.read(lambda tx: (table.find(tx, alice, "pull"), table.find(tx, alice, "gone"))) == ("new", None)
    db.write(lambda tx: identities.delete(tx, alice))
    assert db.read(lambda tx: (table.of(tx, alice), table.of(tx, bob))) == ({}, {"pull": "his"})
