"""Users: created, looked up, renamed, deleted, and none of another account's business."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_group, a_user, accounts, moves, recorded

from entrepot.domain.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    ValidationFailed,
)
from entrepot.registry import access_keys, groups, identities, users
from entrepot.registry.context import Registry


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user{name}"


def test_create_and_get(reg: Registry) -> None:
    """A user has an id, a path and its tags; creating it is recorded and every process looks again."""
    accounts(reg)
    user = a_user(reg, path="/team/", Team="a")
    assert (user.arn, user.unique_id[:4], user.created_at) == (arn("/team/alice"), "AIDA", reg.now())
    assert users.get(reg, ACCOUNT, "alice") == users.Tagged(user, {"Team": "a"})
    assert recorded(reg) == [("iam:Test", user.arn)]
    assert moves(reg) == 1


def test_names(reg: Registry) -> None:
    """A name is taken and found in any case; a refused creation leaves nothing."""
    accounts(reg)
    user = a_user(reg, "Alice")
    with pytest.raises(EntityAlreadyExists, match=r"^User with name aLICE already exists\.$"):
        a_user(reg, "aLICE", Team="a")
    assert users.get(reg, ACCOUNT, "aLICE") == users.Tagged(user, {})
    assert identities.arn_of(reg, ACCOUNT, "user", "ALICE") == user.arn
    assert moves(reg) == 1
    made = access_keys.create(reg, HERE, "ALICE")
    assert (made.user, access_keys.list_page(reg, HERE, "aLICE", None, None)[0]) == ("Alice", "Alice")


def test_rename(reg: Registry) -> None:
    """Id, tags and groups go along; the name's case may change, but not to another's name."""
    accounts(reg)
    before = a_user(reg, Team="a")
    a_user(reg, "bob")
    a_group(reg)
    groups.add_user(reg, HERE, "staff", "alice")
    users.rename(reg, HERE, "alice", "ALICE", "/p/")
    after = users.get(reg, ACCOUNT, "ALICE")
    assert (after.identity.id, after.identity.unique_id) == (before.id, before.unique_id)
    assert (after.identity.arn, after.tags) == (arn("/p/ALICE"), {"Team": "a"})
    assert [user.name for user in groups.get(reg, ACCOUNT, "staff", None, None).users.items] == ["ALICE"]
    with pytest.raises(EntityAlreadyExists, match="User with name Bob already exists"):
        users.rename(reg, HERE, "ALICE", "Bob", None)
    with pytest.raises(NoSuchEntity, match=r"^The user with name carol cannot be found\.$"):
        users.rename(reg, HERE, "carol", "x", None)
    users.rename(reg, HERE, "alice", None, None)
    assert users.get(reg, ACCOUNT, "ALICE") == after


def test_delete(reg: Registry) -> None:
    """A user with groups, keys or policies stays; its tags go with it, also from one of the same name."""
    accounts(reg)
    user = a_user(reg, Team="a")
    a_group(reg)
    groups.add_user(reg, HERE, "staff", "alice")
    with pytest.raises(DeleteConflict, match="must remove users from group first"):
        users.delete(reg, HERE, "alice")
    groups.remove_user(reg, HERE, "staff", "alice")
    key = access_keys.create(reg, HERE, "alice").key
    with pytest.raises(DeleteConflict, match="must delete access keys first"):
        users.delete(reg, HERE, "alice")
    access_keys.delete(reg, HERE, "alice", key.id)
    reg.db.write(lambda tx: tx.run("INSERT INTO inline_policies VALUES (:id, 'x', '{}')", id=user.id))
    with pytest.raises(DeleteConflict, match=r"^Cannot delete entity, must delete policies first\.$"):
        users.delete(reg, HERE, "alice")
    reg.db.write(lambda tx: tx.run("INSERT INTO attached_policies VALUES (:id, 'arn')", id=user.id))
    with pytest.raises(DeleteConflict, match=r"^Cannot delete entity, must detach all policies first\.$"):
        users.delete(reg, HERE, "alice")
    reg.db.write(lambda tx: tx.run("DELETE FROM inline_policies"))
    reg.db.write(lambda tx: tx.run("DELETE FROM attached_policies"))
    users.delete(reg, HERE, "alice")
    with pytest.raises(NoSuchEntity):
        users.delete(reg, HERE, "alice")
    again = a_user(reg)
    assert users.get(reg, ACCOUNT, "alice").tags == {}
    assert again.unique_id != user.unique_id


def test_pages(reg: Registry) -> None:
    """Pages put together are the list, by name; a marker is good for its own list only."""
    accounts(reg)
    for name in ("b", "A", "c", "d"):
        a_user(reg, name, "/p/")
    seen, marker = [], None
    for _ in range(4):
        page = identities.list_page(reg, ACCOUNT, "user", "/p", marker, 1)
        seen += [user.name for user in page.items]
        assert page.marker is None or len(page.marker) <= 320
        marker = page.marker
    assert (seen, marker) == (["A", "b", "c", "d"], None)
    marker = identities.list_page(reg, ACCOUNT, "user", "/p", None, 2).marker
    for account, prefix, given in ((OTHER, "/p", marker), (ACCOUNT, "/", marker), (ACCOUNT, "/p", "x")):
        with pytest.raises(ValidationFailed, match=r"^Invalid Marker\.$"):
            identities.list_page(reg, account, "user", prefix, given, 2)


def test_accounts_are_apart(reg: Registry) -> None:
    """What another account has is not there: for names, lists, and every change."""
    accounts(reg)
    mine = a_user(reg)
    with pytest.raises(NoSuchEntity) as not_mine:
        users.get(reg, OTHER, "alice")
    with pytest.raises(NoSuchEntity) as nobodys:
        users.get(reg, ACCOUNT, "nobody")
    assert str(not_mine.value).replace("alice", "nobody") == str(nobodys.value)
    assert identities.list_page(reg, OTHER, "user", None, None, None).items == ()
    for change in (
        lambda: users.delete(reg, THERE, "alice"),
        lambda: users.rename(reg, THERE, "alice", "x", None),
        lambda: access_keys.create(reg, THERE, "alice"),
    ):
        with pytest.raises(NoSuchEntity):
            change()
    theirs = users.create(reg, THERE, "alice", "/", "", {}).identity
    assert theirs.id != mine.id
    assert identities.arn_of(reg, OTHER, "user", "alice") == f"arn:aws:iam::{OTHER}:user/alice"


def test_quota(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than an account may have is refused and not kept; another account's do not count."""
    accounts(reg)
    monkeypatch.setitem(identities.QUOTAS, "user", ("UsersPerAccount", 2))
    for name in ("a", "b"):
        a_user(reg, name)
        users.create(reg, THERE, name, "/", "", {})
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for UsersPerAccount: 2$"):
        a_user(reg, "c")
    with pytest.raises(NoSuchEntity):
        users.get(reg, ACCOUNT, "c")
