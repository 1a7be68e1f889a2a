"""The aws CLI: every command about roles, instance profiles, policies and OIDC providers, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT
from tests.aws.iam.documents import allow, trust
from tests.aws.iam.test_cli import aws

__all__ = ["aws"]  # a fixture

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


def test_roles(aws: Any, fresh: str, tmp_path: Path) -> None:
    """A role from creation to deletion; its trust policy comes from a file."""
    (tmp_path / "trust.json").write_text(trust())
    name, file = ("--role-name", fresh), f"file://{tmp_path}/trust.json"
    made = aws("create-role", *name, "--path", f"/{fresh}/", "--assume-role-policy-document", file)["Role"]
    assert made["AssumeRolePolicyDocument"] == json.loads(trust())
    assert aws("get-role", *name)["Role"] == {**made, "RoleLastUsed": {}}
    assert aws("list-roles", "--path-prefix", f"/{fresh}/")["Roles"] == [made]
    other = trust({"AWS": ACCOUNT})
    assert aws("update-assume-role-policy", *name, "--policy-document", other) is None
    assert aws("update-role", *name, "--max-session-duration", "7200") is None
    changed = aws("update-role-description", *name, "--description", "pulls")["Role"]
    shown = (changed["Description"], changed["MaxSessionDuration"], changed["AssumeRolePolicyDocument"])
    assert shown == ("pulls", 7200, json.loads(other))
    assert aws("delete-role", *name) is None


def test_instance_profiles(aws: Any, role: str) -> None:
    """A profile from creation to deletion, with a role in it for a while."""
    name, member = ("--instance-profile-name", role), ("--role-name", role)
    made = aws("create-instance-profile", *name, "--path", f"/{role}/")["InstanceProfile"]
    assert aws("add-role-to-instance-profile", *name, *member) is None
    [held] = aws("get-instance-profile", *name)["InstanceProfile"]["Roles"]
    assert held["RoleName"] == role
    [listed] = aws("list-instance-profiles", "--path-prefix", f"/{role}/")["InstanceProfiles"]
    assert listed == {**made, "Roles": [held]}
    assert aws("list-instance-profiles-for-role", *member)["InstanceProfiles"] == [listed]
    assert aws("remove-role-from-instance-profile", *name, *member) is None
    assert aws("delete-instance-profile", *name) is None


def test_policies(aws: Any, fresh: str) -> None:
    """A policy and its versions from creation to deletion."""
    document, path = ("--policy-document", allow("ecr:*")), f"/{fresh}/"
    made = aws("create-policy", "--policy-name", fresh, "--path", path, "--description", "all", *document)["Policy"]
    arn = ("--policy-arn", made["Arn"])
    assert aws("get-policy", *arn)["Policy"] == {**made, "Description": "all", "Tags": []}
    assert aws("list-policies", "--scope", "Local", "--path-prefix", path)["Policies"] == [made]
    second = aws("create-policy-version", *arn, "--set-as-default", *document)["PolicyVersion"]
    shown = aws("get-policy-version", *arn, "--version-id", "v2")["PolicyVersion"]
    assert shown == {"Document": json.loads(allow("ecr:*")), **second}
    assert aws("set-default-policy-version", *arn, "--version-id", "v1") is None
    versions = aws("list-policy-versions", *arn)["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in versions] == [("v2", False), ("v1", True)]
    assert aws("delete-policy-version", *arn, "--version-id", "v2") is None
    assert aws("delete-policy", *arn) is None


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_attached(aws: Any, request: pytest.FixtureRequest, policy: str, kind: str) -> None:
    """A policy is attached, listed from both sides and detached."""
    name: str = request.getfixturevalue(kind)
    named, arn = (f"--{kind}-name", name), ("--policy-arn", policy)
    assert aws(f"attach-{kind}-policy", *named, *arn) is None
    [listed] = aws(f"list-attached-{kind}-policies", *named)["AttachedPolicies"]
    assert listed == {"PolicyName": policy.rsplit("/", 1)[1], "PolicyArn": policy}
    holders = aws("list-entities-for-policy", *arn, "--entity-filter", kind.capitalize())
    assert [each[f"{kind.capitalize()}Name"] for each in holders[f"Policy{kind.capitalize()}s"]] == [name]
    assert aws(f"detach-{kind}-policy", *named, *arn) is None


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_inline(aws: Any, request: pytest.FixtureRequest, kind: str) -> None:
    """An inline policy is put, read, listed and deleted."""
    name: str = request.getfixturevalue(kind)
    named, policy = (f"--{kind}-name", name), ("--policy-name", "inline")
    assert aws(f"put-{kind}-policy", *named, *policy, "--policy-document", allow("ecr:*")) is None
    shown = aws(f"get-{kind}-policy", *named, *policy)
    document = json.loads(allow("ecr:*"))
    assert shown == {f"{kind.capitalize()}Name": name, "PolicyName": "inline", "PolicyDocument": document}
    assert aws(f"list-{kind}-policies", *named)["PolicyNames"] == ["inline"]
    assert aws(f"delete-{kind}-policy", *named, *policy) is None


@pytest.mark.parametrize("kind", ["user", "role"])
def test_boundaries(aws: Any, request: pytest.FixtureRequest, kind: str) -> None:
    """A boundary is put and taken away."""
    named = (f"--{kind}-name", request.getfixturevalue(kind))
    assert aws(f"put-{kind}-permissions-boundary", *named, "--permissions-boundary", READ_ONLY) is None
    bounded = aws(f"get-{kind}", *named)[kind.capitalize()]["PermissionsBoundary"]
    assert bounded["PermissionsBoundaryArn"] == READ_ONLY
    assert aws(f"delete-{kind}-permissions-boundary", *named) is None


def test_oidc_providers(aws: Any, fresh: str) -> None:
    """A provider from creation to deletion."""
    url, prints = f"https://{fresh}.example", ("--thumbprint-list", "ab" * 20)
    made = aws("create-open-id-connect-provider", "--url", url, "--client-id-list", "a", *prints)
    one = ("--open-id-connect-provider-arn", made["OpenIDConnectProviderArn"])
    listed = aws("list-open-id-connect-providers")["OpenIDConnectProviderList"]
    assert {"Arn": made["OpenIDConnectProviderArn"]} in listed
    assert aws("add-client-id-to-open-id-connect-provider", *one, "--client-id", "b") is None
    assert aws("remove-client-id-from-open-id-connect-provider", *one, "--client-id", "a") is None
    new = ("--thumbprint-list", "cd" * 20)
    assert aws("update-open-id-connect-provider-thumbprint", *one, *new) is None
    shown = aws("get-open-id-connect-provider", *one)
    assert (shown["Url"], shown["ClientIDList"], shown["ThumbprintList"]) == (url[8:], ["b"], ["cd" * 20])
    assert aws("delete-open-id-connect-provider", *one) is None
