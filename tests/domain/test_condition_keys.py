"""The condition keys that policies name."""

from __future__ import annotations

import json

from entrepot.domain import condition_keys, policies
from entrepot.domain.policies import Document, Kind


def document(version: str = "2012-10-17") -> Document:
    statement = {
        "Effect": "Allow",
        "Action": "ecr:*",
        "Resource": "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}/*",
        "Condition": {
            "StringLike": {"aws:UserId": ["${aws:userid}", "${ec2:Vpc, 'none'}", "${*}"]},
            "IpAddress": {"aws:SourceIp": "192.0.2.1"},
        },
    }
    return policies.parse(json.dumps({"Version": version, "Statement": statement}), Kind.IDENTITY)


def test_of_policies() -> None:
    """Keys of conditions as they are written, and those of variables; each once."""
    assert condition_keys.of([document(), document()]) == (
        "aws:UserId",
        "aws:SourceIp",
        "aws:principaltag/team",
        "ec2:vpc",
    )
    assert condition_keys.of([document("2008-10-17")]) == ("aws:UserId", "aws:SourceIp")


def test_known() -> None:
    """What requests here can have; keys of organisations, VPCs and other services they never have."""
    for key in ("aws:SourceIp", "AWS:PRINCIPALTAG/any", "ecr:ResourceTag/x", "token.actions.example.com:sub"):
        assert condition_keys.known(key)
    for key in ("aws:PrincipalOrgID", "aws:SourceVpc", "s3:prefix", "aws:ResourceTag", "nothing:x"):
        assert not condition_keys.known(key)
