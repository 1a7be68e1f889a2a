"""SimulateCustomPolicy, SimulatePrincipalPolicy and GetContextKeysFor…, asked by boto3."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.ecr.asking import ACCOUNT, plain, refused

REPOSITORY = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/team/app"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def says(action: str, effect: str = "Allow", **members: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **members}


HERE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
PULL, NO_DELETE = policy(says("ecr:BatchGetImage")), policy(says("ecr:*Delete*", "Deny"))
PUSH_HERE = policy(says("ecr:PutImage", Condition=HERE))


def decisions(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["EvalActionName"], one["EvalDecision"]) for one in answer["EvaluationResults"]]


def test_policies_that_nobody_has(iam: Any) -> None:
    """Each action on each resource is decided, and the statement's policy named."""
    answer = plain(
        iam.simulate_custom_policy(
            PolicyInputList=[PULL, NO_DELETE],
            ActionNames=["ecr:BatchGetImage", "ecr:BatchDeleteImage", "ecr:PutImage"],
            ResourceArns=[REPOSITORY],
        )
    )
    assert decisions(answer) == [
        ("ecr:BatchGetImage", "allowed"),
        ("ecr:BatchDeleteImage", "explicitDeny"),
        ("ecr:PutImage", "implicitDeny"),
    ]
    assert answer["EvaluationResults"][1] == {
        "EvalActionName": "ecr:BatchDeleteImage",
        "EvalResourceName": REPOSITORY,
        "EvalDecision": "explicitDeny",
        "MatchedStatements": [{"SourcePolicyId": "PolicyInputList.2", "SourcePolicyType": "none"}],
        "MissingContextValues": [],
    }


def test_context(iam: Any) -> None:
    """A condition counts with the keys that one gives; those that are missing are named."""
    asked = {"PolicyInputList": [PUSH_HERE], "ActionNames": ["ecr:PutImage"]}
    [result] = iam.simulate_custom_policy(**asked)["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:SourceIp"])
    entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyType": "ip", "ContextKeyValues": ["192.0.2.8"]}
    [result] = iam.simulate_custom_policy(**asked, ContextEntries=[entry])["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_boundaries_and_resource_policies(iam: Any) -> None:
    """A boundary takes away and is told of; a resource's policy gives to the caller that it names."""
    asked = {"ActionNames": ["ecr:BatchGetImage"], "ResourceArns": [REPOSITORY]}
    [result] = iam.simulate_custom_policy(
        **asked, PolicyInputList=[PULL], PermissionsBoundaryPolicyInputList=[PUSH_HERE]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    ci = f"arn:aws:iam::{ACCOUNT}:user/ci"
    granting = json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": ci}, "Action": "ecr:*"}})
    [result] = iam.simulate_custom_policy(**asked, PolicyInputList=[NO_DELETE], ResourcePolicy=granting, CallerArn=ci)[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"] == [{"SourcePolicyId": "ResourcePolicy", "SourcePolicyType": "resource"}]
    with refused("InvalidInput", "CallerArn is required when a ResourcePolicy is given."):
        iam.simulate_custom_policy(**asked, PolicyInputList=[PULL], ResourcePolicy=granting)


def test_policies_of_a_user(iam: Any, user: str, group: str) -> None:
    """A user's own, its groups' and attached policies count, and more that one gives."""
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=PULL)
    iam.put_group_policy(GroupName=group, PolicyName="keep", PolicyDocument=NO_DELETE)
    iam.add_user_to_group(GroupName=group, UserName=user)
    power = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"
    iam.attach_user_policy(UserName=user, PolicyArn=power)
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["ecr:BatchGetImage", "ecr:PutImage", "ecr:BatchDeleteImage", "ecr:CreateRepository"],
        PolicyInputList=[policy(says("ecr:CreateRepository"))],
    )
    assert [
        (one["EvalDecision"], *(each["SourcePolicyType"] for each in one["MatchedStatements"]))
        for one in answer["EvaluationResults"]
    ] == [("allowed", "user"), ("allowed", "aws-managed"), ("explicitDeny", "group"), ("allowed", "none")]
    with refused("NoSuchEntity", f"The user with name {user}x cannot be found."):
        iam.simulate_principal_policy(PolicySourceArn=f"{arn}x", ActionNames=["ecr:PutImage"])


def test_pages(iam: Any) -> None:
    """Results come in pages."""
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[PULL],
        ActionNames=["ecr:BatchGetImage", "ecr:PutImage", "ecr:ListImages"],
        PaginationConfig={"PageSize": 2},
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 1]


def test_context_keys(iam: Any, role: str) -> None:
    """The keys of conditions and variables are told, each once."""
    variable = policy(says("ecr:*", Resource="arn:aws:ecr:*:*:repository/${aws:username}/*", Condition=HERE))
    answer = iam.get_context_keys_for_custom_policy(PolicyInputList=[PUSH_HERE, variable])
    assert answer["ContextKeyNames"] == ["aws:SourceIp", "aws:username"]
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=PUSH_HERE)
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"] == ["aws:SourceIp"]
    told = "Invalid policy: Syntax errors in policy. It has no Statement."
    with refused("InvalidInput", told):
        iam.get_context_keys_for_custom_policy(PolicyInputList=["{}"])
