"""The operations of IAM, by noun. Importing this package fills the table of operations."""

from entrepot.aws.iam import (
    absent,
    access_keys,
    account,
    attachments,
    authorization_details,
    groups,
    inline_policies,
    instance_profiles,
    oidc_providers,
    policies,
    roles,
    simulation,
    tags,
    users,
)

__all__ = [
    "absent",
    "access_keys",
    "account",
    "attachments",
    "authorization_details",
    "groups",
    "inline_policies",
    "instance_profiles",
    "oidc_providers",
    "policies",
    "roles",
    "simulation",
    "tags",
    "users",
]
