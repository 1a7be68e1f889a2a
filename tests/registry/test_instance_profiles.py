"""Instance profiles and the role in each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, accounts, moves
from tests.registry.test_roles import a_role

from entrepot.domain import errors as e
from entrepot.registry import instance_profiles as profiles
from entrepot.registry.context import Registry
from entrepot.registry.instance_profiles import Profile


def a_profile(reg: Registry, name: str = "node", path: str = "/", **tags: str) -> Profile:
    return profiles.create(reg, HERE, name, path, tags)


def test_create_and_get(reg: Registry) -> None:
    """A profile has an id, its tags, and no role."""
    accounts(reg)
    made = a_profile(reg, path="/p/", Team="a")
    assert made.identity.arn == f"arn:aws:iam::{ACCOUNT}:instance-profile/p/node"
    assert made.identity.unique_id.startswith("AIPA")
    assert profiles.get(reg, ACCOUNT, "node") == Profile(made.identity, (), {"Team": "a"})
    with pytest.raises(e.EntityAlreadyExists, match=r"^Instance Profile Node already exists\.$"):
        a_profile(reg, "Node")
    with pytest.raises(e.NoSuchEntity, match=r"^Instance Profile node cannot be found\.$"):
        profiles.get(reg, OTHER, "node")


def test_one_role(reg: Registry) -> None:
    """A profile takes one role, which can be taken out; a role is in as many profiles as there are."""
    accounts(reg)
    role, other = a_role(reg), a_role(reg, "other")
    for name in ("one", "two"):
        a_profile(reg, name)
        profiles.add_role(reg, HERE, name, "node")
    for name in ("node", "other"):
        with pytest.raises(e.LimitExceeded) as caught:
            profiles.add_role(reg, HERE, "one", name)
        assert str(caught.value) == "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    assert profiles.get(reg, ACCOUNT, "one").roles == (role,)
    page = profiles.of_role(reg, ACCOUNT, "node", None, 1)
    assert [each.identity.name for each in page.items] == ["one"]
    [last] = profiles.of_role(reg, ACCOUNT, "node", page.marker, 1).items
    assert (last.identity.name, last.roles) == ("two", (role,))
    with pytest.raises(e.NoSuchEntity, match=r"^The role with name other cannot be found\.$"):
        profiles.remove_role(reg, HERE, "one", other.name)
    profiles.remove_role(reg, HERE, "one", "node")
    profiles.add_role(reg, HERE, "one", "other")
    found = profiles.list_page(reg, ACCOUNT, None, None, None).items
    assert [(each.identity.name, each.roles) for each in found] == [("one", (other,)), ("two", (role,))]
    assert moves(reg) == 8


def test_delete(reg: Registry) -> None:
    """A profile with a role stays; another account's is not there."""
    accounts(reg)
    a_role(reg)
    a_profile(reg)
    profiles.add_role(reg, HERE, "node", "node")
    with pytest.raises(e.DeleteConflict, match="must remove roles from instance profile first"):
        profiles.delete(reg, HERE, "node")
    changes: list[Callable[[], None]] = [
        lambda: profiles.delete(reg, THERE, "node"),
        lambda: profiles.add_role(reg, THERE, "node", "node"),
        lambda: profiles.remove_role(reg, THERE, "node", "node"),
    ]
    for change in changes:
        with pytest.raises(e.NoSuchEntity, match=r"^Instance Profile node cannot be found\.$"):
            change()
    profiles.remove_role(reg, HERE, "node", "node")
    profiles.delete(reg, HERE, "node")
    with pytest.raises(e.NoSuchEntity):
        profiles.get(reg, ACCOUNT, "node")
