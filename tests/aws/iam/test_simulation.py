"""SimulateCustomPolicy, SimulatePrincipalPolicy and GetContextKeysFor…, asked by boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
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
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.2",
                "SourcePolicyType": "none",
                "StartPosition": {"Line": 1, "Column": 41},
                "EndPosition": {"Line": 1, "Column": 102},
            }
        ],
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
    [matched] = result["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("ResourcePolicy", "resource")
    assert (matched["StartPosition"], matched["EndPosition"]) == (
        {"Line": 1, "Column": 16},
        {"Line": 1, "Column": len(granting)},
    )
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


def test_exactly_that_arn(iam: Any, user: str) -> None:
    """The ARN names the user: with another path, in another case or of another account it is of nobody."""
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    for other in (arn.replace("user/", "user/team/"), arn.replace(user, user.upper())):
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.simulate_principal_policy(PolicySourceArn=other, ActionNames=["ecr:PutImage"])
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_context_keys_for_principal_policy(PolicySourceArn=other)
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.simulate_principal_policy(
            PolicySourceArn=arn.replace(ACCOUNT, "999999999999"), ActionNames=["ecr:PutImage"]
        )


def test_where_the_statement_stands(iam: Any, user: str) -> None:
    """The place of the statement that decided is told, in the text as it was stored."""
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [says("ecr:PutImage"), says("ecr:*Delete*", "Deny")]}, indent=2
    )
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=text)
    arn = iam.get_user(UserName=user)["User"]["Arn"]
    [result] = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ecr:DeleteRepository"])[
        "EvaluationResults"
    ]
    [matched] = result["MatchedStatements"]
    assert (matched["StartPosition"], matched["EndPosition"]) == ({"Line": 8, "Column": 6}, {"Line": 13, "Column": 6})


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
