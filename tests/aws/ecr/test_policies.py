"""Policies of repositories and registries, asked by boto3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, denied, invalid, no_repository, plain, refused

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-central-1"  # the registry's policy there is this file's
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["ecr:BatchGetImage", "ecr:Get*"]}
TEXT = json.dumps({"Version": "2008-10-17", "Statement": [{"Sid": "new statement", **STATEMENT}]}, indent=4)
REGISTRY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReplicationAccessCrossAccount",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
                "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
                "Resource": [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"],
            }
        ],
    }
)
LOCKOUT = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}})
BAD = {
    "broken JSON": "{",
    "a duplicate key": TEXT.replace('"Effect"', '"Effect": "Deny", "Effect"'),
    "an unknown field": TEXT.replace('"Sid"', '"Comment"'),
    "depth": "[" * 10_000,
    "no text": "",
    "another service": TEXT.replace("ecr:Get", "s3:Get"),
    "no principal": TEXT.replace("Principal", "NotAction"),
    "another version": TEXT.replace("2008-10-17", "2023-01-01"),
    "an unknown operator": TEXT.replace('"Sid": "new statement"', '"Condition": {"Equals": {"aws:x": "y"}}'),
}


def no_policy(name: str) -> Any:
    return refused(
        "RepositoryPolicyNotFoundException",
        f"Repository policy does not exist for the repository with name '{name}' in the registry with id '{ACCOUNT}'",
    )


def no_registry_policy() -> Any:
    return refused(
        "RegistryPolicyNotFoundException", f"Registry policy does not exist in the registry with id '{ACCOUNT}'"
    )


@pytest.mark.parametrize("registry", [{}, {"registryId": ACCOUNT}])
def test_repository(ecr: Any, repository: str, registry: dict[str, str]) -> None:
    """A policy is set, read and deleted, byte for byte; then there is none."""
    asked = {"repositoryName": repository, **registry}
    with no_policy(repository):
        ecr.get_repository_policy(**asked)
    for text in (TEXT, f" {TEXT}\n"):
        kept = {"registryId": ACCOUNT, "repositoryName": repository, "policyText": text}
        assert plain(ecr.set_repository_policy(policyText=text, **asked)) == kept
        assert plain(ecr.get_repository_policy(**asked)) == kept
    assert plain(ecr.delete_repository_policy(**asked)) == kept
    with no_policy(repository):
        ecr.get_repository_policy(**asked)
    with no_policy(repository):
        ecr.delete_repository_policy(**asked)


def test_registry(elsewhere: Callable[[str], Any]) -> None:
    """The same for the registry of a region, and of no other."""
    ecr = elsewhere(REGION)
    kept = {"registryId": ACCOUNT, "policyText": REGISTRY}
    with no_registry_policy():
        ecr.get_registry_policy()
    assert plain(ecr.put_registry_policy(policyText=REGISTRY)) == kept
    assert plain(ecr.get_registry_policy()) == kept
    with no_registry_policy():
        elsewhere("eu-west-2").get_registry_policy()
    assert plain(ecr.delete_registry_policy()) == kept
    with no_registry_policy():
        ecr.delete_registry_policy()


@pytest.mark.parametrize("bad", BAD)
def test_no_policies(raw: Any, repository: str, bad: str) -> None:
    """What is no policy is refused in AWS's words, and one sentence more; nothing is kept."""
    head = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid {} policy provided'. "
    for kind, put, given in (
        ("repository", raw.set_repository_policy, {"repositoryName": repository, "force": True}),
        ("registry", raw.put_registry_policy, {}),
    ):
        with pytest.raises(ClientError) as caught:
            put(policyText=BAD[bad], **given)
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidParameterException"
        assert error["Message"].startswith(head.format(kind))
        assert error["Message"].endswith(".")
    with no_policy(repository):
        raw.get_repository_policy(repositoryName=repository)


def test_length(raw: Any, repository: str) -> None:
    """10,240 characters are the most, as the model says before the policy is looked at."""
    full = TEXT + " " * (10_240 - len(TEXT))
    assert raw.set_repository_policy(repositoryName=repository, policyText=full)["policyText"] == full
    with invalid("policyText", "Member must have length less than or equal to 10240"):
        raw.set_repository_policy(repositoryName=repository, policyText=full + " ")
    with invalid("policyText", "Member must have length less than or equal to 10240"):
        raw.put_registry_policy(policyText=full + " ")


def test_lockout(ecr: Any, repository: str) -> None:
    """A policy that denies to set another one takes force; it then binds its author too."""
    with invalid(
        "PolicyText",
        "The policy would prevent you from setting another policy in the future. Use force to set it anyway",
    ):
        ecr.set_repository_policy(repositoryName=repository, policyText=LOCKOUT)
    ecr.set_repository_policy(repositoryName=repository, policyText=LOCKOUT, force=True)
    with pytest.raises(ecr.exceptions.ClientError, match="with an explicit deny in a resource-based policy"):
        ecr.get_repository_policy(repositoryName=repository)


def test_no_repository(ecr: Any, fresh: str) -> None:
    """A repository that is not there has no policy."""
    with no_repository(fresh):
        ecr.set_repository_policy(repositoryName=fresh, policyText=TEXT)
    with no_repository(fresh):
        ecr.get_repository_policy(repositoryName=fresh)
    with no_repository(fresh):
        ecr.delete_repository_policy(repositoryName=fresh)


def test_another_account(ecr: Any, repository: str) -> None:
    """Policies of another account's repositories are not for us."""
    theirs = {"registryId": OTHER_ACCOUNT, "repositoryName": repository}
    arn = f"arn:aws:ecr:us-east-1:{OTHER_ACCOUNT}:repository/{repository}"
    with denied("SetRepositoryPolicy", arn):
        ecr.set_repository_policy(policyText=TEXT, **theirs)
    with denied("GetRepositoryPolicy", arn):
        ecr.get_repository_policy(**theirs)
    with denied("DeleteRepositoryPolicy", arn):
        ecr.delete_repository_policy(**theirs)
