"""Event patterns: EventBridge's language that says which events somebody wants."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from entrepot.domain import wildcard

PATTERN_MAX = 4096  # characters; EventBridge's quota is 2,048 and can be raised to this
DEPTH_MAX = 32
NUMBER_MAX = 5.0e9  # EventBridge user guide, "Numeric matching"
_OR = "$or"
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Test = Callable[[object], bool]
"""Whether a leaf of an event is as asked."""

Branch = Callable[[Mapping[str, object]], bool]
"""Whether an object of an event is as asked."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was understood. Make one with `parse`."""

    text: str
    _branch: Branch

    def matches(self, event: Mapping[str, object]) -> bool:
        """Whether an event, as an envelope, is one of those asked for."""
        return self._branch(event)


def parse(text: str) -> Pattern:
    """Understand a pattern. Raises ValueError, with what is wrong and where, for what EventBridge would refuse too.

    At most 4,096 characters. (EventBridge user guide, "Comparison operators for use in event patterns".)
    """
    if len(text) > PATTERN_MAX:
        raise ValueError(f"an event pattern has at most {PATTERN_MAX} characters")
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("an event pattern is not nested so deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"an event pattern is JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("an event pattern is a JSON object")  # noqa: TRY004 - what is wrong is the text
    return Pattern(text, _branch(document, "", 0))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an event pattern has a key twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


# --- objects ---------------------------------------------------------------------------------------------------


def _branch(pattern: Mapping[str, object], path: str, depth: int) -> Branch:
    """What an object has to be: every key as asked, and one of the alternatives of `$or`."""
    if not pattern:
        raise ValueError(f"{path or 'the pattern'}: an empty object matches nothing")
    if depth > DEPTH_MAX:
        raise ValueError(f"an event pattern is nested at most {DEPTH_MAX} deep")
    asked = [_member(key, value, f"{path}.{key}".lstrip("."), depth) for key, value in pattern.items()]
    return lambda event: all(test(event) for test in asked)


def _member(key: str, value: object, path: str, depth: int) -> Branch:
    if key == _OR:
        return _alternatives(value, path, depth)
    if isinstance(value, dict):
        inner = _branch(value, path, depth + 1)
        return lambda event: _nested(event.get(key), inner)
    if not isinstance(value, list) or not value:
        raise ValueError(f"{path}: a list of values, or an object")
    tests = [_value(one, path) for one in value]

    def asked(event: Mapping[str, object]) -> bool:
        leaves = tuple(_leaves(event[key])) if key in event else ()
        return any(test(leaves) for test in tests)

    return asked


def _alternatives(value: object, path: str, depth: int) -> Branch:
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"{path}: a list of objects")
    branches = [_branch(one, path, depth + 1) for one in value]
    return lambda event: any(branch(event) for branch in branches)


def _nested(value: object, inner: Branch) -> bool:
    """An object as asked, or a list in which one object is: all that is asked of it holds of the same one."""
    if isinstance(value, Mapping):
        return inner(value)
    if isinstance(value, list | tuple) and value:
        return any(_nested(one, inner) for one in value)
    return inner({})  # what is asked not to exist in it does not


def _leaves(value: object) -> Iterator[object]:
    """The values that a field has: a list has each of its own, an object none."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    elif not isinstance(value, Mapping):
        yield value


# --- values ----------------------------------------------------------------------------------------------------


def _value(asked: object, path: str) -> Callable[[Sequence[object]], bool]:
    """What one of a field's values has to be, or, for `exists`, whether there is one."""
    if isinstance(asked, dict) and list(asked) == ["exists"]:
        wanted = asked["exists"]
        if not isinstance(wanted, bool):
            raise ValueError(f"{path}: exists is true or false")
        return lambda leaves: bool(leaves) is wanted
    test = _test(asked, path)
    return lambda leaves: any(test(leaf) for leaf in leaves)


def _test(asked: object, path: str) -> Test:
    if isinstance(asked, dict):
        if len(asked) != 1:
            raise ValueError(f"{path}: an object with one comparison")
        (name, given), *_ = asked.items()
        if name not in _OPERATORS:
            raise ValueError(f"{path}: {name!r} is not one of {', '.join(sorted([*_OPERATORS, 'exists']))}")
        return _OPERATORS[name](given, path)
    if isinstance(asked, list):
        raise ValueError(f"{path}: a list inside a list")  # noqa: TRY004 - what is wrong is the text
    return lambda leaf: _same(leaf, asked)


def _same(leaf: object, asked: object) -> bool:
    """EventBridge compares numbers as they are written: 300 is not 300.0, and true is not 1."""
    return type(leaf) is type(asked) and leaf == asked


def _text(given: object, path: str, name: str) -> str:
    if not isinstance(given, str) or (not given and name != "equals-ignore-case"):
        raise ValueError(f"{path}: {name} takes a text")
    return given


def _of_text(test: Callable[[str], bool]) -> Test:
    return lambda leaf: isinstance(leaf, str) and test(leaf)


def _affix(name: str, found: Callable[[str, str], bool]) -> Callable[[object, str], Test]:
    def make(given: object, path: str) -> Test:
        if isinstance(given, dict) and list(given) == ["equals-ignore-case"]:
            folded = _text(given["equals-ignore-case"], path, name).lower()
            return _of_text(lambda leaf: found(leaf.lower(), folded))
        wanted = _text(given, path, name)
        return _of_text(lambda leaf: found(leaf, wanted))

    return make


def _ignoring_case(given: object, path: str) -> Test:
    wanted = _text(given, path, "equals-ignore-case").lower()
    return _of_text(lambda leaf: leaf.lower() == wanted)


def _wildcard(given: object, path: str) -> Test:
    r"""`*` is any run of characters; `\*` and `\\` are the characters themselves."""
    wanted = _text(given, path, "wildcard")
    plain = wanted.replace("\\\\", "\1").replace("\\*", "\0")
    if "\\" in plain:
        raise ValueError(f"{path}: in a wildcard a backslash stands before * or a backslash")
    if "**" in plain:
        raise ValueError(f"{path}: a wildcard has no two * beside each other")
    return _of_text(lambda leaf: wildcard.matches(plain, leaf.replace("\\", "\1").replace("*", "\0")))


def _numeric(given: object, path: str) -> Test:
    """One comparison, or a lower and an upper end."""
    if not isinstance(given, list) or len(given) not in (2, 4):
        raise ValueError(f'{path}: numeric takes [">", 0] or [">", 0, "<=", 5]')
    signs, ends = given[::2], given[1::2]
    if not all(isinstance(sign, str) and sign in _COMPARISONS for sign in signs):
        raise ValueError(f"{path}: numeric compares with one of {' '.join(_COMPARISONS)}")
    if not all(_is_number(end) and abs(end) <= NUMBER_MAX for end in ends):
        raise ValueError(f"{path}: numeric compares with numbers from -5.0e9 to 5.0e9")
    if len(signs) == 2 and (signs[0] not in (">", ">=") or signs[1] not in ("<", "<=") or ends[0] >= ends[1]):  # noqa: PLR2004
        raise ValueError(f"{path}: a numeric range has a lower end, then a higher one")
    compared = [(_COMPARISONS[sign], end) for sign, end in zip(signs, ends, strict=True)]
    return lambda leaf: isinstance(leaf, int | float) and _is_number(leaf) and all(is_(leaf, x) for is_, x in compared)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cidr(given: object, path: str) -> Test:
    try:
        network = ip_network(_text(given, path, "cidr"))
    except ValueError:
        raise ValueError(f"{path}: cidr takes a network such as 10.0.0.0/24") from None

    def within(leaf: str) -> bool:
        try:
            return ip_address(leaf) in network
        except ValueError:
            return False

    return _of_text(within)


def _anything_but(given: object, path: str) -> Test:
    """Anything but these values, or but what one comparison of texts finds."""
    if isinstance(given, dict):
        name = next(iter(given), "")
        if len(given) != 1 or name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise ValueError(f"{path}: anything-but takes values, prefix, suffix, equals-ignore-case or wildcard")
        asked = given[name]
        texts = asked if isinstance(asked, list) else [asked]
        refused = [_OPERATORS[name](one, path) for one in texts]
    else:
        values = given if isinstance(given, list) else [given]
        if not all(isinstance(one, str) or _is_number(one) for one in values):
            raise ValueError(f"{path}: anything-but takes texts or numbers")
        refused = [_test(one, path) for one in values]
    if not refused:
        raise ValueError(f"{path}: anything-but takes at least one value")
    return lambda leaf: not any(test(leaf) for test in refused)


_OPERATORS: Mapping[str, Callable[[object, str], Test]] = {
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    "equals-ignore-case": _ignoring_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
