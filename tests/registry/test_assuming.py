"""AssumeRole: what a refusal tells, and what it costs."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from tests.factories import ACCOUNT, REGION
from tests.registry.iam import HERE, OTHER, THERE, a_user, accounts
from tests.registry.test_access import grant, policy

from entrepot.domain import evaluation
from entrepot.domain.errors import Refusal
from entrepot.domain.iam_entities import Identity
from entrepot.domain.principals import Caller
from entrepot.registry import access, assuming, authorization_messages, directory, identities, roles
from entrepot.registry.assuming import Wish
from entrepot.registry.context import Registry
from entrepot.store import iam_tags, inline_policies

NOBODY_TRUSTED = grant({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole")
MISSING = f"arn:aws:iam::{OTHER}:role/missing"


@pytest.fixture(autouse=True)
def world(reg: Registry) -> None:
    accounts(reg)


def a_caller_who_may(reg: Registry, *texts: str) -> Caller:
    user = a_user(reg)
    for number, text in enumerate(texts):
        reg.db.write(partial(inline_policies.put, identity=user.id, name=f"p{number}", text=text))
    reg.db.write(identities.touch)
    access.changed(reg)
    found = directory.named(reg, user.arn)
    assert found is not None
    return Caller(found, REGION, "sts:AssumeRole", "request-1", "127.0.0.1", "pytest")


def a_role(reg: Registry, name: str, *, of: Caller = THERE, trust: str = NOBODY_TRUSTED) -> Identity:
    return roles.create(reg, of, roles.New(name, "/", trust)).identity


def refused(reg: Registry, caller: Caller, arn: str, **wish: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        assuming.assume_role(reg, caller, Wish(arn, "run", **wish))
    return caught.value


def test_the_message_of_a_refusal(reg: Registry) -> None:
    """Where the caller's own policies refuse, it tells why; of the role it tells nothing, be it there or not."""
    caller = a_caller_who_may(reg)
    role = a_role(reg, "theirs")
    said = []
    for arn in (role.arn, MISSING):
        error = refused(reg, caller, arn)
        assert (
            str(error)
            == f"User: {caller.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
        found = json.loads(authorization_messages.decoded(reg, ACCOUNT, error.encoded))
        assert found["context"].pop("resource") == arn
        found["context"].pop("conditions")
        said.append(found)
    assert said[0] == said[1]
    assert (said[0]["explicitDeny"], said[0]["context"]["action"]) == (False, "sts:AssumeRole")


def test_no_message_where_the_role_refuses(reg: Registry) -> None:
    """Who may by their own policies gets none: whether the role is there is not for them to know."""
    caller = a_caller_who_may(reg, policy("sts:*"))
    for arn in (a_role(reg, "theirs").arn, a_role(reg, "own", of=HERE).arn, MISSING):
        assert refused(reg, caller, arn).encoded == ""


def test_a_deny_is_told(reg: Registry) -> None:
    """The statement of the caller's own that denies is in it, of tagging as of assuming."""
    caller = a_caller_who_may(reg, policy("sts:*"), policy("sts:TagSession", effect="Deny", Sid="NoTags"))
    trust = grant({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession")
    error = refused(reg, caller, a_role(reg, "theirs", trust=trust).arn, tags={"Team": "a"})
    found = json.loads(authorization_messages.decoded(reg, ACCOUNT, error.encoded))
    assert found["context"]["action"] == "sts:TagSession"
    assert [one["statementId"] for one in found["matchedStatements"]["items"]] == ["NoTags"]


def test_the_tags_of_anothers_role_are_not_told(reg: Registry) -> None:
    """A condition on them is as if the role had none, so that no message tells which it has."""
    asks = policy("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceTag/env": "prod"}})
    caller = a_caller_who_may(reg, asks)
    role = a_role(reg, "theirs")
    reg.db.write(lambda tx: iam_tags.put(tx, OTHER, role.arn, "env", "prod"))
    for arn in (role.arn, MISSING):
        assert json.loads(authorization_messages.decoded(reg, ACCOUNT, refused(reg, caller, arn).encoded))


def test_the_same_work_where_there_is_no_role(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role of another account that trusts somebody else, and one that is not there, are evaluated alike."""
    caller = a_caller_who_may(reg, policy("sts:*"))
    role = a_role(reg, "theirs")
    counted: list[str] = []
    real = evaluation.decide

    def counting(request: Any, bearing: Any) -> Any:
        counted.append(request.resource)
        return real(request, bearing)

    monkeypatch.setattr(evaluation, "decide", counting)
    for arn in (role.arn, MISSING):
        refused(reg, caller, arn)
    assert counted.count(role.arn) == counted.count(MISSING) > 0
