"""The table of access keys."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, an_account, an_identity

from entrepot.domain.iam_entities import AccessKey
from entrepot.store import access_keys, identities
from entrepot.store.db import Database, Tx


def test_keys(db: Database) -> None:
    """Keys of users and of root are told apart; an id is given once."""

    def fill(tx: Tx) -> int:
        an_account(tx)
        user = an_identity(tx)
        assert access_keys.insert(tx, "AKIA2", ACCOUNT, user, b"\x00\xff", NOW)
        assert access_keys.insert(tx, "AKIA1", ACCOUNT, user, b"s", NOW - 1)
        assert access_keys.insert(tx, "AKIA3", ACCOUNT, None, b"r", NOW)
        assert not access_keys.insert(tx, "AKIA3", ACCOUNT, user, b"other", NOW)
        return user

    user = db.write(fill)
    key = AccessKey("AKIA2", ACCOUNT, user, b"\x00\xff", "Active", NOW, None, "", "")
    assert db.read(lambda tx: access_keys.find(tx, "AKIA2")) == key
    assert "xff" not in repr(key)
    assert [each.id for each in db.read(lambda tx: access_keys.of_identity(tx, user))] == ["AKIA1", "AKIA2"]
    assert [each.id for each in db.read(lambda tx: access_keys.of_root(tx, ACCOUNT))] == ["AKIA3"]
    assert [each.id for each in db.read(lambda tx: access_keys.after(tx, "AKIA1", 1))] == ["AKIA2"]
    assert db.read(lambda tx: access_keys.find(tx, "AKIA4")) is None
    db.write(lambda tx: identities.delete(tx, user))
    assert [each.id for each in db.read(lambda tx: access_keys.after(tx, "", 9))] == ["AKIA3"]


def test_changes(db: Database) -> None:
    """Status, secret and last use change; the last use only moves on; a deleted key is gone."""

    def fill(tx: Tx) -> None:
        an_account(tx)
        access_keys.insert(tx, "AKIA1", ACCOUNT, None, b"s", NOW)
        access_keys.set_status(tx, "AKIA1", "Inactive")
        access_keys.set_secret(tx, "AKIA1", b"new")
        access_keys.used(tx, "AKIA1", NOW + 2, "us-east-1", "ecr")
        access_keys.used(tx, "AKIA1", NOW + 1, "eu-west-1", "iam")
        access_keys.used(tx, "AKIA9", NOW, "eu-west-1", "iam")

    db.write(fill)
    found = db.read(lambda tx: access_keys.find(tx, "AKIA1"))
    assert found == AccessKey("AKIA1", ACCOUNT, None, b"new", "Inactive", NOW, NOW + 2, "us-east-1", "ecr")
    assert found is not None
    assert not found.active
    db.write(lambda tx: access_keys.delete(tx, "AKIA1"))
    assert db.read(lambda tx: access_keys.find(tx, "AKIA1")) is None
