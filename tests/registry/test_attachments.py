"""Managed policies of users, groups and roles."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_group, a_user, accounts, moves, recorded
from tests.registry.test_managed_policies import READ_ONLY, a_policy, arn
from tests.registry.test_roles import a_role

from entrepot.domain import errors as e
from entrepot.registry import attachments, boundaries
from entrepot.registry.attachments import Holders
from entrepot.registry.context import Registry


def attached(reg: Registry, prefix: str = "/") -> list[tuple[str, str]]:
    return list(attachments.of(reg, ACCOUNT, "user", "alice", prefix, None, None).items)


def test_attach_and_detach(reg: Registry) -> None:
    """A policy is attached once however often, listed with its name, found by path, and detached."""
    accounts(reg)
    user = a_user(reg)
    own = a_policy(reg, path="/team/").policy.arn
    before = moves(reg)
    for policy in (own, READ_ONLY, own):
        attachments.attach(reg, HERE, "user", "alice", policy)
    assert attached(reg) == [("Pull", own), ("AmazonEC2ContainerRegistryReadOnly", READ_ONLY)]
    assert attached(reg, "/team/") == [("Pull", own)]
    page = attachments.of(reg, ACCOUNT, "user", "alice", "/", None, 1)
    assert attachments.of(reg, ACCOUNT, "user", "alice", "/", page.marker, 1).items == (attached(reg)[1],)
    attachments.detach(reg, HERE, "user", "alice", own)
    assert attached(reg) == [("AmazonEC2ContainerRegistryReadOnly", READ_ONLY)]
    with pytest.raises(e.NoSuchEntity, match=f"^Policy {own} was not found.$"):
        attachments.detach(reg, HERE, "user", "alice", own)
    assert moves(reg) == before + 4
    assert recorded(reg)[-1] == ("iam:Test", user.arn)


def test_refused(reg: Registry) -> None:
    """A policy that is not there, or another account's, is not attachable; nor is what is no policy."""
    accounts(reg)
    a_user(reg)
    own = a_policy(reg).policy.arn
    for missing in (arn("/gone"), arn("/Pull", OTHER), "arn:aws:iam::aws:policy/None", "arn:aws:iam::aws:role/x"):
        with pytest.raises(e.NoSuchEntity) as caught:
            attachments.attach(reg, HERE, "user", "alice", missing)
        assert str(caught.value) == f"Policy {missing} does not exist or is not attachable."
    with pytest.raises(e.InvalidInput, match="ARN text of no arn at all is not valid"):
        attachments.attach(reg, HERE, "user", "alice", "text of no arn at all")
    with pytest.raises(e.NoSuchEntity, match="The user with name alice cannot be found"):
        attachments.attach(reg, THERE, "user", "alice", own)
    with pytest.raises(e.NoSuchEntity, match="The group with name alice cannot be found"):
        attachments.attach(reg, HERE, "group", "alice", own)
    assert attached(reg) == []


def test_ten_at_most(reg: Registry) -> None:
    """An identity has ten policies at most, and may attach one of them again."""
    accounts(reg)
    a_group(reg)
    policies = [a_policy(reg, f"p{number}").policy.arn for number in range(11)]
    for policy in [*policies[:10], policies[0]]:
        attachments.attach(reg, HERE, "group", "staff", policy)
    with pytest.raises(e.LimitExceeded, match="Cannot exceed quota for PoliciesPerGroup: 10"):
        attachments.attach(reg, HERE, "group", "staff", policies[10])


def test_holders(reg: Registry) -> None:
    """Who has a policy or is bounded by it, by kind and name, filtered by kind, path and usage, in pages."""
    accounts(reg)
    a_user(reg, path="/ci/")
    a_user(reg, "bob")
    a_group(reg)
    a_role(reg)
    own = a_policy(reg).policy.arn
    for kind, name in (("user", "alice"), ("group", "staff"), ("role", "node")):
        attachments.attach(reg, HERE, kind, name, own)
    for name in ("alice", "bob"):
        boundaries.put(reg, HERE, "user", name, own)

    def names(wanted: Holders | None = None) -> list[str]:
        page = attachments.holders(reg, ACCOUNT, own, wanted or Holders(), None, None)
        return [each.name for each in page.items]

    assert names() == ["staff", "node", "alice", "bob"]
    assert names(Holders("user")) == ["alice", "bob"]
    assert names(Holders("AWSManagedPolicy")) == []
    assert names(Holders(prefix="/ci/")) == ["alice"]
    assert names(Holders(usage="PermissionsPolicy")) == ["staff", "node", "alice"]
    assert names(Holders(usage="PermissionsBoundary")) == ["alice", "bob"]
    page = attachments.holders(reg, ACCOUNT, own, Holders(), None, 3)
    [last] = attachments.holders(reg, ACCOUNT, own, Holders(), page.marker, 3).items
    assert last.name == "bob"
    with pytest.raises(e.NoSuchEntity):
        attachments.holders(reg, OTHER, own, Holders(), None, None)


def test_boundaries(reg: Registry) -> None:
    """A boundary is put, replaced and taken away; it has to be a policy that the account has."""
    accounts(reg)
    a_user(reg)
    own = a_policy(reg).policy.arn
    with pytest.raises(e.NoSuchEntity):
        boundaries.delete(reg, HERE, "user", "alice")
    for policy in (READ_ONLY, own):
        boundaries.put(reg, HERE, "user", "alice", policy)
        page = attachments.holders(reg, ACCOUNT, policy, Holders(), None, None)
        assert [(each.name, each.boundary) for each in page.items] == [("alice", policy)]
    with pytest.raises(e.NoSuchEntity) as caught:
        boundaries.put(reg, HERE, "user", "alice", arn("/gone"))
    assert str(caught.value) == f"Scope ARN: {arn('/gone')} does not exist or is not attachable."
    boundaries.delete(reg, HERE, "user", "alice")
    with pytest.raises(e.NoSuchEntity):
        boundaries.delete(reg, HERE, "user", "alice")
