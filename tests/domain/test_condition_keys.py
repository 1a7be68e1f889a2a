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
    for key in (
        "localhost:44805:aud",
        "LOCALHOST:44805/realms/a:sub",
        "ids/realms/a:sub",
        "ids.example.com:8443:job/run",
    ):
        assert condition_keys.known(key)
    for key in ("localhost:aud", "localhost:port:aud", "ec2:ResourceTag/a.b:c", "aws:PrincipalOrgID:x", ""):
        assert not condition_keys.known(key)


def test_spelled() -> None:
    """A key of AWS as AWS writes it, the name of a tag as it was written; any other key as it is."""
    assert condition_keys.spelled("AWS:principalorgid") == "aws:PrincipalOrgID"
    assert condition_keys.spelled("aws:principaltag/Team") == "aws:PrincipalTag/Team"
    for key in ("token.actions.example.com:sub", "Odd:Key", "x/y", "aws:nothing"):
        assert condition_keys.spelled(key) == key
