"""Tags of what IAM has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.registry.iam import HERE, THERE, a_user, accounts, moves, recorded

from entrepot.domain.errors import LimitExceeded, NoSuchEntity
from entrepot.registry import iam_tags, managed_policies, oidc_providers
from entrepot.registry.context import Registry
from entrepot.registry.iam_tags import Find

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}'


def a_policy(reg: Registry) -> tuple[Find, Find]:
    arn = managed_policies.create(reg, HERE, "p", "/x/", "", POLICY, {}).policy.arn
    return iam_tags.policy(HERE, arn), iam_tags.policy(THERE, arn)


def a_provider(reg: Registry) -> tuple[Find, Find]:
    arn = oidc_providers.create(reg, HERE, "https://issuer.example.com", ["a"], [], {}).provider.arn
    return iam_tags.provider(HERE, arn), iam_tags.provider(THERE, arn)


def of_user(reg: Registry) -> tuple[Find, Find]:
    a_user(reg)
    return iam_tags.named(HERE, "user", "alice"), iam_tags.named(THERE, "user", "alice")


@pytest.mark.parametrize("made", [of_user, a_policy, a_provider])
def test_tags(reg: Registry, made: Callable[[Registry], tuple[Find, Find]]) -> None:
    """Tags come and go with a record of it, and another account sees nothing to tag."""
    accounts(reg)
    find, foreign = made(reg)
    before = moves(reg)
    iam_tags.put(reg, HERE, find, {"b": "1", "A": "2"})
    iam_tags.put(reg, HERE, find, {"a": "3"})
    assert iam_tags.list_page(reg, find, None, None).items == (("a", "3"), ("b", "1"))
    iam_tags.remove(reg, HERE, find, ["A", "nothing"])
    page = iam_tags.list_page(reg, find, None, 1)
    assert (page.items, page.marker) == ((("b", "1"),), None)
    assert moves(reg) == before + 3
    assert recorded(reg)[-1] == ("iam:Test", reg.db.read(find))
    for refused in (
        lambda: iam_tags.put(reg, THERE, foreign, {"x": ""}),
        lambda: iam_tags.remove(reg, THERE, foreign, ["b"]),
        lambda: iam_tags.list_page(reg, foreign, None, None),
    ):
        with pytest.raises(NoSuchEntity):
            refused()
    assert iam_tags.list_page(reg, find, None, None).items == (("b", "1"),)


def test_fifty(reg: Registry) -> None:
    """A call that would make more than 50 is refused whole."""
    accounts(reg)
    find, _ = of_user(reg)
    iam_tags.put(reg, HERE, find, {f"k{number}": "" for number in range(50)})
    with pytest.raises(LimitExceeded):
        iam_tags.put(reg, HERE, find, {"K1": "new", "x": ""})
    tags = dict(iam_tags.list_page(reg, find, None, None).items)
    assert (len(tags), tags["k1"]) == (50, "")
    seen: list[tuple[str, str]] = []
    marker = None
    while True:
        page = iam_tags.list_page(reg, find, marker, 20)
        seen += page.items
        marker = page.marker
        if marker is None:
            break
    assert dict(seen) == tags
