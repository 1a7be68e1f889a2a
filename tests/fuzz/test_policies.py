"""Fuzz: policy documents, against what a lenient reader sees."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import evaluation, lockout, policies
from entrepot.domain.errors import InvalidParameter, MalformedPolicyDocument, PolicyInvalid
from entrepot.domain.policies import Document, Kind

from .inputs import FUZZ, inputs, text_of

ACCOUNT = "123456789012"
ARN = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/a"
KINDS = st.sampled_from(Kind)


def parsed(text: str, kind: Kind) -> Document | None:
    try:
        return policies.parse(text, kind)
    except (PolicyInvalid, MalformedPolicyDocument) as error:
        str(error).encode()  # it can be told
        return None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check(text: str, document: Document, kind: Kind) -> None:
    """What was taken says the same to a reader that knows nothing of the rules."""
    written = json.loads(text)
    assert written.get("Version", "2008-10-17") == document.version
    statements = listed(written["Statement"])
    assert len(statements) == len(document.statements)
    for read, statement in zip(document.statements, statements, strict=True):
        assert read.effect == statement["Effect"]
        assert (read.actions or read.not_actions) == tuple(listed(statement.get("Action", statement.get("NotAction"))))
        assert (bool(read.principals) != bool(read.not_principals)) is (kind is not Kind.IDENTITY)
        assert bool(read.resources or read.not_resources) == bool({"Resource", "NotResource"} & set(statement))
        assert kind in {Kind.REPOSITORY, Kind.TRUST} or read.resources or read.not_resources
        assert kind is not Kind.TRUST or not read.resources + read.not_resources
        assert len(read.conditions) == sum(len(keys) for keys in statement.get("Condition", {}).values())
    locks_out(document)
    evaluation.ready(document)


def locks_out(document: Document) -> bool:
    """Whether the root is kept out; that there is an answer is what counts."""
    try:
        lockout.check(document, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ARN)
    except InvalidParameter:
        return True
    return False


@FUZZ
@given(inputs("policies", '{}[]",:* Ee'), KINDS)
def test_bytes(data: bytes, kind: Kind) -> None:
    """Any text: refused as no policy, or what it says is what was read."""
    text = text_of(data)
    document = parsed(text, kind)
    if document is not None:
        check(text, document, kind)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["*", "ecr:*", ACCOUNT, ARN])
KEYS = st.sampled_from(["AWS", "Service", "Bool", "StringLike", "Null", "aws:x", "aws:X", "Effect"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3))
WHO = (
    st.just("*")
    | st.builds(lambda who: {"AWS": who}, st.sampled_from([ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/x"]))
    | VALUES
)
WHAT = (
    st.lists(st.sampled_from(["*", "ecr:*", "ecr:Set?epository*", "ecr:Get*", "sts:AssumeRole"]), max_size=2) | VALUES
)
WHERE = st.sampled_from(["*", ARN, "arn:aws:ecr:*:*:repository/*"]) | VALUES
WHEN = st.dictionaries(
    st.sampled_from(["Bool", "ForAnyValue:StringLike", "NumericEqualsIfExists"]),
    st.dictionaries(st.sampled_from(["aws:x", "aws:X", "y"]), st.sampled_from(["true", True, 1, "x", [], ["a", 2]])),
    max_size=2,
)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "deny"])},
    optional={
        "Sid": st.text(max_size=2),
        "Principal": WHO,
        "NotPrincipal": WHO,
        "Action": WHAT,
        "NotAction": WHAT,
        "Resource": WHERE,
        "NotResource": WHERE,
        "Condition": WHEN | VALUES,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENTS, max_size=3) | STATEMENTS | VALUES},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17", "", None]), "Id": LEAVES},
)


@FUZZ
@given(DOCUMENTS, KINDS)
def test_documents(document: dict[str, Any], kind: Kind) -> None:
    """Documents that are nearly policies, as they come from tools with mistakes."""
    text = json.dumps(document)
    found = parsed(text, kind)
    if found is not None:
        check(text, found, kind)
