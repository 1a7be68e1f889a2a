"""What the conditions of policies ask of a request: every operator, IfExists, Null and the words for sets of values."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar

from entrepot.domain import instants
from entrepot.domain.conditions import Condition
from entrepot.domain.patterns import Look, Matcher, Reach, read

Test = Callable[[Look], bool]
_Value = Callable[[str, Look], bool]
_T = TypeVar("_T")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def compiled(condition: Condition, *, variables: bool) -> tuple[Test, set[str]]:
    """The question that a condition asks, and the condition keys that it looks at, in lower case.

    A key that the request does not have fails the condition, but passes negated operators, IfExists and ForAllValues.
    A value with a variable that has no value matches nothing. (IAM user guide, "Condition operators", "Set operators
    for multivalued context keys".)
    """
    key = condition.key.lower()
    if condition.operator == "Null":
        wanted = {value.lower() == "true" for value in condition.values}
        return lambda look: (look(key) is None) in wanted, {key}
    negated = "Not" in condition.operator
    value, keys = _value(condition, variables=variables)
    return _quantified(key, value, condition, negated=negated), {key, *keys}


def _quantified(key: str, value: _Value, condition: Condition, *, negated: bool) -> Test:
    """The test of all values of a key; `value` tells for one of them whether it matches one of the policy's."""
    word = condition.quantifier
    absent = condition.if_exists or word == "ForAllValues" or (negated and not word)
    every = word == "ForAllValues" or (negated and not word)

    def test(look: Look) -> bool:
        found = look(key)
        if word and found is not None:
            found = tuple(each for each in found if each)  # an empty value counts as none in a set
        if not found:
            return absent
        if every:
            return all(value(each, look) is not negated for each in found)
        return any(value(each, look) is not negated for each in found)

    return test


def _value(condition: Condition, *, variables: bool) -> tuple[_Value, set[str]]:
    name, values = condition.operator, condition.values
    bare = name.replace("Not", "")
    if bare.startswith("String"):
        return _texts(bare, values, variables=variables)
    if bare.startswith("Arn"):
        return _matching(values, Reach.ARN, variables=variables, wildcards=True)
    if bare.startswith("Numeric"):
        return _compared(_decimal, bare.removeprefix("Numeric"), values), set()
    if bare.startswith("Date"):
        return _compared(instants.seconds, bare.removeprefix("Date"), values), set()
    return _plain(bare, values), set()


def _plain(bare: str, values: tuple[str, ...]) -> _Value:
    if bare == "Bool":
        truths = {value.lower() for value in values}
        return lambda text, _: text.lower() in truths
    if bare == "BinaryEquals":
        wanted = _known(values, _bytes)
        return lambda text, _: _bytes(text) in wanted
    networks: list[_Network] = _known(values, _network)
    return lambda text, _: _inside(text, networks)


def _texts(bare: str, values: tuple[str, ...], *, variables: bool) -> tuple[_Value, set[str]]:
    if bare != "StringEqualsIgnoreCase":
        return _matching(values, Reach.TEXT, variables=variables, wildcards=bare == "StringLike")
    matches, keys = _matching(
        tuple(value.lower() for value in values), Reach.TEXT, variables=variables, wildcards=False
    )

    def folded(text: str, look: Look) -> bool:
        return matches(text.lower(), lambda key: _lower(look(key)))

    return folded, keys


def _lower(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(value.lower() for value in values)


def _matching(values: tuple[str, ...], reach: Reach, *, variables: bool, wildcards: bool) -> tuple[_Value, set[str]]:
    matcher = Matcher((read(value, variables=variables, wildcards=wildcards) for value in values), reach)
    return matcher.matches, matcher.keys


def _known(values: tuple[str, ...], parse: Callable[[str], _T | None]) -> list[_T]:
    return [each for each in map(parse, values) if each is not None]


def _compared(parse: Callable[[str], Decimal | None], order: str, values: tuple[str, ...]) -> _Value:
    wanted, compare = _known(values, parse), _ORDERS[order]

    def matches(text: str, _: Look) -> bool:
        found = parse(text)
        return found is not None and any(compare(found, each) for each in wanted)

    return matches


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(1024)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address; one of IPv4 may come in its IPv6 form."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _inside(text: str, networks: list[_Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)
