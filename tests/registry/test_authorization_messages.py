"""Encoded authorization messages: what they say, and to whom."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_repository
from tests.registry.test_access import OTHER, REPOSITORY, give, grant, policy, somebody

from entrepot.domain import errors as e
from entrepot.domain import iam_names as names
from entrepot.domain.principals import NOBODY, Caller
from entrepot.registry import access, authorization_messages, policies, sealing
from entrepot.registry.context import Registry


def refused(reg: Registry, caller: Caller, action: str = "ecr:PutImage", resource: str = REPOSITORY) -> str:
    """The encoded message of a refusal."""
    access.changed(reg)
    with pytest.raises(e.AccessDenied) as caught:
        access.authorise(reg, replace(caller, action=action), resource)
    return caught.value.encoded


def opened(reg: Registry, text: str, account: str = ACCOUNT) -> Any:
    return json.loads(authorization_messages.decoded(reg, account, text))


def test_no_allow(reg: Registry) -> None:
    """It tells who asked for what, from where, and that no statement matched, in the form of AWS's page."""
    caller = replace(somebody(reg), facts={"aws:requesttag/team": ("a",)})
    found = opened(reg, refused(reg, caller))
    context = found.pop("context")
    assert found == {
        "allowed": False,
        "explicitDeny": False,
        "matchedStatements": {"items": []},
        "failures": {"items": []},
    }
    principal = caller.principal
    assert context["principal"] == {"id": principal.user_id, "arn": principal.arn, "name": "ci"}
    assert (context["action"], context["resource"]) == ("ecr:PutImage", REPOSITORY)
    told = {one["key"]: [each["value"] for each in one["values"]["items"]] for one in context["conditions"]["items"]}
    assert (told["aws:SourceIp"], told["aws:SecureTransport"]) == (["127.0.0.1"], ["false"])
    assert (told["aws:username"], told["aws:RequestTag/team"]) == (["ci"], ["a"])
    assert "aws:TokenIssueTime" not in told


def test_an_explicit_deny(reg: Registry) -> None:
    """It names the statement of the account's own policy that denies."""
    caller = somebody(reg, names.ROLE)
    give(reg, caller, policy("ecr:*", effect="Deny", Sid="Never"))
    found = opened(reg, refused(reg, caller))
    assert (found["explicitDeny"], found["context"]["principal"]["id"]) == (True, caller.principal.user_id)
    [statement] = found["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"], statement["number"]) == ("Never", "DENY", 1)
    assert statement["policy"].startswith("role/ci/")


def test_another_accounts_policy(reg: Registry) -> None:
    """Of another account's policy it tells no more than the refusal's text: that it denies."""
    a_repository(reg)
    mine, theirs = somebody(reg), somebody(reg, account=OTHER)
    for caller in (mine, theirs):
        give(reg, caller, policy("ecr:*"))
    text = grant("*", "ecr:PutImage", effect="Deny", Sid="Secret")
    policies.set_repository(reg, a_caller(), KEY, "team/app", text, force=True)
    inside = opened(reg, refused(reg, mine))
    assert [one["statementId"] for one in inside["matchedStatements"]["items"]] == ["Secret"]
    outside = authorization_messages.decoded(reg, OTHER, refused(reg, theirs))
    assert json.loads(outside)["explicitDeny"] is True
    assert json.loads(outside)["matchedStatements"] == {"items": []}
    assert "Secret" not in outside


def test_what_is_not_there(reg: Registry) -> None:
    """Of another account's repository, one that is there and one that is not get the same message."""
    a_repository(reg)
    theirs = somebody(reg, account=OTHER)
    give(reg, theirs, policy("ecr:*"))
    there = opened(reg, refused(reg, theirs), OTHER)
    missing = opened(reg, refused(reg, theirs, resource=REPOSITORY.replace("app", "xxx")), OTHER)
    assert missing.pop("context").pop("conditions") == there.pop("context").pop("conditions")
    assert missing == there


def test_who_may_open_it(reg: Registry) -> None:
    """Another account, an altered message, another seal and plain text are all the same to it."""
    text = refused(reg, somebody(reg))
    raw = base64.b64decode(text)
    altered = base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    other = base64.b64encode(sealing.seal(reg.keys, "session", b"x")).decode()
    for account, message in (
        (OTHER, text),
        ("", text),
        (ACCOUNT, altered),
        (ACCOUNT, other),
        (ACCOUNT, "x"),
        (ACCOUNT, "é"),
        (ACCOUNT, text + "="),
        (ACCOUNT, text + "===="),
        (ACCOUNT, text.replace("+", "-").replace("/", "_") + "\n"),
    ):
        with pytest.raises(e.AuthorizationMessageInvalid, match=r"^Message is not valid$"):
            authorization_messages.decoded(reg, account, message)
    assert opened(reg, text)["allowed"] is False


def noisy(number: int) -> str:
    """Text that nothing makes shorter."""
    return hashlib.shake_256(str(number).encode()).hexdigest(128)


def test_its_length(reg: Registry) -> None:
    """It fits a header: what is too much of the request's own is left out, and what does not fit then is not made."""
    noise = {f"aws:requesttag/{at}": (noisy(at),) for at in range(50)}
    text = refused(reg, replace(somebody(reg), facts=noise))
    assert len(text) <= authorization_messages.CHARACTERS
    assert "aws:requesttag" not in json.dumps(opened(reg, text))
    long = "".join(noisy(at) for at in range(100))
    assert refused(reg, somebody(reg, names.ROLE), resource=f"{REPOSITORY}{long}") == ""


def test_what_is_allowed_makes_none(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that one of two permissions allows makes no message of the other."""
    caller = somebody(reg)
    give(reg, caller, policy("ecr:BatchCheckLayerAvailability"))
    access.changed(reg)
    made: list[str] = []
    seal = sealing.seal

    def counted(keys: sealing.HasRing, purpose: str, data: bytes) -> bytes:
        made.append(purpose)
        return seal(keys, purpose, data)

    monkeypatch.setattr(sealing, "seal", counted)
    wanted = ("ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
    assert access.refusal(reg, caller, wanted, REPOSITORY) is None
    assert made == []
    refusal = access.refusal(reg, caller, wanted[:1], REPOSITORY)
    assert refusal is not None
    assert (len(made), bool(refusal.encoded)) == (1, True)


def test_nobody(reg: Registry) -> None:
    """Who has no account gets none: nobody could open it."""
    decision = access.decide(reg, somebody(reg), REPOSITORY)
    assert authorization_messages.encoded(reg, replace(a_caller(), principal=NOBODY), REPOSITORY, decision) == ""


def test_one_spelling(reg: Registry) -> None:
    """A message with more padding or white space behind it is not the message."""
    caller = somebody(reg)
    texts = [refused(reg, caller, resource=f"{REPOSITORY}{noisy(number)[:number]}") for number in range(12)]
    assert len({text.count("=") for text in texts}) > 1
    for text in texts:
        assert opened(reg, text)["allowed"] is False
        for more in ("=", "==", "===", "\n", " "):
            with pytest.raises(e.AuthorizationMessageInvalid):
                authorization_messages.decoded(reg, ACCOUNT, text + more)
