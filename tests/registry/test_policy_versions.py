"""The versions of managed policies."""

from __future__ import annotations

import pytest
from tests.factories import ACCOUNT, Clock
from tests.registry.iam import HERE, accounts, moves
from tests.registry.test_managed_policies import READ_ONLY, TEXT, a_policy

from entrepot.domain import aws_policies
from entrepot.domain import errors as e
from entrepot.registry import managed_policies, policy_versions
from entrepot.registry.context import Registry


def listed(reg: Registry, arn: str) -> list[tuple[int, bool]]:
    page = policy_versions.list_page(reg, ACCOUNT, arn, None, None)
    return [(each.version.number, each.default) for each in page.items]


def test_versions(reg: Registry, clock: Clock) -> None:
    """Versions are counted on, one is in force, and a number is never given out again."""
    accounts(reg)
    arn = a_policy(reg).policy.arn
    made = clock.at
    clock.forward(60)
    assert policy_versions.create(reg, HERE, arn, TEXT + " ", default=False).default is False
    assert listed(reg, arn) == [(2, False), (1, True)]
    assert policy_versions.create(reg, HERE, arn, TEXT + "  ", default=True).version.number == 3
    assert listed(reg, arn) == [(3, True), (2, False), (1, False)]
    policy = managed_policies.get(reg, ACCOUNT, arn).policy
    assert (policy.default_version, policy.created_at, policy.updated_at) == (3, made, clock.at)
    found = policy_versions.get(reg, ACCOUNT, arn, "v2")
    assert (found.version.text, found.version.created_at, found.default) == (TEXT + " ", clock.at, False)
    policy_versions.set_default(reg, HERE, arn, "v2")
    assert reg.db.read(lambda tx: managed_policies.text_of(tx, arn)) == TEXT + " "
    policy_versions.delete(reg, HERE, arn, "v3")
    assert policy_versions.create(reg, HERE, arn, TEXT, default=False).version.number == 4
    assert listed(reg, arn) == [(4, False), (2, True), (1, False)]
    assert moves(reg) == 6


def test_five_at_most(reg: Registry) -> None:
    """A sixth version has to wait until one is deleted."""
    accounts(reg)
    arn = a_policy(reg).policy.arn
    for _ in range(4):
        policy_versions.create(reg, HERE, arn, TEXT, default=False)
    with pytest.raises(e.LimitExceeded, match=r"^A managed policy can have up to 5 versions\."):
        policy_versions.create(reg, HERE, arn, TEXT, default=True)
    policy_versions.delete(reg, HERE, arn, "v2")
    assert policy_versions.create(reg, HERE, arn, TEXT, default=True).version.number == 6


def test_refused(reg: Registry) -> None:
    """The version in force stays, what is no version is not found, what is no document is not taken."""
    accounts(reg)
    arn = a_policy(reg).policy.arn
    with pytest.raises(e.DeleteConflict, match=r"^Cannot delete the default version of a policy\.$"):
        policy_versions.delete(reg, HERE, arn, "v1")
    for version in ("v2", "v0", "v1.x", "v" + "9" * 40):
        with pytest.raises(e.NoSuchEntity, match="does not exist or is not attachable"):
            policy_versions.get(reg, ACCOUNT, arn, version)
        with pytest.raises(e.NoSuchEntity):
            policy_versions.set_default(reg, HERE, arn, version)
        with pytest.raises(e.NoSuchEntity):
            policy_versions.delete(reg, HERE, arn, version)
    with pytest.raises(e.MalformedPolicyDocument):
        policy_versions.create(reg, HERE, arn, "{}", default=True)
    assert listed(reg, arn) == [(1, True)]


def test_of_aws(reg: Registry) -> None:
    """Of AWS's policies the version in force is there."""
    version = aws_policies.version(READ_ONLY)
    assert listed(reg, READ_ONLY) == [(3, True)]
    assert policy_versions.get(reg, ACCOUNT, READ_ONLY, "v3").version == version
    with pytest.raises(e.NoSuchEntity):
        policy_versions.get(reg, ACCOUNT, READ_ONLY, "v2")
