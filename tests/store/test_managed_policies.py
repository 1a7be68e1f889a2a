"""The tables of managed policies and of their versions."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, an_account

from entrepot.domain.managed_policies import ManagedPolicy, Version
from entrepot.store import managed_policies as table
from entrepot.store.db import Database, Tx

OTHER = "999999999999"


def a_policy(tx: Tx, name: str = "Pull", account: str = ACCOUNT, path: str = "/") -> int | None:
    return table.insert(tx, account, name, path, f"ANPA {account} {name} {path}", "says what", NOW)


def test_a_policy(db: Database) -> None:
    """A name is taken once in an account, whatever its case and path; a policy is found by path and exact name."""

    def fill(tx: Tx) -> int | None:
        an_account(tx)
        an_account(tx, OTHER)
        id_ = a_policy(tx, path="/team/")
        assert a_policy(tx, "pull") is None
        assert a_policy(tx, account=OTHER) is not None
        return id_

    id_ = db.write(fill)
    assert id_ is not None
    made = ManagedPolicy(id_, ACCOUNT, "Pull", "/team/", f"ANPA {ACCOUNT} Pull /team/", "says what", 1, 1, NOW, NOW)
    assert made.arn == f"arn:aws:iam::{ACCOUNT}:policy/team/Pull"
    assert db.read(lambda tx: table.find(tx, ACCOUNT, "/team/", "Pull")) == made
    for path, name in (("/", "Pull"), ("/team/", "pull"), ("/team/", "Push")):
        assert db.read(lambda tx, path=path, name=name: table.find(tx, ACCOUNT, path, name)) is None  # type: ignore[misc]
    assert db.read(lambda tx: table.of_account(tx, ACCOUNT)) == [made]
    assert db.read(lambda tx: (table.count(tx, ACCOUNT), table.count(tx, "0"))) == (1, 0)


def test_versions(db: Database) -> None:
    """Versions come newest first, one is in force, and all go with their policy."""

    def fill(tx: Tx) -> int:
        an_account(tx)
        id_ = a_policy(tx)
        assert id_ is not None
        for number in (1, 2, 3):
            table.add_version(tx, id_, number, f"text {number}", NOW + number)
        table.set_versions(tx, id_, 2, 3, NOW + 9)
        assert table.delete_version(tx, id_, 1)
        assert not table.delete_version(tx, id_, 1)
        return id_

    id_ = db.write(fill)
    assert db.read(lambda tx: table.versions(tx, id_)) == [Version(3, "text 3", NOW + 3), Version(2, "text 2", NOW + 2)]
    assert db.read(lambda tx: table.version(tx, id_, 2)) == Version(2, "text 2", NOW + 2)
    assert db.read(lambda tx: table.version(tx, id_, 1)) is None
    [policy] = db.read(lambda tx: table.of_account(tx, ACCOUNT))
    assert (policy.default_version, policy.last_version, policy.created_at, policy.updated_at) == (2, 3, NOW, NOW + 9)
    db.write(lambda tx: table.delete(tx, id_))
    assert db.read(lambda tx: (table.versions(tx, id_), table.of_account(tx, ACCOUNT))) == ([], [])
