"""A second evaluator of policies, small and slow, written from AWS's pages and not from the one that is tested.

It reads documents as plain JSON. "Policy evaluation logic" and "Cross-account policy evaluation logic" decide; the
pages of the policy elements say what matches.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Doc = Mapping[str, Any]
Context = Mapping[str, list[str]]


@dataclass(frozen=True)
class Who:
    """`chain` are the ARNs that a policy may name: of a user one, of a role's session the role's and the session's."""

    kind: str
    account: str
    chain: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    who: Who
    action: str
    resource: str
    owner: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Bearing:
    """The documents of each kind; a boundary or session policies that are not there are None."""

    identity: tuple[Doc, ...] = ()
    boundary: tuple[Doc, ...] | None = None
    session: tuple[Doc, ...] | None = None
    resource: tuple[Doc, ...] = ()


# --- the decision ----------------------------------------------------------------------------------------------


def decide(ask: Ask, bearing: Bearing) -> str:
    """`allow`, `deny` for an explicit one, or `none` where nothing allows."""
    everything = [*bearing.identity, *(bearing.boundary or ()), *(bearing.session or ())]
    if any(_has(doc, ask, "Deny", named=False) for doc in everything):
        return "deny"
    if any(_has(doc, ask, "Deny", named=True) for doc in bearing.resource):
        return "deny"
    by_identity = any(_has(doc, ask, "Allow", named=False) for doc in bearing.identity)
    by_boundary = bearing.boundary is None or any(_has(doc, ask, "Allow", named=False) for doc in bearing.boundary)
    by_session = bearing.session is None or any(_has(doc, ask, "Allow", named=False) for doc in bearing.session)
    direct, by_role, by_account = _grants(ask, bearing.resource)
    if ask.who.kind == "root":
        ok = ask.owner == ask.who.account or direct or by_account
    elif ask.owner == ask.who.account:
        limits = by_boundary and by_session
        ok = direct or (by_role and limits) or (by_identity and limits)
    else:
        ok = by_identity and by_boundary and by_session and (direct or by_role or by_account)
    return "allow" if ok else "none"


def _grants(ask: Ask, docs: Iterable[Doc]) -> tuple[bool, bool, bool]:
    """Whether a resource's policies allow it to everybody or to this very caller, to its role, to its account."""
    direct = by_role = by_account = False
    root = f"arn:aws:iam::{ask.who.account}:root"
    for doc in docs:
        for statement in _statements(doc):
            if statement["Effect"] != "Allow" or not _about(doc, statement, ask):
                continue
            named = _aws(statement.get("Principal"))
            direct |= "*" in named or ask.who.chain[-1] in named
            by_role |= len(ask.who.chain) > 1 and ask.who.chain[0] in named
            by_account |= root in named or ask.who.account in named
    return direct, by_role, by_account


def _has(doc: Doc, ask: Ask, effect: str, *, named: bool) -> bool:
    for statement in _statements(doc):
        if statement["Effect"] == effect and _about(doc, statement, ask) and (not named or _concerns(statement, ask)):
            return True
    return False


def _concerns(statement: Doc, ask: Ask) -> bool:
    mine = {*ask.who.chain, f"arn:aws:iam::{ask.who.account}:root"}
    if "NotPrincipal" in statement:
        listed = {_full(one) for one in _aws(statement["NotPrincipal"])}
        return "*" not in listed and not mine <= listed
    listed = {_full(one) for one in _aws(statement["Principal"])}
    return "*" in listed or bool(mine & listed)


def _aws(principal: Any) -> list[str]:
    return ["*"] if principal == "*" else _list((principal or {}).get("AWS", []))


def _full(principal: str) -> str:
    return f"arn:aws:iam::{principal}:root" if re.fullmatch(r"\d{12}", principal) else principal


# --- statements ------------------------------------------------------------------------------------------------


def _statements(doc: Doc) -> list[Doc]:
    return _list(doc["Statement"])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _about(doc: Doc, statement: Doc, ask: Ask) -> bool:
    new = doc.get("Version") == "2012-10-17"
    key = "Action" if "Action" in statement else "NotAction"
    hit = any(glob(one.lower(), ask.action.lower()) for one in _list(statement[key]))
    if hit is not (key == "Action"):
        return False
    for key in ("Resource", "NotResource"):
        if key in statement:
            hit = any(_place(one, ask, new=new) for one in _list(statement[key]))
            if hit is not (key == "Resource"):
                return False
    return all(
        _condition(operator, name, [_text(value) for value in _list(values)], ask.context, new=new)
        for operator, names in statement.get("Condition", {}).items()
        for name, values in names.items()
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _place(pattern: str, ask: Ask, *, new: bool) -> bool:
    filled = _fill(pattern, ask.context) if new else _marks(pattern)
    return filled is not None and arn_glob(filled, ask.resource, spans=True)


# Wildcards are marked so that values which hold `*` or `?` stay text.
_STAR, _ONE = "\ue000", "\ue001"


def _marks(pattern: str) -> str:
    return pattern.replace("*", _STAR).replace("?", _ONE)


def _fill(pattern: str, context: Context) -> str | None:
    out, rest = "", pattern
    while (at := re.search(r"\$\{([^{}]*)\}", rest)) is not None:
        inside = at[1]
        out += _marks(rest[: at.start()])
        rest = rest[at.end() :]
        if inside in ("*", "?", "$"):
            out += inside
            continue
        name, comma, default = inside.partition(",")
        values = _look(context, name.strip())
        if values is not None and len(values) == 1:
            out += values[0]
        elif comma:
            out += default.strip().removeprefix("'").removesuffix("'")
        else:
            return None
    return out + _marks(rest)


def glob(pattern: str, text: str) -> bool:
    """Wildcards in the plainest way."""
    return _glob(_marks(pattern), text)


@lru_cache(100_000)
def _glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == _STAR:
        return _glob(pattern[1:], text) or (bool(text) and _glob(pattern, text[1:]))
    return bool(text) and pattern[0] in (_ONE, text[0]) and _glob(pattern[1:], text[1:])


def arn_glob(pattern: str, arn: str, *, spans: bool) -> bool:
    """An ARN's parts one by one; with `spans`, a `*` that ends a part may take the rest of the ARN's parts in."""
    if pattern == _STAR:
        return True
    return _parts(tuple(pattern.split(":", 5)), tuple(arn.split(":", 5)), spans=spans)


def _parts(patterns: tuple[str, ...], texts: tuple[str, ...], *, spans: bool) -> bool:
    if not patterns or not texts:
        return not patterns and not texts
    if _glob(patterns[0], texts[0]) and _parts(patterns[1:], texts[1:], spans=spans):
        return True
    if spans and patterns[0].endswith(_STAR) and len(texts) > 1:
        return _parts(patterns, (f"{texts[0]}:{texts[1]}", *texts[2:]), spans=spans)
    return False


# --- conditions ------------------------------------------------------------------------------------------------


def _look(context: Context, key: str) -> list[str] | None:
    for name, values in context.items():
        if name.lower() == key.lower():
            return list(values)
    return None


def _condition(operator: str, key: str, wanted: list[str], context: Context, *, new: bool) -> bool:
    word, _, bare = operator.rpartition(":")
    lenient = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    found = _look(context, key)
    if bare == "Null":
        return any((found is None) is (one.lower() == "true") for one in wanted)
    negated = "Not" in bare
    if word and found is not None:
        found = [one for one in found if one != ""]
    if not found:
        return lenient or word == "ForAllValues" or (negated and word == "")
    hits = [any(_compare(bare.replace("Not", ""), one, each, context, new=new) for each in wanted) for one in found]
    good = [hit is not negated for hit in hits]
    if word == "ForAllValues" or (not word and negated):
        return all(good)
    return any(good)


def _compare(operator: str, found: str, wanted: str, context: Context, *, new: bool) -> bool:
    if operator.startswith(("String", "Arn")):
        return _compare_text(operator, found, wanted, context, new=new)
    if operator == "Bool":
        return found.lower() == wanted.lower()
    try:
        return _compare_value(operator, found, wanted)
    except ValueError:
        return False


def _compare_value(operator: str, found: str, wanted: str) -> bool:
    if operator == "BinaryEquals":
        return base64.b64decode(found, validate=True) == base64.b64decode(wanted, validate=True)
    if operator == "IpAddress":
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    if operator.startswith("Numeric"):
        return _order(operator.removeprefix("Numeric"), float(found), float(wanted))
    return _order(operator.removeprefix("Date"), _seconds(found), _seconds(wanted))


def _compare_text(operator: str, found: str, wanted: str, context: Context, *, new: bool) -> bool:
    filled = _fill(wanted, context) if new else _marks(wanted)
    if filled is None:
        return False
    if operator.startswith("Arn"):
        return arn_glob(filled, found, spans=False)
    if operator == "StringLike":
        return _glob(filled, found)
    plain = filled.replace(_STAR, "*").replace(_ONE, "?")
    return found.lower() == plain.lower() if operator == "StringEqualsIgnoreCase" else found == plain


def _order(name: str, found: float, wanted: float) -> bool:
    return {
        "Equals": found == wanted,
        "LessThan": found < wanted,
        "LessThanEquals": found <= wanted,
        "GreaterThan": found > wanted,
        "GreaterThanEquals": found >= wanted,
    }[name]


def _seconds(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text) and not re.fullmatch(r"\d{4}", text):
        return float(text)
    missing = {4: "-01-01", 7: "-01"}.get(len(text), "")
    at = dt.datetime.fromisoformat(text + missing)
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()
