"""DescribeRegistry and PutReplicationConfiguration, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, invalid, plain

EMPTY: dict[str, Any] = {"replicationConfiguration": {"rules": []}}


def test_no_rules(ecr: Any) -> None:
    """A registry has no rules, and having none can be set, as Terraform does when it destroys."""
    assert plain(ecr.describe_registry()) == {"registryId": ACCOUNT, **EMPTY}
    assert plain(ecr.put_replication_configuration(**EMPTY)) == EMPTY
    assert plain(ecr.describe_registry()) == {"registryId": ACCOUNT, **EMPTY}


@pytest.mark.parametrize(
    ("account", "region", "told"),
    [
        (ACCOUNT, "us-east-1", "Replication destination cannot be the same as the source registry"),
        (ACCOUNT, "eu-west-1", "Replication rules are not supported yet"),
        (OTHER_ACCOUNT, "us-east-1", "Replication rules are not supported yet"),
    ],
)
def test_rules(ecr: Any, account: str, region: str, told: str) -> None:
    """Rules are refused, and are not there afterwards."""
    rule = {"destinations": [{"region": region, "registryId": account}]}
    with invalid("replicationConfiguration", told):
        ecr.put_replication_configuration(replicationConfiguration={"rules": [rule]})
    assert plain(ecr.describe_registry()) == {"registryId": ACCOUNT, **EMPTY}
