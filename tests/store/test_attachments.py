"""The table of attachments."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, an_account, an_identity

from entrepot.store import attachments as table
from entrepot.store import identities
from entrepot.store.db import Database, Tx

OTHER = "999999999999"


def test_attachments(db: Database) -> None:
    """A policy is attached once, listed by ARN, counted in its account only, and goes with its identity."""

    def fill(tx: Tx) -> tuple[int, int]:
        an_account(tx)
        an_account(tx, OTHER)
        alice, bob = an_identity(tx), an_identity(tx, "bob", "role")
        theirs = an_identity(tx, account=OTHER)
        assert table.add(tx, alice, "arn:b")
        assert not table.add(tx, alice, "arn:b")
        for identity, arn in ((alice, "arn:a"), (bob, "arn:b"), (theirs, "arn:b"), (alice, "arn:c")):
            assert table.add(tx, identity, arn)
        assert table.remove(tx, alice, "arn:c")
        assert not table.remove(tx, alice, "arn:c")
        return alice, bob

    alice, bob = db.write(fill)
    assert db.read(lambda tx: table.of(tx, alice)) == ["arn:a", "arn:b"]
    assert db.read(lambda tx: table.counts(tx, ACCOUNT)) == {"arn:a": 1, "arn:b": 2}
    assert db.read(lambda tx: table.holders(tx, ACCOUNT, "arn:b")) == [alice, bob]
    assert db.read(lambda tx: table.holders(tx, ACCOUNT, "arn:c")) == []
    db.write(lambda tx: identities.delete(tx, alice))
    assert db.read(lambda tx: table.holders(tx, ACCOUNT, "arn:b")) == [bob]
