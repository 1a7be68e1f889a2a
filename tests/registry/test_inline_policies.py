"""Inline policies of users, groups and roles."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_group, a_user, accounts, moves
from tests.registry.test_managed_policies import TEXT
from tests.registry.test_roles import a_role

from entrepot.domain import errors as e
from entrepot.domain import managed_policies as rules
from entrepot.registry import inline_policies
from entrepot.registry.context import Registry


def names(reg: Registry) -> list[str]:
    return list(inline_policies.list_page(reg, ACCOUNT, "user", "alice", None, None).items)


def test_policies(reg: Registry) -> None:
    """A policy is kept as it was submitted, replaced by name, listed and deleted."""
    accounts(reg)
    a_user(reg)
    before = moves(reg)
    for name, text in (("b", TEXT), ("a", TEXT), ("b", f" {TEXT}\n")):
        inline_policies.put(reg, HERE, "user", "alice", name, text)
    assert inline_policies.get(reg, ACCOUNT, "user", "alice", "b") == f" {TEXT}\n"
    assert names(reg) == ["a", "b"]
    page = inline_policies.list_page(reg, ACCOUNT, "user", "alice", None, 1)
    assert inline_policies.list_page(reg, ACCOUNT, "user", "alice", page.marker, 1).items == ("b",)
    inline_policies.delete(reg, HERE, "user", "alice", "b")
    assert (names(reg), moves(reg)) == (["a"], before + 4)


def test_missing(reg: Registry) -> None:
    """A policy or identity that is not there is told by its kind; another account's is not there."""
    accounts(reg)
    a_user(reg)
    a_group(reg)
    a_role(reg)
    for kind, name in (("user", "alice"), ("group", "staff"), ("role", "node")):
        with pytest.raises(e.NoSuchEntity, match=f"^The {kind} policy with name x cannot be found.$"):
            inline_policies.get(reg, ACCOUNT, kind, name, "x")
        with pytest.raises(e.NoSuchEntity, match=f"^The {kind} policy with name x cannot be found.$"):
            inline_policies.delete(reg, HERE, kind, name, "x")
        with pytest.raises(e.NoSuchEntity, match=f"^The {kind} with name {name} cannot be found.$"):
            inline_policies.put(reg, THERE, kind, name, "x", TEXT)
        with pytest.raises(e.NoSuchEntity, match=f"^The {kind} with name {name} cannot be found.$"):
            inline_policies.get(reg, OTHER, kind, name, "x")


@pytest.mark.parametrize(("kind", "name"), [("user", "alice"), ("group", "staff"), ("role", "node")])
def test_sizes(reg: Registry, kind: str, name: str) -> None:
    """All policies of one identity together have a size, white space not counted; a replaced one does not count."""
    accounts(reg)
    a_user(reg)
    a_group(reg)
    a_role(reg)
    inline_policies.put(reg, HERE, kind, name, "small", TEXT)
    room = rules.INLINE_CHARACTERS[kind] - 2 * rules.characters(TEXT)
    fits = TEXT.replace("ecr:*", f"ecr:{'x' * room}*").replace(" ", "  \n")
    inline_policies.put(reg, HERE, kind, name, "large", fits)
    inline_policies.put(reg, HERE, kind, name, "large", fits)
    limit = f"Maximum policy size of {rules.INLINE_CHARACTERS[kind]} bytes exceeded for {kind} {name}"
    with pytest.raises(e.LimitExceeded, match=limit):
        inline_policies.put(reg, HERE, kind, name, "large", fits.replace("ecr:", "ecr:x"))
    with pytest.raises(e.LimitExceeded, match=limit):
        inline_policies.put(reg, HERE, kind, name, "third", TEXT)
    with pytest.raises(e.MalformedPolicyDocument):
        inline_policies.put(reg, HERE, kind, name, "third", "{}")
    assert inline_policies.get(reg, ACCOUNT, kind, name, "large") == fits
