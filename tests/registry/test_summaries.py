"""An account in figures."""

from __future__ import annotations

from tests.factories import ACCOUNT
from tests.registry.iam import HERE, OTHER, a_group, a_user, accounts

from entrepot.domain import managed_policies as rules
from entrepot.registry import access_keys, managed_policies, policy_versions, summaries
from entrepot.registry.context import Registry

POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}'


def test_figures(reg: Registry) -> None:
    """What an account has is counted, and not what another has."""
    accounts(reg)
    a_user(reg)
    a_user(reg, "bob")
    a_group(reg)
    arn = managed_policies.create(reg, HERE, "p", "/", "", POLICY, {}).policy.arn
    policy_versions.create(reg, HERE, arn, POLICY, default=False)
    mine, theirs = summaries.summary(reg, ACCOUNT), summaries.summary(reg, OTHER)
    counted = ("Users", "Groups", "Roles", "Policies", "PolicyVersionsInUse", "AccountAccessKeysPresent")
    assert [mine[name] for name in counted] == [2, 1, 0, 1, 2, 1]
    assert [theirs[name] for name in counted] == [0, 0, 0, 0, 0, 0]


def test_quotas(reg: Registry) -> None:
    """The quotas are those that are kept."""
    found = summaries.summary(reg, ACCOUNT)
    assert found["PolicySizeQuota"] == rules.MANAGED_CHARACTERS
    assert found["AssumeRolePolicySizeQuota"] == rules.TRUST_CHARACTERS
    assert found["VersionsPerPolicyQuota"] == rules.VERSIONS
    assert found["PoliciesQuota"] == rules.POLICIES_PER_ACCOUNT
    for kind, name in (("user", "User"), ("group", "Group"), ("role", "Role")):
        assert found[f"{name}PolicySizeQuota"] == rules.INLINE_CHARACTERS[kind]
        assert found[f"AttachedPoliciesPer{name}Quota"] == rules.ATTACHED[kind][1]
    assert found["AccessKeysPerUserQuota"] == access_keys.KEYS_PER_USER
