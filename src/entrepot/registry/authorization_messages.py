"""Encoded authorization messages: why somebody was refused, sealed, for those of the account who may have it decoded.

They come as a header beside a refusal, whose text stays AWS's. (STS API, DecodeAuthorizationMessage.)
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from entrepot.domain import condition_keys
from entrepot.domain.errors import AuthorizationMessageInvalid, TokenRefused
from entrepot.domain.evaluation import Source
from entrepot.domain.principals import NO_FACTS, USER
from entrepot.registry import credentials, sealing
from entrepot.registry.circumstances import Circumstances

if TYPE_CHECKING:
    from entrepot.domain.evaluation import Decision
    from entrepot.domain.principals import Caller, Facts
    from entrepot.registry.context import Registry

CHARACTERS: Final = 4096
_KEYS = (
    *("aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpce", "aws:SecureTransport", "aws:RequestedRegion"),
    *("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:userid", "aws:username"),
    *("aws:CurrentTime", "aws:TokenIssueTime"),
)
"""What the request itself tells. The tags of what was asked for are not of it: they may be another account's."""


def encoded(reg: Registry, caller: Caller, resource: str, decision: Decision) -> str:
    """A refusal as ASCII text of at most CHARACTERS, empty where it would be longer or the caller has no account.

    It opens for the caller's account only, and never begins with a `-`, which command lines take for an option. What
    the request carries of its own, as aws:RequestTag, is left out where there is too much of it.
    """
    account = caller.principal.account
    if not account:
        return ""
    for facts in (caller.facts, NO_FACTS):
        said = json.dumps(_message(reg, caller, resource, decision, facts), separators=(",", ":"))
        sealed = sealing.seal(reg.keys, _purpose(account), zlib.compress(said.encode()))
        text = base64.b64encode(sealed).decode()
        if len(text) <= CHARACTERS:
            return text
    return ""


def decoded(reg: Registry, account: str, text: str) -> str:
    """The JSON of a message that was encoded for somebody of this account.

    Raises AuthorizationMessageInvalid, the same for what is altered, of another installation or of another account.
    """
    try:
        sealed = base64.b64decode(text, validate=True)
        if base64.b64encode(sealed).decode() != text:
            raise AuthorizationMessageInvalid
        return credentials.inflate(sealing.unseal(reg.keys, _purpose(account), sealed)).decode()
    except (TokenRefused, ValueError) as error:
        raise AuthorizationMessageInvalid from error


def _purpose(account: str) -> str:
    return f"authorization message {account}"


def _message(reg: Registry, caller: Caller, resource: str, decision: Decision, facts: Facts) -> dict[str, Any]:
    """What DecodeAuthorizationMessage answers; a statement of another account's policy is not told."""
    principal = caller.principal
    who = {"id": principal.user_id, "arn": principal.arn}
    if principal.kind == USER:
        who["name"] = principal.name
    return {
        "allowed": False,
        "explicitDeny": decision.found is not None,
        "matchedStatements": {"items": _statements(principal.account, resource, decision)},
        "failures": {"items": []},
        "context": {
            "principal": who,
            "action": caller.action,
            "resource": resource,
            "conditions": {"items": _conditions(reg, caller, resource, facts)},
        },
    }


def _statements(account: str, resource: str, decision: Decision) -> list[dict[str, Any]]:
    found = decision.found
    if found is None or (found.source is Source.RESOURCE and f":{account}:" not in resource):
        return []
    return [
        {
            "statementId": found.sid,
            "effect": "DENY",
            "policy": found.policy,
            "policyType": found.source.value,
            "number": found.number,
        }
    ]


def _conditions(reg: Registry, caller: Caller, resource: str, facts: Facts) -> list[dict[str, Any]]:
    look = Circumstances(reg, caller, resource, NO_FACTS)
    known = {key: look(key.lower()) for key in _KEYS} | {condition_keys.spelled(key): facts[key] for key in facts}
    return [
        {"key": key, "values": {"items": [{"value": value} for value in values]}}
        for key, values in known.items()
        if values
    ]
