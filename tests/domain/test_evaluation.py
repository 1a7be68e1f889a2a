"""Decisions: against a second evaluator on every combination of small parts, and laws that hold for all policies."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import policies as oracle
from tests.oracle.policies import Ask, Bearing, Who

from entrepot.domain import evaluation
from entrepot.domain.evaluation import Decision, Policies, Policy, Request, Source
from entrepot.domain.patterns import Look
from entrepot.domain.policies import Kind
from entrepot.domain.principals import ROLE, ROOT, USER, Principal

A, B = "111122223333", "444455556666"
REPOSITORY = f"arn:aws:ecr:us-east-1:{A}:repository/team/app"
PUSH = "ecr:PutImage"

ROOT_A = Principal(A, f"arn:aws:iam::{A}:root", A, "AKIA1")
USER_A = Principal(A, f"arn:aws:iam::{A}:user/dev/alice", "AIDA1", "AKIA2", USER, 1, "alice")
ROLE_A = Principal(
    A,
    f"arn:aws:sts::{A}:assumed-role/push/build-1",
    "AROA1:build-1",
    "ASIA1",
    ROLE,
    2,
    "push",
    None,
    f"arn:aws:iam::{A}:role/ci/push",
)
USER_B = Principal(B, f"arn:aws:iam::{B}:user/bob", "AIDA2", "AKIA3", USER, 3, "bob")
ROLE_B = Principal(
    B, f"arn:aws:sts::{B}:assumed-role/pull/n", "AROA2:n", "ASIA2", ROLE, 4, "pull", None, f"arn:aws:iam::{B}:role/pull"
)
ROOT_B = Principal(B, f"arn:aws:iam::{B}:root", B, "AKIA4")
EVERYBODY = (ROOT_A, USER_A, ROLE_A, USER_B, ROLE_B, ROOT_B)

CONTEXT: Mapping[str, list[str]] = {
    "aws:PrincipalTag/team": ["team"],
    "aws:SourceIp": ["192.0.2.7"],
    "aws:username": ["alice"],
    "aws:SecureTransport": ["true"],
    "aws:CurrentTime": ["2026-11-21T08:00:00Z"],
    "aws:TagKeys": ["env", "team"],
    "ecr:ResourceTag/env": ["prod"],
    "aws:MultiFactorAuthAge": ["300"],
    "aws:PrincipalArn": [f"arn:aws:iam::{A}:role/ci/push"],
    "x:bytes": ["AAE="],
    "x:empty": [""],
    "x:star": ["*"],
}


def doc(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def says(effect: str = "Allow", **members: Any) -> dict[str, Any]:
    action = {} if "NotAction" in members else {"Action": "ecr:*"}
    resource = {} if "NotResource" in members else {"Resource": "*"}
    return {"Effect": effect, **action, **resource, **members}


def look(context: Mapping[str, list[str]]) -> Look:
    folded = {key.lower(): tuple(values) for key, values in context.items()}
    return folded.get


def policy(document: Mapping[str, Any], kind: Kind = Kind.IDENTITY) -> Policy:
    return Policy("p", evaluation.compiled(json.dumps(document), kind))


def who(principal: Principal) -> Who:
    chain = (principal.source_arn, principal.arn) if principal.source_arn else (principal.arn,)
    return Who(principal.kind, principal.account, chain)


def both(
    principal: Principal,
    bearing: Bearing,
    *,
    action: str = PUSH,
    resource: str = REPOSITORY,
    context: Mapping[str, list[str]] = CONTEXT,
) -> tuple[Decision, str]:
    """What the evaluator and the oracle say."""
    ready = Policies(
        identity=tuple(map(policy, bearing.identity)),
        boundary=None if bearing.boundary is None else tuple(map(policy, bearing.boundary)),
        session=None if bearing.session is None else tuple(map(policy, bearing.session)),
        resource=tuple(policy(one, Kind.REPOSITORY) for one in bearing.resource),
    )
    request = Request(principal, action, resource, A, look(context))
    decision = evaluation.decide(request, ready)
    narrow = evaluation.decide(request, evaluation.narrowed(ready, principal, action, resource))
    assert (narrow.allowed, narrow.found, narrow.missing) == (decision.allowed, decision.found, decision.missing)
    return decision, oracle.decide(Ask(who(principal), action, resource, A, context), bearing)


def agree(principal: Principal, bearing: Bearing, **asked: Any) -> Decision:
    decision, expected = both(principal, bearing, **asked)
    explicit = decision.missing is None and not decision.allowed
    told = "allow" if decision.allowed else "deny" if explicit else "none"
    assert told == expected, (principal.arn, bearing, asked)
    return decision


# --- the matrix ------------------------------------------------------------------------------------------------

YES = doc(says())
ELSE = doc(says(Action="ecr:BatchGetImage"))
NO = doc(says(), says("Deny", Action="ecr:Put*"))
SIDES: tuple[tuple[dict[str, Any], ...] | None, ...] = (None, (), (YES,), (ELSE,), (NO,))
NAMES: tuple[Any, ...] = (
    "*",
    {"AWS": A},
    {"AWS": f"arn:aws:iam::{B}:root"},
    {"AWS": [USER_A.arn, USER_B.arn]},
    {"AWS": [ROLE_A.source_arn, ROLE_B.source_arn]},
    {"AWS": [ROLE_A.arn, ROLE_B.arn]},
    {"Service": "lambda.amazonaws.com"},
)
GRANTS: tuple[tuple[dict[str, Any], ...], ...] = (
    (),
    *((doc({"Effect": "Allow", "Principal": name, "Action": "ecr:*"}),) for name in NAMES),
    *((doc({"Effect": "Deny", "Principal": name, "Action": "ecr:PutImage"}),) for name in NAMES),
    (doc({"Effect": "Deny", "NotPrincipal": {"AWS": USER_A.arn}, "Action": "*"}),),
    (doc({"Effect": "Deny", "NotPrincipal": {"AWS": [USER_A.arn, A]}, "Action": "*"}),),
    (doc({"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE_A.arn, A]}, "Action": "*"}),),
    (doc({"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE_A.arn, ROLE_A.source_arn, A]}, "Action": "*"}),),
)


@pytest.mark.parametrize("principal", EVERYBODY, ids=lambda one: one.arn)
def test_every_combination_of_policies(principal: Principal) -> None:
    """Identity policies, boundary, session policies and a resource's policy decide as the oracle does together."""
    count = 0
    for identity, boundary, session, resource in itertools.product(SIDES[1:], SIDES, SIDES, GRANTS):
        limits = {} if principal.kind == ROOT else {"boundary": boundary, "session": session}
        held = () if principal.kind == ROOT else identity or ()
        agree(principal, Bearing(identity=held, resource=resource, **limits))
        count += 1
    assert count == 4 * 5 * 5 * 19


OPERATORS: tuple[tuple[str, str, Any], ...] = (
    *(("StringEquals", "aws:PrincipalTag/team", value) for value in ("team", "Team", ["x", "team"], "${aws:username}")),
    *(("StringEqualsIgnoreCase", "aws:username", value) for value in ("ALICE", "bob", "${aws:USERNAME}")),
    *(("StringLike", "aws:username", value) for value in ("a*e", "al?ce", "*", "b*", "${*}", "${x:none, 'al*'}")),
    *(("StringLike", "x:star", value) for value in ("${*}", "${?}", "*", "${x:star}")),
    *(("StringEquals", "x:gone", value) for value in ("a", "${x:none}", "${x:none, 'd'}")),
    *(("StringEquals", "aws:username", value) for value in ("${x:none}", "${x:none, 'alice'}", "${aws:TagKeys}")),
    *(("NumericLessThan", "aws:MultiFactorAuthAge", value) for value in (299, 300, 301, "300.5")),
    *(("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", value) for value in (299, 300, 301)),
    ("NumericEquals", "aws:MultiFactorAuthAge", [1, 300]),
    ("NumericEquals", "aws:username", 1),
    *(("DateLessThan", "aws:CurrentTime", value) for value in ("2026-11-21T08:00:01Z", "2026-11-21", "1795248000")),
    *(("DateLessThan", "aws:CurrentTime", value) for value in ("2026", "2027", "2026-12", "20300101")),
    *(("DateGreaterThanEquals", "aws:CurrentTime", value) for value in ("2026-11-21T09:00:00+01:00", "2027-01-01")),
    ("Bool", "aws:SecureTransport", "TRUE"),
    ("Bool", "aws:SecureTransport", False),
    ("BinaryEquals", "x:bytes", "AAE="),
    ("BinaryEquals", "aws:username", "AAE="),
    *(("IpAddress", "aws:SourceIp", value) for value in ("192.0.2.0/24", "192.0.2.8", "::/0", ["::1", "192.0.2.7"])),
    ("IpAddress", "aws:username", "0.0.0.0/0"),
    *(
        ("ArnLike", "aws:PrincipalArn", value)
        for value in (f"arn:aws:iam::{A}:role/*", "arn:aws:iam::*:role/ci/push", "arn:*:*:*:*:*", "arn:aws:iam::1?:*")
    ),
    ("ArnEquals", "aws:PrincipalArn", "*"),
    ("ArnEquals", "aws:username", "arn:aws:iam::*:user/*"),
    *(("StringEquals", "aws:TagKeys", value) for value in ("env", ["env", "team"], ["env", "x"], "x")),
    *(("StringEquals", "x:empty", value) for value in ("", "x")),
    ("Null", "x:gone", True),
    ("Null", "x:gone", "false"),
    ("Null", "aws:username", ["true"]),
    ("Null", "x:empty", "false"),
)
NEGATED = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals", "ArnLike", "ArnEquals", "IpAddress"}


def _negated(operator: str) -> str:
    if operator == "IpAddress":
        return "NotIpAddress"
    return next(operator.replace(word, f"{word}Not", 1) for word in ("String", "Numeric", "Arn") if word in operator)


def _spellings(operator: str) -> list[str]:
    if operator == "Null":
        return [operator]
    names = [operator, *([_negated(operator)] if operator in NEGATED else [])]
    return [
        word + name + suffix
        for name in names
        for word in ("", "ForAllValues:", "ForAnyValue:")
        for suffix in ("", "IfExists")
    ]


def test_every_operator() -> None:
    """Each operator, negated, with IfExists and on sets of values, on keys that are there, empty and absent."""
    count = 0
    for operator, key, value in OPERATORS:
        for spelled, effect, version in itertools.product(
            _spellings(operator), ("Allow", "Deny"), ("2012-10-17", "2008-10-17")
        ):
            said = doc(says(), says(effect, Condition={spelled: {key: value}}), version=version)
            if effect == "Allow":
                said["Statement"] = said["Statement"][1:]
            agree(USER_A, Bearing(identity=(said,)))
            agree(USER_A, Bearing(identity=(said,)), context={})
            count += 2
    assert count > 1500


PLACES = (
    "*",
    REPOSITORY,
    REPOSITORY + "*",
    f"arn:aws:ecr:us-east-1:{A}:repository/*",
    f"arn:aws:ecr:*:{A}:repository/team/*",
    "arn:aws:ecr:*:*:repository/*/app",
    "arn:aws:ecr:us*1:*:repository/team/ap?",
    f"arn:aws:ecr:us-east-?:{A}:repository/team/app",
    "arn:aws:ecr:*",
    f"arn:aws:ecr:*:{A}:*/app",
    "arn:aws:ecr:us-*",
    f"arn:aws:ecr:us-east-1:{A}:repository/${{aws:PrincipalTag/team}}/*",
    f"arn:aws:ecr:us-east-1:{A}:repository/${{aws:PrincipalTag/none}}/*",
    f"arn:aws:ecr:us-east-1:{A}:repository/${{aws:PrincipalTag/none, 'team'}}/*",
    f"arn:aws:ecr:us-east-1:{A}:repository/${{x:star}}/*",
    f"arn:aws:ecr:us-east-1:{A}:repository/TEAM/app",
)
ACTIONS = ("*", "ecr:*", "ECR:putimage", "ecr:Put*", "ecr:Pu?Image", "ecr:Get*", "*:PutImage", "s3:*", "ecr:Put")
ASKED = (REPOSITORY, f"arn:aws:ecr:us-east-1:{A}:repository/team/apple", f"arn:aws:ecr:eu-west-1:{A}:repository/x", "*")


def test_every_action_and_resource() -> None:
    """Patterns of actions and resources, and their opposites, match what the oracle matches."""
    count = 0
    for action, place, asked, version in itertools.product(
        (one for one in ACTIONS if one != "*:PutImage"), PLACES, ASKED, ("2012-10-17", "2008-10-17")
    ):
        for not_action, not_place in itertools.product(("", "Not"), ("", "Not")):
            said = doc(
                {"Effect": "Allow", f"{not_action}Action": action, f"{not_place}Resource": place}, version=version
            )
            agree(USER_A, Bearing(identity=(said,)), resource=asked)
            count += 1
    assert count == 8 * 16 * 4 * 2 * 4


# --- laws ------------------------------------------------------------------------------------------------------

conditions = st.sampled_from(OPERATORS).flatmap(
    lambda one: st.sampled_from(_spellings(one[0])).map(lambda spelled: {spelled: {one[1]: one[2]}})
)
statements = st.builds(
    lambda effect, action, inverse, place, condition: {
        "Effect": effect,
        f"{inverse}Action": action,
        "Resource": place,
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(("Allow", "Deny")),
    st.sampled_from([one for one in ACTIONS if one != "*:PutImage"]),
    st.sampled_from(("", "Not")),
    st.sampled_from(PLACES),
    st.none() | conditions,
)
documents = st.lists(statements, min_size=1, max_size=4).map(lambda many: doc(*many))
granted = st.builds(
    lambda effect, name, condition: {
        "Effect": effect,
        "Principal": name,
        "Action": "ecr:*",
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(("Allow", "Deny")),
    st.sampled_from(NAMES),
    st.none() | conditions,
)
bearings = st.builds(
    Bearing,
    identity=st.lists(documents, max_size=3).map(tuple),
    boundary=st.none() | st.lists(documents, max_size=1).map(tuple),
    session=st.none() | st.lists(documents, max_size=2).map(tuple),
    resource=st.lists(st.lists(granted, min_size=1, max_size=3).map(lambda many: doc(*many)), max_size=2).map(tuple),
)
principals = st.sampled_from(EVERYBODY)


@settings(deadline=None)
@given(principals, bearings)
def test_the_oracle_agrees(principal: Principal, bearing: Bearing) -> None:
    """Whatever policies there are, the decision is the oracle's."""
    limits = {"boundary": None, "session": None, "identity": ()} if principal.kind == ROOT else {}
    agree(principal, Bearing(**{**vars(bearing), **limits}))


def _with(bearing: Bearing, part: str, statement: dict[str, Any]) -> Bearing:
    docs = getattr(bearing, part) or ()
    return Bearing(**{**vars(bearing), part: (*docs, doc(statement))})


@settings(deadline=None)
@given(principals, bearings, statements, st.sampled_from(("identity", "boundary", "session")))
def test_a_deny_more_never_allows(principal: Principal, bearing: Bearing, added: dict[str, Any], part: str) -> None:
    """Adding a Deny to policies that are there turns no refusal into an allowance."""
    if getattr(bearing, part) is None:
        bearing = Bearing(**{**vars(bearing), part: (YES,)})
    before, _ = both(principal, bearing)
    after, _ = both(principal, _with(bearing, part, {**added, "Effect": "Deny"}))
    assert before.allowed or not after.allowed


@settings(deadline=None)
@given(principals, bearings, statements, st.sampled_from(("identity", "boundary", "session")))
def test_an_allow_more_never_denies(principal: Principal, bearing: Bearing, added: dict[str, Any], part: str) -> None:
    """Adding an Allow to policies that are there turns no allowance into a refusal."""
    if getattr(bearing, part) is None:
        bearing = Bearing(**{**vars(bearing), part: (YES,)})
    before, _ = both(principal, bearing)
    after, _ = both(principal, _with(bearing, part, {**added, "Effect": "Allow"}))
    assert after.allowed or not before.allowed


@settings(deadline=None)
@given(principals, bearings, st.randoms(use_true_random=False))
def test_order_is_irrelevant(principal: Principal, bearing: Bearing, chance: random.Random) -> None:
    """The order of statements and of policies changes neither the decision nor whether a Deny made it."""

    def shuffled(docs: tuple[Mapping[str, Any], ...] | None) -> Any:
        if docs is None:
            return None
        turned = [{**one, "Statement": chance.sample(one["Statement"], len(one["Statement"]))} for one in docs]
        return tuple(chance.sample(turned, len(turned)))

    mixed = Bearing(**{part: shuffled(docs) for part, docs in vars(bearing).items()})
    before, after = both(principal, bearing)[0], both(principal, mixed)[0]
    assert (before.allowed, before.missing) == (after.allowed, after.missing)


@settings(deadline=None)
@given(
    st.text("ab:/*?", max_size=12),
    st.text("ab:/", max_size=14),
)
def test_wildcards_in_texts(pattern: str, text: str) -> None:
    """`*` is any run of characters and `?` any one, as the plainest matcher has it."""
    said = doc(says(Condition={"StringLike": {"x:text": pattern}}))
    decision, _ = both(USER_A, Bearing(identity=(said,)), context={"x:text": [text or "-"]})
    assert decision.allowed is oracle.glob(pattern, text or "-")


@settings(deadline=None)
@given(st.lists(st.text("ab*?", max_size=5), min_size=6, max_size=6), st.lists(st.text("ab", max_size=5), min_size=6))
def test_wildcards_in_arns(pattern: list[str], text: list[str]) -> None:
    """Parts of ARNs match as the oracle matches them, in resources with `*` beyond a part's end."""
    place = "arn:a*:" + ":".join(one or "b" for one in pattern)
    agree(USER_A, Bearing(identity=(doc(says(Resource=place)),)), resource="arn:ab:" + ":".join(text))


# --- what is told ----------------------------------------------------------------------------------------------


def test_reasons() -> None:
    """A decision names the statement, and AWS's sentence ends with the kind of policy."""
    sid = doc(says(), says("Deny", Sid="NoPush", Action="ecr:PutImage"))
    denied = agree(USER_A, Bearing(identity=(YES, sid)))
    assert denied.found is not None
    assert (denied.found.sid, denied.found.number, denied.found.source) == ("NoPush", 2, Source.IDENTITY)
    assert denied.reason(PUSH) == "with an explicit deny in an identity-based policy"
    nobody = doc({"Effect": "Deny", "Principal": "*", "Action": "*"})
    told = (
        (Bearing(), "no identity-based policy allows the ecr:PutImage action"),
        (Bearing(identity=(YES,), boundary=()), "no permissions boundary allows the ecr:PutImage action"),
        (Bearing(identity=(YES,), session=(ELSE,)), "no session policy allows the ecr:PutImage action"),
        (Bearing(identity=(YES,), resource=(nobody,)), "with an explicit deny in a resource-based policy"),
        (Bearing(identity=(YES,), boundary=(NO,)), "with an explicit deny in a permissions boundary"),
        (Bearing(identity=(YES,), session=(NO,)), "with an explicit deny in a session policy"),
    )
    for bearing, reason in told:
        assert agree(USER_A, bearing).reason(PUSH) == reason
    assert (
        agree(USER_B, Bearing(identity=(YES,))).reason(PUSH)
        == "no resource-based policy allows the ecr:PutImage action"
    )


def test_looking() -> None:
    """Only a decision in which conditions or variables took part says so."""
    assert not agree(USER_A, Bearing(identity=(YES,))).looked
    assert agree(USER_A, Bearing(identity=(doc(says(Condition={"Null": {"x:y": "true"}})),))).looked
    assert agree(USER_A, Bearing(identity=(doc(says(Resource=PLACES[11])),))).looked
    other = doc(says(Action="ecr:ListImages", Condition={"Null": {"x:y": "true"}}), says())
    assert not agree(USER_A, Bearing(identity=(other,))).looked
