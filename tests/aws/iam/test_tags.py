"""Tags of everything that IAM tags, asked by boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, plain, refused

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
    }
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}}
)
KINDS = ("user", "role", "instance_profile", "policy", "open_id_connect_provider")


def make(iam: Any, kind: str, name: str) -> dict[str, str]:
    """Make something of a kind; what names it in a call."""
    match kind:
        case "user":
            iam.create_user(UserName=name)
            return {"UserName": name}
        case "role":
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
            return {"RoleName": name}
        case "instance_profile":
            iam.create_instance_profile(InstanceProfileName=name)
            return {"InstanceProfileName": name}
        case "policy":
            return {"PolicyArn": iam.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"]}
    made = iam.create_open_id_connect_provider(Url=f"https://{name}.example.com", ClientIDList=["a"])
    return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}


def elsewhere(kind: str, name: str) -> tuple[dict[str, str], str]:
    """What names nothing of a kind, and the refusal of it."""
    match kind:
        case "user" | "role":
            return {f"{kind.title()}Name": name}, f"The {kind} with name {name} cannot be found."
        case "instance_profile":
            return {"InstanceProfileName": name}, f"Instance Profile {name} cannot be found."
        case "policy":
            arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
            return {"PolicyArn": arn}, f"Policy {arn} was not found."
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}.example.com"
    return {"OpenIDConnectProviderArn": arn}, f"OpenIDConnect Provider not found for arn {arn}"


@pytest.mark.parametrize("kind", KINDS)
def test_tags(iam: Any, fresh: str, kind: str) -> None:
    """Tags are put, replaced whatever the case of the key, listed in pages, and taken off."""
    named = make(iam, kind, fresh)
    tag, untag = getattr(iam, f"tag_{kind}"), getattr(iam, f"untag_{kind}")
    assert plain(tag(**named, Tags=[{"Key": "b", "Value": "1"}, {"Key": "Team", "Value": "x"}])) == {}
    tag(**named, Tags=[{"Key": "TEAM", "Value": "y"}, {"Key": "ä/ü", "Value": ""}])

    def shown() -> list[tuple[str, str]]:
        page = getattr(iam, f"list_{kind}_tags")(**named, MaxItems=2)
        found = page["Tags"]
        while page["IsTruncated"]:
            page = getattr(iam, f"list_{kind}_tags")(**named, MaxItems=2, Marker=page["Marker"])
            found += page["Tags"]
        return [(each["Key"], each["Value"]) for each in found]

    assert shown() == [("b", "1"), ("TEAM", "y"), ("ä/ü", "")]
    assert plain(untag(**named, TagKeys=["team", "not there"])) == {}
    assert shown() == [("b", "1"), ("ä/ü", "")]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_tag(iam: Any, fresh: str, kind: str) -> None:
    """What is not there has no tags."""
    named, message = elsewhere(kind, fresh)
    for call, given in (
        (getattr(iam, f"tag_{kind}"), {"Tags": [{"Key": "a", "Value": ""}]}),
        (getattr(iam, f"untag_{kind}"), {"TagKeys": ["a"]}),
        (getattr(iam, f"list_{kind}_tags"), {}),
    ):
        with refused("NoSuchEntity", message):
            call(**named, **given)


def test_fifty(iam: Any, user: str) -> None:
    """A fifty-first tag is one too many, and none of its call is kept."""
    iam.tag_user(UserName=user, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(49)])
    with refused("LimitExceeded", "The number of tags has reached the maximum limit."):
        iam.tag_user(UserName=user, Tags=[{"Key": "x", "Value": ""}, {"Key": "y", "Value": ""}])
    assert len(iam.list_user_tags(UserName=user)["Tags"]) == 49
    pages = iam.get_paginator("list_user_tags").paginate(UserName=user, PaginationConfig={"PageSize": 20})
    assert [len(page["Tags"]) for page in pages] == [20, 20, 9]


def test_tags_go_along(iam: Any, user: str) -> None:
    """A renamed user keeps its tags, a deleted one leaves none."""
    iam.tag_user(UserName=user, Tags=[{"Key": "a", "Value": "1"}])
    iam.update_user(UserName=user, NewUserName=f"{user}2")
    assert iam.list_user_tags(UserName=f"{user}2")["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.delete_user(UserName=f"{user}2")
    iam.create_user(UserName=f"{user}2")
    assert iam.list_user_tags(UserName=f"{user}2")["Tags"] == []


def test_no_arn(iam: Any) -> None:
    """What is no ARN is refused as such."""
    with refused("InvalidInput", "ARN no ARN but long enough is not valid."):
        iam.list_policy_tags(PolicyArn="no ARN but long enough")
