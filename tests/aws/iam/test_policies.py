"""Managed policies and their versions, asked by boto3."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from tests.aws.ecr.asking import ACCOUNT, OTHER_ACCOUNT, ROOT, plain, refused
from tests.aws.iam.documents import allow

from entrepot.domain import aws_policies

READ_ONLY = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"


def test_a_policy(iam: Any, fresh: str) -> None:
    """A policy is shown as it was created; its description and tags only where one is asked for; then it is gone."""
    tags = [{"Key": "Team", "Value": "a"}]
    made = plain(
        iam.create_policy(
            PolicyName=fresh, Path="/team/", PolicyDocument=allow("ecr:*"), Description="pulls", Tags=tags
        )
    )["Policy"]
    listed = {
        "PolicyName": fresh,
        "PolicyId": made["PolicyId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/team/{fresh}",
        "Path": "/team/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": made["CreateDate"],
        "UpdateDate": made["CreateDate"],
    }
    assert made == {**listed, "Tags": tags}
    assert made["PolicyId"].startswith("ANPA")
    assert iam.get_policy(PolicyArn=made["Arn"])["Policy"] == {**made, "Description": "pulls"}
    found = iam.list_policies(Scope="Local", PathPrefix="/team/")["Policies"]
    assert [each for each in found if each["PolicyName"] == fresh] == [listed]
    message = f"A policy called {fresh} already exists. Duplicate names are not allowed."
    with refused("EntityAlreadyExists", message):
        iam.create_policy(PolicyName=fresh, PolicyDocument=allow("ecr:*"))
    assert plain(iam.delete_policy(PolicyArn=made["Arn"])) == {}
    with refused("NoSuchEntity", f"Policy {made['Arn']} was not found."):
        iam.get_policy(PolicyArn=made["Arn"])


def test_versions(iam: Any, policy: str) -> None:
    """Versions are made, put in force, listed, read as they were submitted, and deleted."""
    second = allow("ecr:BatchGetImage")
    made = plain(iam.create_policy_version(PolicyArn=policy, PolicyDocument=second, SetAsDefault=True))["PolicyVersion"]
    assert made == {"VersionId": "v2", "IsDefaultVersion": True, "CreateDate": made["CreateDate"]}
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("ecr:ListImages"))
    listed = plain(iam.list_policy_versions(PolicyArn=policy))
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in listed["Versions"]] == [
        ("v3", False),
        ("v2", True),
        ("v1", False),
    ]
    shown = iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]
    assert shown == {"Document": json.loads(second), **made}
    with refused("DeleteConflict", "Cannot delete the default version of a policy."):
        iam.delete_policy_version(PolicyArn=policy, VersionId="v2")
    assert plain(iam.set_default_policy_version(PolicyArn=policy, VersionId="v3")) == {}
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v3"
    message = (
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy."
    )
    with refused("DeleteConflict", message):
        iam.delete_policy(PolicyArn=policy)
    for version in ("v1", "v2"):
        assert plain(iam.delete_policy_version(PolicyArn=policy, VersionId=version)) == {}
    message = f"Policy {policy} version v2 does not exist or is not attachable."
    with refused("NoSuchEntity", message):
        iam.get_policy_version(PolicyArn=policy, VersionId="v2")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=second)
    message = (
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version."
    )
    with refused("LimitExceeded", message):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=second)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=policy, PaginationConfig={"PageSize": 2})
    found = [[each["VersionId"] for each in page["Versions"]] for page in pages]
    assert found == [["v7", "v6"], ["v5", "v4"], ["v3"]]


def test_documents_are_percent_encoded(iam: Any, policy: str) -> None:
    """On the wire a document is encoded after RFC 3986, as AWS says; boto3 decodes it."""
    seen: list[str] = []
    event = "after-call.iam.GetPolicyVersion"
    iam.meta.events.register(event, lambda http_response, **_: seen.append(http_response.text), unique_id="seen")
    try:
        iam.get_policy_version(PolicyArn=policy, VersionId="v1")
    finally:
        iam.meta.events.unregister(event, unique_id="seen")
    assert f"<Document>{quote(allow('ecr:*'), safe='')}</Document>" in seen[0]


@pytest.mark.parametrize("arn", list(aws_policies.POLICIES))
def test_policies_of_aws(iam: Any, arn: str) -> None:
    """AWS's own are there for everybody, with a document, and nobody changes them."""
    shown = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (shown["Arn"], shown["PolicyName"], shown["IsAttachable"]) == (arn, arn.split("/")[1], True)
    version = iam.get_policy_version(PolicyArn=arn, VersionId=shown["DefaultVersionId"])["PolicyVersion"]
    assert version["IsDefaultVersion"]
    assert version["Document"]["Version"] == "2012-10-17"
    with refused(
        "InvalidInput",
        f"Policy arn {arn} is not valid for this operation: policies of AWS cannot be changed.",
    ):
        iam.delete_policy(PolicyArn=arn)


def test_lists(iam: Any, policy: str, user: str) -> None:
    """A list is of a scope, of what is attached, or of boundaries; the paginator gives every policy once."""
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 4})
    found = [[each["Arn"] for each in page["Policies"]] for page in pages]
    assert [arn for page in found for arn in page] == list(aws_policies.POLICIES)
    assert [len(page) for page in found] == [4, 4, 1]

    def arns(**given: Any) -> set[str]:
        pages = iam.get_paginator("list_policies").paginate(**given)
        return {each["Arn"] for page in pages for each in page["Policies"]}

    assert policy in arns(Scope="Local")
    assert policy not in arns(OnlyAttached=True)
    iam.attach_user_policy(UserName=user, PolicyArn=policy)
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=READ_ONLY)
    assert {policy, READ_ONLY} <= arns(OnlyAttached=True)
    assert policy in arns(PolicyUsageFilter="PermissionsPolicy")
    assert READ_ONLY in arns(PolicyUsageFilter="PermissionsBoundary", Scope="AWS")
    counts = iam.get_policy(PolicyArn=policy)["Policy"]
    assert (counts["AttachmentCount"], counts["PermissionsBoundaryUsageCount"]) == (1, 0)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (allow("*", Principal="*"), "Policy document should not specify a principal."),
        (allow("BatchGetImage"), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (allow("ecr:*", Resource="app"), 'Resource app must be in ARN format or "*".'),
        (
            json.dumps({"Statement": [{"Effect": "Allow", "Action": "ecr:*"}]}),
            "Policy statement must contain resources.",
        ),
    ],
)
def test_documents(iam: Any, fresh: str, policy: str, document: str, message: str) -> None:
    """What is no identity policy is refused in IAM's words."""
    with refused("MalformedPolicyDocument", message):
        iam.create_policy(PolicyName=f"{fresh}x", PolicyDocument=document)
    with refused("MalformedPolicyDocument", message):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=document)


def test_too_large(iam: Any, fresh: str) -> None:
    """6,144 characters without white space are the limit."""
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        iam.create_policy(PolicyName=f"{fresh}x", PolicyDocument=allow(f"ecr:{'x' * 6144}"))


def test_no_arn(iam: Any) -> None:
    """What is no ARN is told so; another account's policy is refused before anybody looks whether it is there."""
    text = "this is no ARN of anything"
    with refused("InvalidInput", f"ARN {text} is not valid."):
        iam.get_policy(PolicyArn=text)
    theirs = f"arn:aws:iam::{OTHER_ACCOUNT}:policy/x"
    with refused(
        "AccessDenied",
        f"User: {ROOT} is not authorized to perform: iam:GetPolicy on resource: {theirs} "
        "because no resource-based policy allows the iam:GetPolicy action",
    ):
        iam.get_policy(PolicyArn=theirs)
