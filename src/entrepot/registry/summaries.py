"""An account in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from entrepot.domain import iam_names as names
from entrepot.registry import access_keys, groups
from entrepot.registry.identities import QUOTAS
from entrepot.store import access_keys as keys
from entrepot.store import identities, summaries

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

# IAM user guide, "IAM and AWS STS quotas": the sizes are in characters.
_QUOTAS: Mapping[str, int] = {
    "UsersQuota": QUOTAS[names.USER][1],
    "GroupsQuota": QUOTAS[names.GROUP][1],
    "RolesQuota": QUOTAS[names.ROLE][1],
    "InstanceProfilesQuota": QUOTAS[names.PROFILE][1],
    "GroupsPerUserQuota": groups.GROUPS_PER_USER,
    "AccessKeysPerUserQuota": access_keys.KEYS_PER_USER,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "PoliciesQuota": 1_500,
    "PolicySizeQuota": 6_144,
    "PolicyVersionsInUseQuota": 10_000,
    "VersionsPerPolicyQuota": 5,
    "UserPolicySizeQuota": 2_048,
    "GroupPolicySizeQuota": 5_120,
    "RolePolicySizeQuota": 10_240,
    "AssumeRolePolicySizeQuota": 2_048,
    "ServerCertificatesQuota": 0,
    "SigningCertificatesPerUserQuota": 0,
    "GlobalEndpointTokenVersion": 1,
}
# What there is never any of here.
_ABSENT = (
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountSigningCertificatesPresent",
    "MFADevices",
    "MFADevicesInUse",
    "ServerCertificates",
)


def summary(reg: Registry, account: str) -> dict[str, int]:
    """How many there are of everything in an account, and how many there may be, by IAM's names of the figures."""

    def read(tx: Tx) -> dict[str, int]:
        counts = identities.counts(tx, account)
        policies, versions = summaries.policies(tx, account)
        has_root_key = account == reg.naming.account or bool(keys.of_root(tx, account))
        return {
            **dict.fromkeys(_ABSENT, 0),
            **_QUOTAS,
            "Users": counts.get(names.USER, 0),
            "Groups": counts.get(names.GROUP, 0),
            "Roles": counts.get(names.ROLE, 0),
            "InstanceProfiles": counts.get(names.PROFILE, 0),
            "Policies": policies,
            "PolicyVersionsInUse": versions,
            "Providers": summaries.providers(tx, account),
            "AccountAccessKeysPresent": int(has_root_key),
        }

    return reg.db.read(read)
