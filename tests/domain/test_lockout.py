"""Which policies keep their author from setting another one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import lockout, policies
from entrepot.domain.errors import InvalidParameter
from entrepot.domain.policies import Kind

ROOT = "arn:aws:iam::123456789012:root"
ROLE = "arn:aws:iam::123456789012:role/ci/push"
SESSION = "arn:aws:sts::123456789012:assumed-role/push/build-1"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/team/app"
GOOD = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}


def locks_out(statement: dict[str, Any], arn: str = ROOT, user_id: str = "") -> bool:
    denying = {"Effect": "Deny", "Principal": "*", **statement}
    written = {name: value for name, value in denying.items() if value is not None}
    document = policies.parse(json.dumps({"Statement": [GOOD, written]}), Kind.REPOSITORY)
    try:
        lockout.check(document, arn, "123456789012", REPOSITORY, user_id)
    except InvalidParameter:
        return True
    return False


@pytest.mark.parametrize("arn", [ROOT, ROLE, SESSION])
@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "*"},
        {"Action": "ecr:*"},
        {"Action": ["ecr:GetX", "ecr:setrepositorypolicy"]},
        {"Action": "ecr:Set*Polic?"},
        {"NotAction": "ecr:Get*"},
        {"Action": "ecr:*", "Principal": {"AWS": "123456789012"}},
        {"Action": "ecr:*", "Resource": "arn:aws:ecr:*:*:repository/team/*"},
        {"Action": "ecr:*", "NotResource": "arn:aws:ecr:*:*:repository/other"},
    ],
)
def test_lockouts(statement: dict[str, Any], arn: str) -> None:
    """A Deny of setting the policy that names everybody or the whole account, the root included."""
    assert locks_out(statement, arn)


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "ecr:PutImage"},
        {"Action": "ecr:SetRepositoryPolic"},
        {"NotAction": "ecr:Set*"},
        {"Action": "*", "Principal": {"AWS": "999999999999"}},
        {"Action": "*", "Principal": {"Service": "lambda.amazonaws.com"}},
        {"Action": "*", "Resource": "arn:aws:ecr:*:*:repository/other"},
        {"Action": "*", "NotResource": "*"},
        {"Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Action": "*", "Effect": "Allow"},
    ],
)
def test_no_lockouts(statement: dict[str, Any]) -> None:
    """Other actions, principals or repositories, an Allow, and a Deny whose conditions may not hold."""
    assert not locks_out(statement)


def test_lockout_of_one() -> None:
    """A Deny for a role is one for its sessions and for nobody else; NotPrincipal is the opposite."""
    named: dict[str, Any] = {"Action": "ecr:*", "Principal": {"AWS": ROLE}}
    assert [locks_out(named, arn) for arn in (ROLE, SESSION, ROOT)] == [True, True, False]
    others: dict[str, Any] = {"Action": "ecr:*", "Principal": None, "NotPrincipal": {"AWS": ROLE}}
    assert [locks_out(others, arn) for arn in (ROLE, SESSION, ROOT)] == [False, False, True]


@given(st.text(alphabet="a*?", max_size=8), st.text(alphabet="ab", max_size=8))
def test_wildcards(pattern: str, name: str) -> None:
    """`*` is any run of characters and `?` is one, as a plain recursive definition says."""

    def like(pattern: str, name: str) -> bool:
        if not pattern:
            return not name
        if pattern[0] == "*":
            return any(like(pattern[1:], name[at:]) for at in range(len(name) + 1))
        return bool(name) and pattern[0] in {"?", name[0]} and like(pattern[1:], name[1:])

    assert lockout._like(pattern, name) == like(pattern, name)


def test_many_stars_take_no_time() -> None:
    """A pattern full of stars ends: the work is bounded by the product of the lengths."""
    assert not lockout._like("*a" * 2_500 + "?b", "a" * 300)


def test_unique_ids() -> None:
    """Who is named by a unique id, their own or their role's, is kept out as by a name."""
    role, other = "AROAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576R"
    for name, out in ((role, True), (f"{role}:build-1", True), (f"{role}:build-2", False), (other, False)):
        assert locks_out({"Action": "*", "Principal": {"AWS": name}}, SESSION, f"{role}:build-1") is out
