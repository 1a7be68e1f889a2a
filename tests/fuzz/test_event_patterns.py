"""Fuzz: event patterns, against a slow reading of EventBridge's rules."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import event_patterns

from .inputs import FUZZ, inputs

_LEAVES = st.sampled_from(
    ["a", "b", "ab", "Ab", "a*b", "a\\b", "aws.ecr", "10.0.0.7", "PUSH", "", 0, 1, 5, 1.0, True, None]
)
_EVENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "source", "detail", "action-type"]),
    st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["b", "c"]), inner, max_size=2),
        max_leaves=6,
    ),
    max_size=4,
)


def fits(pattern: dict[str, Any], event: Any) -> bool:
    """Whether an object is as asked, member by member."""
    for key, asked in pattern.items():
        if key == "$or":
            good = [one for one in asked if fits(one, event)]
        elif isinstance(asked, dict):
            value = event.get(key, {})
            flat = spread(value) if isinstance(value, list) and value else [value]
            good = [one for one in flat if fits(asked, one if isinstance(one, dict) else {})]
        else:
            leaves = [one for one in spread(event[key]) if not isinstance(one, dict)] if key in event else []
            good = [one for one in asked if says(one, leaves)]
        if not good:
            return False
    return True


def spread(value: Any) -> list[Any]:
    """A list without lists in it. An empty one inside another stands for an object without members."""
    if not isinstance(value, list):
        return [value]
    return [leaf for one in value for leaf in (spread(one) or [{}])]


def says(asked: Any, leaves: list[Any]) -> bool:
    if isinstance(asked, dict) and "exists" in asked:
        return bool(asked["exists"]) == (len(leaves) > 0)
    return any(one(asked, leaf) for leaf in leaves)


def one(asked: Any, leaf: Any) -> bool:  # noqa: PLR0911 - a rule of the language each
    """Whether one value is as asked, by regular expressions and text where the product has functions."""
    if not isinstance(asked, dict):
        return json.dumps(asked) == json.dumps(leaf)
    ((name, given),) = asked.items()
    if name == "anything-but":
        if isinstance(given, dict):
            ((inner, texts),) = given.items()
            refused = [{inner: text} for text in (texts if isinstance(texts, list) else [texts])]
        else:
            refused = given if isinstance(given, list) else [given]
        return not any(one(each, leaf) for each in refused)
    if name == "numeric":
        if not isinstance(leaf, int | float) or isinstance(leaf, bool):
            return False
        ends = zip(given[::2], given[1::2], strict=True)
        signs = {"=": (0,), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}
        return all((leaf > end) - (leaf < end) in signs[sign] for sign, end in ends)
    if not isinstance(leaf, str):
        return False
    if name == "cidr":
        try:
            return ipaddress.ip_address(leaf) in ipaddress.ip_network(given)
        except ValueError:
            return False
    return re.fullmatch(expression(name, given), leaf) is not None


def expression(name: str, given: Any) -> str:
    """A regular expression for a comparison of texts; the flag of one that ignores case stands in it."""
    folded = isinstance(given, dict)
    text: str = given["equals-ignore-case"] if folded else given
    flag = "(?si)" if folded or name == "equals-ignore-case" else "(?s)"
    if name == "wildcard":
        pieces = re.findall(r"(?s)\\.|.", text)
        return flag + "".join(".*" if piece == "*" else re.escape(piece[-1]) for piece in pieces)
    before, after = {"prefix": ("", ".*"), "suffix": (".*", "")}.get(name, ("", ""))
    return flag + before + re.escape(text) + after


@FUZZ
@given(inputs("event_patterns", '{}[]":,ab*\\$or'), _EVENTS)
def test_patterns(data: bytes, event: dict[str, Any]) -> None:
    """A text is refused with ValueError, or says of an event what the slow reading says."""
    text = data.decode("utf-8", "replace")
    try:
        pattern = event_patterns.parse(text)
    except ValueError:
        return
    assert pattern.matches(event) == fits(json.loads(text), event)
