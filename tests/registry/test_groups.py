"""Groups and who is in them."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_group, a_user, accounts, moves

from entrepot.domain.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded, NoSuchEntity
from entrepot.registry import groups, users
from entrepot.registry.context import Registry


def members(reg: Registry, name: str = "staff") -> list[str]:
    return [user.name for user in groups.get(reg, ACCOUNT, name, None, None).users.items]


def test_membership(reg: Registry) -> None:
    """Putting a user in and taking it out can be repeated; every time the processes look again."""
    accounts(reg)
    a_user(reg)
    group = a_group(reg)
    assert (group.unique_id[:4], group.arn) == ("AGPA", f"arn:aws:iam::{ACCOUNT}:group/staff")
    before = moves(reg)
    for _ in range(2):
        groups.add_user(reg, HERE, "staff", "alice")
    assert members(reg) == ["alice"]
    assert [each.name for each in groups.of_user(reg, ACCOUNT, "alice", None, None).items] == ["staff"]
    for _ in range(2):
        groups.remove_user(reg, HERE, "staff", "alice")
    assert members(reg) == []
    assert moves(reg) == before + 4


def test_pages(reg: Registry) -> None:
    """Members and groups of a user come in pages."""
    accounts(reg)
    for name in ("c", "A", "b"):
        a_user(reg, name)
        a_group(reg, f"g{name}")
        groups.add_user(reg, HERE, "gc", name) if name == "c" else None
    for name in ("A", "b"):
        groups.add_user(reg, HERE, "gc", name)
        groups.add_user(reg, HERE, f"g{name}", "c")
    first = groups.get(reg, ACCOUNT, "gc", None, 2).users
    assert [user.name for user in first.items] == ["A", "b"]
    second = groups.get(reg, ACCOUNT, "gc", first.marker, 2).users
    assert ([user.name for user in second.items], second.marker) == (["c"], None)
    page = groups.of_user(reg, ACCOUNT, "c", None, 2)
    assert [group.name for group in page.items] == ["gA", "gb"]
    assert [group.name for group in groups.of_user(reg, ACCOUNT, "c", page.marker, 2).items] == ["gc"]


def test_ten_groups(reg: Registry) -> None:
    """A user is in at most ten groups."""
    accounts(reg)
    a_user(reg)
    for number in range(11):
        a_group(reg, f"g{number}")
    for number in range(10):
        groups.add_user(reg, HERE, f"g{number}", "alice")
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for GroupsPerUser: 10$"):
        groups.add_user(reg, HERE, "g10", "alice")
    assert members(reg, "g10") == []


def test_rename_and_delete(reg: Registry) -> None:
    """A renamed group keeps its members; one with members or policies is not deleted."""
    accounts(reg)
    a_user(reg)
    group = a_group(reg)
    a_group(reg, "other")
    groups.add_user(reg, HERE, "staff", "alice")
    with pytest.raises(EntityAlreadyExists, match="Group with name OTHER already exists"):
        groups.rename(reg, HERE, "staff", "OTHER", None)
    groups.rename(reg, HERE, "staff", "crew", "/p/")
    assert members(reg, "crew") == ["alice"]
    with pytest.raises(DeleteConflict, match="must remove users from group first"):
        groups.delete(reg, HERE, "crew")
    groups.remove_user(reg, HERE, "crew", "alice")
    reg.db.write(lambda tx: tx.run("INSERT INTO attached_policies VALUES (:id, 'arn')", id=group.id))
    with pytest.raises(DeleteConflict, match="must detach all policies first"):
        groups.delete(reg, HERE, "crew")
    reg.db.write(lambda tx: tx.run("DELETE FROM attached_policies"))
    groups.delete(reg, HERE, "crew")
    with pytest.raises(NoSuchEntity, match=r"^The group with name crew cannot be found\.$"):
        groups.get(reg, ACCOUNT, "crew", None, None)


def test_accounts_are_apart(reg: Registry) -> None:
    """Neither a user nor a group of another account can be named."""
    accounts(reg)
    a_user(reg)
    a_group(reg)
    users.create(reg, THERE, "theirs", "/", "", {})
    for user, group in (("theirs", "staff"), ("nobody", "staff")):
        with pytest.raises(NoSuchEntity, match=f"^The user with name {user} cannot be found"):
            groups.add_user(reg, HERE, group, user)
    with pytest.raises(NoSuchEntity, match="The group with name staff cannot be found"):
        groups.add_user(reg, THERE, "staff", "theirs")
    with pytest.raises(NoSuchEntity):
        groups.of_user(reg, OTHER, "alice", None, None)
