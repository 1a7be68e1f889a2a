"""Which users and roles the ARNs in a resource's policy stand for: unique ids, from when the policy is set.

Who is made anew under an old name is somebody else. (IAM user guide, "AWS JSON policy elements: Principal".)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from entrepot.domain.errors import MalformedPolicyDocument, PolicyInvalid
from entrepot.domain.policies import Document, Kind

_ID = re.compile(r"((?:AIDA|AROA)[A-Z0-9]+)(?::(.+))?")
_BOUND = re.compile(
    r"arn:aws[a-z-]*:(?:iam::([0-9]{12}):(user|role)/(?:.*/)?([^/]+)|sts::([0-9]{12}):assumed-(role)/([^/]+)/(.+))"
)

_GONE = "The account has no user or role with this unique id: who had it was deleted. Name somebody by an ARN"

Ids = Mapping[str, str]
"""Unique ids by what stood in a policy: AIDA… of a user, AROA… of a role, AROA…:name of a role's session."""


def named(document: Document) -> tuple[str, ...]:
    """The ARNs and the unique ids of users, roles and sessions of roles that a policy has as principals, each once."""
    every = (
        one.value
        for statement in document.statements
        for one in (*statement.principals, *statement.not_principals)
        if one.kind == "AWS" and (_BOUND.fullmatch(one.value) or _ID.fullmatch(one.value))
    )
    return tuple(dict.fromkeys(every))


def unique_id(text: str) -> tuple[str, str] | None:
    """The unique id that one of `named` is, and the name of the session, or empty; None of an ARN."""
    found = _ID.fullmatch(text)
    return (found[1], found[2] or "") if found else None


def parts(arn: str) -> tuple[str, str, str, str]:
    """Account, kind (user or role) and name that one of `named` tells, and the name of the session, or empty."""
    found = _BOUND.fullmatch(arn)
    if found is None:
        raise ValueError(f"{arn} names no user or role")
    return found[1] or found[4], found[2] or found[5], found[3] or found[6], found[7] or ""


def not_found(kind: Kind, name: str) -> PolicyInvalid | MalformedPolicyDocument:
    """The refusal of a policy that names somebody who is not there, by an ARN or by the id that is left of them."""
    more = f". {_GONE}" if unique_id(name) else ""
    if kind is Kind.TRUST:
        return MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{name}"{more}')
    return PolicyInvalid(kind.value, f"Principal not found: {name}{more}")


def to_text(ids: Ids) -> str:
    """How the ids are kept beside a policy; empty where there are none."""
    return json.dumps(ids, sort_keys=True) if ids else ""


def read(kept: str) -> Ids:
    """The ids that `to_text` wrote."""
    found: dict[str, str] = json.loads(kept) if kept else {}
    return found


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A policy's text with other names of principals; where there are none it is the same to the letter."""
    if not names:
        return text
    document = json.loads(text)
    for principals in _principals(document):
        value = principals["AWS"]
        each = value if isinstance(value, list) else [value]
        new = [names.get(one, one) for one in each]
        principals["AWS"] = new if isinstance(value, list) else new[0]
    return json.dumps(document, indent=2, ensure_ascii=False)


def _principals(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects in a policy's text that hold principals of AWS."""
    written = document["Statement"]
    for statement in written if isinstance(written, list) else [written]:
        for element in ("Principal", "NotPrincipal"):
            value = statement.get(element)
            if isinstance(value, dict) and "AWS" in value:
                yield value
