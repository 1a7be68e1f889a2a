"""The table of who is in what."""

from __future__ import annotations

from tests.store.rows import an_account, an_identity

from entrepot.store import identities, memberships
from entrepot.store.db import Database, Tx


def test_memberships(db: Database) -> None:
    """Members come and go once; both sides are listed by name, in pages."""

    def fill(tx: Tx) -> tuple[int, int]:
        an_account(tx)
        users = [an_identity(tx, name) for name in ("b", "A", "c")]
        groups = [an_identity(tx, name, "group") for name in ("y", "X")]
        for user in users:
            assert memberships.add(tx, groups[0], user)
        assert memberships.add(tx, groups[1], users[0])
        assert not memberships.add(tx, groups[1], users[0])
        assert memberships.remove(tx, groups[0], users[2])
        assert not memberships.remove(tx, groups[0], users[2])
        return groups[0], users[0]

    group, user = db.write(fill)
    assert [each.name for each in db.read(lambda tx: memberships.members(tx, group))] == ["A", "b"]
    assert [each.name for each in db.read(lambda tx: memberships.members(tx, group, "a", 5))] == ["b"]
    assert [each.name for each in db.read(lambda tx: memberships.members(tx, group, "", 1))] == ["A"]
    assert [each.name for each in db.read(lambda tx: memberships.containers(tx, user))] == ["X", "y"]
    assert [each.name for each in db.read(lambda tx: memberships.containers(tx, user, "x"))] == ["y"]
    db.write(lambda tx: identities.delete(tx, user))
    assert [each.name for each in db.read(lambda tx: memberships.members(tx, group))] == ["A"]
