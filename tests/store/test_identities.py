"""The table of users, groups, roles and instance profiles."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, an_account, an_identity

from entrepot.domain.iam_entities import Identity
from entrepot.store import identities
from entrepot.store.db import Database, Tx

OTHER = "999999999999"


def test_a_role(db: Database) -> None:
    """What is put in comes out, by name and by id."""

    def fill(tx: Tx) -> int:
        an_account(tx)
        id_ = identities.insert(
            tx,
            ACCOUNT,
            "role",
            "Node",
            "/k8s/",
            "AROA1",
            NOW,
            description="nodes",
            trust="{}",
            max_session=3600,
            boundary="arn",
        )
        assert id_ is not None
        return id_

    id_ = db.write(fill)
    expected = Identity(id_, ACCOUNT, "role", "Node", "/k8s/", "AROA1", NOW, "nodes", "{}", 3600, "arn", None, "")
    assert db.read(lambda tx: identities.find(tx, ACCOUNT, "role", "Node")) == expected
    assert db.read(lambda tx: identities.get(tx, id_)) == expected
    assert expected.arn == f"arn:aws:iam::{ACCOUNT}:role/k8s/Node"
    assert db.read(lambda tx: identities.get(tx, id_ + 1)) is None


def test_names(db: Database) -> None:
    """A name is unique for its account and kind whatever its case, and found in any case, or as it is."""

    def fill(tx: Tx) -> None:
        an_account(tx)
        an_account(tx, OTHER)
        an_identity(tx, "Alice")
        an_identity(tx, "alice", "group")
        an_identity(tx, "alice", account=OTHER)
        assert identities.insert(tx, ACCOUNT, "user", "aLICE", "/x/", "AIDA2", NOW) is None

    db.write(fill)
    both = ("Alice", "alice")
    with_case = db.read(lambda tx: {name: identities.find(tx, ACCOUNT, "user", name) for name in both})
    assert [name for name, found in with_case.items() if found] == ["Alice"]
    found = with_case["Alice"]
    assert found is not None
    assert db.read(lambda tx: identities.named(tx, ACCOUNT, "user", "ALICE")) == found
    assert db.read(lambda tx: identities.named(tx, ACCOUNT, "role", "Alice")) is None


def test_pages(db: Database) -> None:
    """A page goes by folded name, has one kind of one account, and paths that begin as asked."""

    def fill(tx: Tx) -> None:
        an_account(tx)
        an_account(tx, OTHER)
        for name, path in (("b", "/"), ("C", "/team/"), ("a_", "/team/one/"), ("a", "/teams/")):
            an_identity(tx, name, path=path)
        an_identity(tx, "d", account=OTHER)
        an_identity(tx, "e", "group")

    db.write(fill)

    def page(prefix: str, after: str, limit: int) -> list[str]:
        return [each.name for each in db.read(lambda tx: identities.page(tx, ACCOUNT, "user", prefix, after, limit))]

    assert page("/", "", 10) == ["a", "a_", "b", "C"]
    assert page("/", "a", 2) == ["a_", "b"]
    assert page("/team", "", 10) == ["a", "a_", "C"]
    assert page("/team/", "", 10) == ["a_", "C"]
    assert page("/_eam/", "", 10) == []
    assert db.read(lambda tx: identities.counts(tx, ACCOUNT)) == {"user": 4, "group": 1}
    assert db.read(lambda tx: identities.counts(tx, "111111111111")) == {}


def test_changes(db: Database) -> None:
    """Every field that can be changed, and the last use, which only moves on."""

    def fill(tx: Tx) -> Identity | None:
        an_account(tx)
        id_, other = an_identity(tx, "r", "role"), an_identity(tx, "other", "role")
        identities.rename(tx, id_, "R2", "/p/")
        identities.set_trust(tx, id_, "{2}")
        identities.set_description(tx, id_, "what")
        identities.set_max_session(tx, id_, 7200)
        identities.set_boundary(tx, id_, "arn:b")
        identities.set_boundary(tx, other, "arn:b")
        identities.set_boundary(tx, other, "")
        identities.used(tx, id_, NOW + 2, "eu-west-1")
        identities.used(tx, id_, NOW + 1, "us-east-1")
        return identities.get(tx, id_)

    found = db.write(fill)
    assert found is not None
    assert (found.name, found.path, found.trust, found.description) == ("R2", "/p/", "{2}", "what")
    assert (found.max_session, found.boundary) == (7200, "arn:b")
    assert (found.last_used_at, found.last_used_region) == (NOW + 2, "eu-west-1")
    assert db.read(lambda tx: identities.bounded(tx, ACCOUNT, "arn:b")) == [found]
    assert db.read(lambda tx: identities.bounds(tx, ACCOUNT)) == {"arn:b": 1}
    assert db.read(lambda tx: identities.named(tx, ACCOUNT, "role", "r2")) == found


def test_policies_and_deletion(db: Database) -> None:
    """Policies are counted; they and the identity go together."""

    def fill(tx: Tx) -> int:
        an_account(tx)
        id_ = an_identity(tx)
        tx.run("INSERT INTO attached_policies (identity, arn) VALUES (:id, 'a')", id=id_)
        tx.run("INSERT INTO attached_policies (identity, arn) VALUES (:id, 'b')", id=id_)
        tx.run("INSERT INTO inline_policies (identity, name, text) VALUES (:id, 'n', '{}')", id=id_)
        return id_

    id_ = db.write(fill)
    assert db.read(lambda tx: (identities.attached(tx, id_), identities.inline(tx, id_))) == (2, 1)
    db.write(lambda tx: identities.delete(tx, id_))
    assert db.read(lambda tx: (identities.attached(tx, id_), identities.inline(tx, id_))) == (0, 0)
    assert db.read(lambda tx: identities.get(tx, id_)) is None
