"""The operations of ECR, by noun. Importing this package fills the table of operations."""

from entrepot.aws.ecr import (
    account_settings,
    auth,
    exclusions,
    images,
    layers,
    lifecycle,
    policies,
    referrers,
    replication,
    repositories,
    settings,
    storage_class,
    tags,
    templates,
)

__all__ = [
    "account_settings",
    "auth",
    "exclusions",
    "images",
    "layers",
    "lifecycle",
    "policies",
    "referrers",
    "replication",
    "repositories",
    "settings",
    "storage_class",
    "tags",
    "templates",
]
