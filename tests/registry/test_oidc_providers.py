"""OpenID Connect providers."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, THERE, accounts, moves, recorded

from entrepot.domain import errors as e
from entrepot.domain import oidc_providers as rules
from entrepot.registry import oidc_providers as providers
from entrepot.registry.context import Registry

GITHUB = "https://token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
PRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def a_provider(reg: Registry, url: str = GITHUB, **tags: str) -> providers.Tagged:
    return providers.create(reg, HERE, url, ["sts.amazonaws.com"], [PRINT.upper()], tags)


def test_create_and_get(reg: Registry) -> None:
    """A provider's ARN is made of its URL; creating it is recorded; a second one is refused."""
    accounts(reg)
    made = a_provider(reg, Team="a")
    assert (made.provider.arn, made.provider.url) == (ARN, "token.actions.githubusercontent.com")
    assert (made.provider.client_ids, made.provider.thumbprints) == (("sts.amazonaws.com",), (PRINT,))
    assert providers.get(reg, ACCOUNT, ARN) == made
    assert (recorded(reg), moves(reg)) == ([("iam:Test", ARN)], 1)
    with pytest.raises(e.EntityAlreadyExists, match=f"^Provider with url {GITHUB}/ already exists.$"):
        a_provider(reg, GITHUB + "/")
    providers.create(reg, THERE, GITHUB, [], [], {})
    assert [each.arn for each in providers.of_account(reg, ACCOUNT)] == [ARN]


def test_changes(reg: Registry) -> None:
    """Client ids come and go, however often; thumbprints are replaced."""
    accounts(reg)
    a_provider(reg)
    for client in ("b", "a", "b"):
        providers.add_client_id(reg, HERE, ARN, client)
    providers.remove_client_id(reg, HERE, ARN, "sts.amazonaws.com")
    providers.remove_client_id(reg, HERE, ARN, "not there")
    providers.set_thumbprints(reg, HERE, ARN, ["ab" * 20, "CD" * 20])
    found = providers.get(reg, ACCOUNT, ARN).provider
    assert (found.client_ids, found.thumbprints) == (("b", "a"), ("ab" * 20, "cd" * 20))
    assert moves(reg) == 7


def test_limits(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 client ids, five thumbprints, as many providers as the quota says."""
    accounts(reg)
    many = [str(number) for number in range(100)]
    providers.create(reg, HERE, GITHUB, many, ["ab" * 20], {})
    with pytest.raises(e.LimitExceeded, match="ClientIdsPerOpenIdConnectProvider: 100"):
        providers.add_client_id(reg, HERE, ARN, "another")
    with pytest.raises(e.InvalidInput, match="Thumbprint list must contain fewer than 5 entries"):
        providers.set_thumbprints(reg, HERE, ARN, [f"{number:040x}" for number in range(6)])
    for wrong in ([], ["x" * 40]):
        with pytest.raises(e.InvalidInput):
            providers.set_thumbprints(reg, HERE, ARN, wrong)
    monkeypatch.setattr(rules, "PROVIDERS_PER_ACCOUNT", 1)
    with pytest.raises(e.LimitExceeded, match="OpenIdConnectProvidersPerAccount: 1"):
        a_provider(reg, "https://another.example")


def test_delete(reg: Registry) -> None:
    """A provider goes with its tags, and going twice does no harm; another account's is not there."""
    accounts(reg)
    a_provider(reg, Team="a")
    for change in (
        lambda: providers.get(reg, OTHER, ARN),
        lambda: providers.add_client_id(reg, THERE, ARN, "x"),
        lambda: providers.remove_client_id(reg, THERE, ARN, "x"),
        lambda: providers.set_thumbprints(reg, THERE, ARN, [PRINT]),
    ):
        with pytest.raises(e.NoSuchEntity, match=f"^OpenIDConnect Provider not found for arn {ARN}$"):
            change()
    providers.delete(reg, THERE, ARN)
    assert len(providers.of_account(reg, ACCOUNT)) == 1
    providers.delete(reg, HERE, ARN)
    providers.delete(reg, HERE, ARN)
    assert providers.of_account(reg, ACCOUNT) == []
    a_provider(reg)
    assert providers.get(reg, ACCOUNT, ARN).tags == {}
    with pytest.raises(e.InvalidInput):
        providers.delete(reg, HERE, "arn:aws:iam::123456789012:role/x")
