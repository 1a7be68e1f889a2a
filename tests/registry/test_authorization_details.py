"""Everything about who may do what in an account, page by page."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, a_group, a_user, accounts

from entrepot.registry import authorization_details as details
from entrepot.registry import groups, managed_policies, users
from entrepot.registry.authorization_details import Rights
from entrepot.registry.context import Registry

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}'


def names(reg: Registry, size: int, *kinds: str, account: str = ACCOUNT) -> list[str]:
    found: list[str] = []
    marker = None
    while True:
        page = details.list_page(reg, account, kinds, marker, size)
        assert len(page.items) == size or page.marker is None
        found += [
            f"{each.identity.kind} {each.identity.name}" if isinstance(each, Rights) else each.known.policy.name
            for each in page.items
        ]
        marker = page.marker
        if marker is None:
            return found


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages(reg: Registry, size: int) -> None:
    """Pages of any size give everything once: users, groups, roles, policies, each by name; one account's only."""
    accounts(reg)
    for name in ("b", "A"):
        a_user(reg, name)
        a_group(reg, f"g{name}")
        managed_policies.create(reg, HERE, f"p{name}", "/", "", POLICY, {})
    groups.add_user(reg, HERE, "gb", "A")
    users.create(reg, THERE, "theirs", "/", "", {})
    everything = ["user A", "user b", "group gA", "group gb", "pA", "pb"]
    assert names(reg, size) == everything
    assert names(reg, size, "group", "user") == everything[:4]
    assert names(reg, size, details.LOCAL_POLICY) == everything[4:]
    assert names(reg, size, details.AWS_POLICY) == []
    assert names(reg, size, account=OTHER) == ["user theirs"]
    [alice, _] = details.list_page(reg, ACCOUNT, ["user"], None, None).items
    assert isinstance(alice, Rights)
    assert alice.groups == ["gb"]
