"""The conditions of policies: IAM's operators, and which values each of them takes."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.domain import instants

_COMPARISONS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_SETS = ("ForAllValues", "ForAnyValue")
_KEY = re.compile(r"[A-Za-z0-9._/-]+:[^\x00-\x1f\x7f]{1,512}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}(\.[0-9]{1,19})?")
_ARN = re.compile(r"(\*|arn:[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]*:\S+)")


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, with its values as they were written; `quantifier` is a word of `_SETS` or empty."""

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False


def parse(operator: str, key: str, values: tuple[str, ...]) -> Condition:
    """The condition that an operator, with its quantifier and IfExists, a key and its values make.

    Raises ValueError saying what is wrong. (IAM user guide, "IAM JSON policy elements: Condition operators".)
    """
    quantifier, bare = "", operator
    for word in _SETS:
        if operator.startswith(f"{word}:"):
            quantifier, bare = word, operator.removeprefix(f"{word}:")
    name = bare.removesuffix("IfExists")
    if name not in _TAKES or (name == "Null" and bare != name):
        raise ValueError(f"there is no condition operator '{operator[:80]}'")
    if not _KEY.fullmatch(key):
        raise ValueError(f"'{key[:80]}' is no condition key: it needs the form 'aws:SourceIp'")
    takes, what = _TAKES[name]
    for value in values:
        if "${" not in value and not takes(value):
            raise ValueError(f"{operator} of {key[:80]} takes {what}, which '{value[:80]}' is not")
    return Condition(name, key, values, quantifier, bare != name)


def _any(_: str) -> bool:
    return True


def _number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _date(value: str) -> bool:
    return instants.seconds(value) is not None


def _truth(value: str) -> bool:
    return value.lower() in {"true", "false"}


def _bytes(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


def _addresses(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _arn(value: str) -> bool:
    return _ARN.fullmatch(value) is not None


_STRINGS = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
_Takes = tuple[Callable[[str], bool], str]
_TAKES: dict[str, _Takes] = {
    **{f"String{name}": (_any, "text") for name in _STRINGS},
    **{f"Numeric{name}": (_number, "numbers") for name in _COMPARISONS},
    **{f"Date{name}": (_date, "dates of ISO 8601") for name in _COMPARISONS},
    **{f"Arn{name}": (_arn, "ARNs") for name in ("Equals", "NotEquals", "Like", "NotLike")},
    "Bool": (_truth, "true or false"),
    "BinaryEquals": (_bytes, "base64"),
    "IpAddress": (_addresses, "IP addresses and networks"),
    "NotIpAddress": (_addresses, "IP addresses and networks"),
    "Null": (_truth, "true or false"),
}
