"""The policies that guides of ECR give, word for word: stored and enforced as they say, or found wrong as on AWS."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository
from tests.registry.test_access import REPOSITORY, give, may, somebody

from entrepot.domain import errors as e
from entrepot.domain import iam_names as names
from entrepot.registry import access, identities, policies
from entrepot.registry.context import Registry
from entrepot.store import attachments

ACCESS = """
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ECRAccess",
            "Effect": "Allow",
            "Action": [
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:GetDownloadUrlForLayer",
                "ecr:GetRepositoryPolicy",
                "ecr:DescribeRepositories",
                "ecr:ListImages",
                "ecr:DescribeImages",
                "ecr:BatchGetImage",
                "ecr:PutImage",
                "ecr:InitiateLayerUpload",
                "ecr:UploadLayerPart",
                "ecr:CompleteLayerUpload"
            ],
            "Resource": "arn:aws:ecr:region:account-id:repository/repository-name"
        }
    ]
}
"""
PULL = """
{
    "Version": "2012-10-17",
    "Statement": [{
      "Sid": "AllowPull",
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::123456789012:role/ECSTaskRole"
      },
      "Action": [
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage"
      ]
    }]
}
"""


def test_an_identity_policy(reg: Registry) -> None:
    """With its placeholders filled in it pushes and pulls; its login never works, which only Resource `*` allows."""
    caller = somebody(reg)
    give(reg, caller, ACCESS)
    assert not may(reg, caller)  # of a repository that nobody has
    give(reg, caller, ACCESS.replace("arn:aws:ecr:region:account-id:repository/repository-name", REPOSITORY))
    wanted = json.loads(ACCESS)["Statement"][0]["Action"]
    assert [action for action in wanted if not may(reg, caller, action)] == []
    assert not may(reg, caller, "ecr:BatchDeleteImage")
    assert not may(reg, caller, resource=f"{REPOSITORY}2")
    assert not may(reg, caller, "ecr:GetAuthorizationToken", access.ANY)


def test_a_repository_policy(reg: Registry) -> None:
    """The role that it names has to be there, may pull, and nothing else; with a placeholder it is no policy."""
    role = somebody(reg, names.ROLE)
    a_repository(reg)
    with pytest.raises(e.PolicyInvalid, match="Principal not found: arn:aws:iam::123456789012:role/ECSTaskRole"):
        policies.set_repository(reg, a_caller(), KEY, "team/app", PULL, force=False)
    reg.db.write(lambda tx: identities.add(tx, a_caller(), reg.now(), names.ROLE, "ECSTaskRole", "/"))
    policies.set_repository(reg, a_caller(), KEY, "team/app", PULL, force=False)
    assert not may(reg, role)  # another one
    text = PULL.replace("role/ECSTaskRole", "role/ci")
    policies.set_repository(reg, a_caller(), KEY, "team/app", text, force=False)
    assert may(reg, role)
    assert may(reg, role, "ecr:GetDownloadUrlForLayer")
    assert not may(reg, role, "ecr:PutImage")
    with pytest.raises(e.PolicyInvalid):
        policies.set_repository(reg, a_caller(), KEY, "team/app", PULL.replace(ACCOUNT, "account-id"), force=False)


def test_the_policy_of_nodes(reg: Registry) -> None:
    """AmazonEC2ContainerRegistryReadOnly logs in and pulls, and pushes nothing."""
    node = somebody(reg, names.ROLE)
    assert node.principal.identity is not None
    identity = node.principal.identity

    def attach(tx: object) -> None:
        attachments.add(tx, identity, "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly")  # type: ignore[arg-type]
        identities.touch(tx)  # type: ignore[arg-type]

    reg.db.write(attach)
    assert may(reg, node, "ecr:GetAuthorizationToken", access.ANY)
    for action in ("BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability", "DescribeImages"):
        assert may(reg, node, f"ecr:{action}")
    for action in ("PutImage", "InitiateLayerUpload", "BatchDeleteImage", "SetRepositoryPolicy"):
        with pytest.raises(e.AccessDenied):
            access.authorise(reg, replace(node, action=f"ecr:{action}"), REPOSITORY)
