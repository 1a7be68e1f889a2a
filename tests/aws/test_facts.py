"""The condition keys that a call's parameters are."""

from __future__ import annotations

from entrepot.aws import facts


def test_tags() -> None:
    """Tags that are put have their values and names, those that are removed their names."""
    assert facts.of({"tags": [{"Key": "Env", "Value": "a"}, {"Key": "b"}]}) == {
        "aws:requesttag/env": ("a",),
        "aws:requesttag/b": ("",),
        "aws:tagkeys": ("Env", "b"),
    }
    assert facts.of({"Tags": [{"Key": "x", "Value": "y"}]})["aws:requesttag/x"] == ("y",)
    assert facts.of({"tagKeys": ["one", "two"]}) == {"aws:tagkeys": ("one", "two")}


def test_texts() -> None:
    """What STS and IAM are asked for, and which account setting."""
    asked = {"ExternalId": "x", "RoleSessionName": "run", "PolicyArn": "arn:aws:iam::aws:policy/A"}
    assert facts.of(asked) == {
        "sts:externalid": ("x",),
        "sts:rolesessionname": ("run",),
        "iam:policyarn": ("arn:aws:iam::aws:policy/A",),
    }
    assert facts.of({"name": "BLOB_MOUNTING"}) == {"ecr:accountsetting": ("BLOB_MOUNTING",)}
    assert facts.of({"name": "other", "repositoryName": "a", "tags": []}) == {}
