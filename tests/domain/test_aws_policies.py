"""AWS's own managed policies."""

from __future__ import annotations

import re

import pytest

from entrepot.domain import aws_policies, policies
from entrepot.domain.managed_policies import AWS, parse_arn
from entrepot.domain.policies import Kind

NAMES = {
    *(f"AmazonEC2ContainerRegistry{right}" for right in ("FullAccess", "PowerUser", "PullOnly", "ReadOnly")),
    *(f"AmazonElasticContainerRegistryPublic{right}" for right in ("FullAccess", "PowerUser", "ReadOnly")),
    *("AdministratorAccess", "ReadOnlyAccess"),
}


def test_they_are_there() -> None:
    """The policies for ECR and the two general ones, in the order of their names."""
    names = [policy.name for policy in aws_policies.POLICIES.values()]
    assert set(names) == NAMES
    assert names == sorted(names)
    assert len({policy.unique_id for policy in aws_policies.POLICIES.values()}) == len(NAMES)


@pytest.mark.parametrize("arn", list(aws_policies.POLICIES))
def test_each(arn: str) -> None:
    """Each has AWS's ARN, an id, a description, and a document that anybody else could store."""
    policy = aws_policies.POLICIES[arn]
    assert parse_arn(arn) == (AWS, "/", policy.name)
    assert re.fullmatch("ANPA[A-Z2-7]{17}", policy.unique_id)
    assert policy.description.endswith(".")
    assert policy.created_at <= policy.updated_at
    version = aws_policies.version(arn)
    assert version.number == policy.default_version
    document = policies.parse(version.text, Kind.IDENTITY)
    assert {statement.effect for statement in document.statements} == {"Allow"}


def test_who_may_push() -> None:
    """Pulling is in all of them that are about private registries, pushing in two, deleting in one."""

    def allowing(action: str) -> set[str]:
        found = set()
        for arn, policy in aws_policies.POLICIES.items():
            document = policies.parse(aws_policies.version(arn).text, Kind.IDENTITY)
            actions = [each for statement in document.statements for each in statement.actions]
            if policy.name.startswith("AmazonEC2") and {action, "ecr:*"} & set(actions):
                found.add(policy.name.removeprefix("AmazonEC2ContainerRegistry"))
        return found

    assert allowing("ecr:BatchGetImage") == {"FullAccess", "PowerUser", "PullOnly", "ReadOnly"}
    assert allowing("ecr:PutImage") == {"FullAccess", "PowerUser"}
    assert allowing("ecr:BatchDeleteImage") == {"FullAccess"}
    assert allowing("ecr:ListImages") == {"FullAccess", "PowerUser", "ReadOnly"}
