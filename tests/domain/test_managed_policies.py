"""ARNs, versions and sizes of managed policies."""

from __future__ import annotations

import json

import pytest

from entrepot.domain import managed_policies as rules
from entrepot.domain.errors import InvalidInput, LimitExceeded, MalformedPolicyDocument

STATEMENT = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("arn:aws:iam::123456789012:policy/Pull", ("123456789012", "/", "Pull")),
        ("arn:aws:iam::123456789012:policy/a/b/Pull+=,.@-_", ("123456789012", "/a/b/", "Pull+=,.@-_")),
        ("arn:aws:iam::aws:policy/service-role/X", ("aws", "/service-role/", "X")),
        ("arn:aws:iam::123456789012:role/Pull", None),
        ("arn:aws:iam:us-east-1:123456789012:policy/Pull", None),
        ("arn:aws:s3:::bucket", None),
    ],
)
def test_arns(text: str, parts: tuple[str, str, str] | None) -> None:
    """An ARN of a policy has an account, a path and a name; other ARNs are of no policy."""
    assert rules.parse_arn(text) == parts


@pytest.mark.parametrize(
    "text",
    ["", "Pull", "arn:aws:iam::1:policy/Pull", "arn:aws:iam::x", "a" * 2048, "arn:aws:iam::123456789012:policy/a b"],
)
def test_no_arns(text: str) -> None:
    """What is no ARN is told."""
    with pytest.raises(InvalidInput, match="is not valid"):
        rules.parse_arn(text)


@pytest.mark.parametrize(("text", "number"), [("v1", 1), ("v17", 17), ("v1.a", 0), ("v" + "1" * 10, 0), ("v²", 0)])
def test_versions(text: str, number: int) -> None:
    """The id of a version is a number after a v."""
    assert rules.parse_version(text) == number


def test_white_space_is_free() -> None:
    """Only what is no white space counts."""
    assert rules.characters(' {"a":\t"b c"}\r\n') == len('{"a":"bc"}')


def test_checks() -> None:
    """The grammar is asked first, then the size."""
    text = json.dumps({"Statement": STATEMENT})
    rules.check_managed(text)
    rules.check_inline("user", "alice", text, 2048 - rules.characters(text))
    with pytest.raises(LimitExceeded):
        rules.check_inline("user", "alice", text, 2049 - rules.characters(text))
    with pytest.raises(MalformedPolicyDocument):
        rules.check_inline("user", "alice", "x" * 9999, 0)
    with pytest.raises(MalformedPolicyDocument):
        rules.check_trust(text)
