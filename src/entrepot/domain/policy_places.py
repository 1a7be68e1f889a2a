"""Where in a policy's text its statements stand, as IAM's simulation tells it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from 1."""

    line: int
    column: int


def statements(text: str) -> tuple[tuple[Place, Place], ...]:
    """The start and the end of each statement of a policy that was parsed, in their order.

    They are what IAM's reader has behind it: the end is after the closing brace. The start is after the opening bracket
    of the list, of later statements after the one before; of a statement that is in no list it is after its brace.
    (Seen in the examples of the aws command line for simulate-custom-policy and simulate-principal-policy.)
    """
    at = _value_of(text, "Statement")
    if text[at] == "{":
        return ((_place(text, at + 1), _place(text, _DECODER.raw_decode(text, at)[1])),)
    found: list[tuple[Place, Place]] = []
    at += 1
    while text[_after_space(text, at)] != "]":
        separated = _after_space(text, at) + (1 if found else 0)  # the comma
        end = _DECODER.raw_decode(text, _after_space(text, separated))[1]
        found.append((_place(text, at), _place(text, end)))
        at = end
    return tuple(found)


def _value_of(text: str, name: str) -> int:
    """Where the value of a member of the object in `text` begins. Raises ValueError where it has no such member."""
    at = _after_space(text, 0) + 1
    while True:
        key, at = _DECODER.raw_decode(text, _after_space(text, at))
        at = _after_space(text, _after_space(text, at) + 1)  # the colon
        if key == name:
            return at
        at = _after_space(text, _DECODER.raw_decode(text, at)[1]) + 1  # the comma


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match is not None else at


def _place(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
