"""The patterns of policies: wildcards, policy variables, and where in an ARN a wildcard may reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

Look = Callable[[str], "tuple[str, ...] | None"]
"""The values of a condition key, named in lower case, in a request; None where the request does not have it."""


class Wild(Enum):
    """A wildcard that is one, unlike `${*}`."""

    RUN = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`; `key` in lower case."""

    key: str
    default: str | None = None


class Reach(Enum):
    """How far wildcards go. The first five parts of an ARN end at colons; what follows them is the sixth.

    TEXT: anywhere. ARN: within a part, as ArnLike compares part by part. RESOURCE: as ARN, but `*` at the end of a part
    goes on beyond its colon. (IAM user guide, "IAM JSON policy elements: Resource", "ARN condition operators".)
    """

    TEXT = "text"
    ARN = "arn"
    RESOURCE = "resource"


Piece = str | Wild | Variable
_SPECIAL = re.compile(r"\$\{([^{}]*)\}|([*?])")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_PARTS = 5


def read(text: str, *, variables: bool, wildcards: bool) -> tuple[Piece, ...]:
    """What a value of a policy is made of. Without `variables`, as in documents of 2008-10-17, `${…}` is plain text."""
    found: list[Piece] = []
    at = 0
    for match in _SPECIAL.finditer(text):
        if (match[2] is None and not variables) or (match[2] is not None and not wildcards):
            continue
        found += [text[at : match.start()], _piece(match)]
        at = match.end()
    found.append(text[at:])
    return tuple(piece for piece in found if piece != "")


def _piece(match: re.Match[str]) -> Piece:
    if match[2] is not None:
        return Wild(match[2])
    inside = match[1]
    if inside in {"*", "?", "$"}:
        return inside
    known = _DEFAULT.fullmatch(inside)
    return Variable(known[1].lower(), known[2]) if known else Variable(inside.strip().lower())


def variables(pieces: Iterable[Piece]) -> set[str]:
    """The condition keys that the variables of a pattern name."""
    return {piece.key for piece in pieces if isinstance(piece, Variable)}


def fill(pieces: Iterable[Piece], look: Look) -> tuple[str | Wild, ...] | None:
    """The pattern with the request's values in it, which are text even where they look like wildcards.

    None where a variable without default has no value in the request, or several: such a pattern matches nothing.
    """
    found: list[str | Wild] = []
    for piece in pieces:
        if isinstance(piece, Variable):
            values = look(piece.key)
            value = values[0] if values is not None and len(values) == 1 else piece.default
            if value is None:
                return None
            found.append(value)
        else:
            found.append(piece)
    return tuple(found)


class Form(Protocol):
    """What a text can be held against: an expression, or `Sweep`."""

    def fullmatch(self, text: str, /) -> object: ...


def compiled(pieces: Iterable[str | Wild], reach: Reach) -> Form:
    """A filled pattern; time grows with the text's length, not with the stars'.

    Where no run of characters reaches farther than the next, each ends at the first place where the fixed text after it
    stands, and is never tried again (an atomic group): whatever lies before a later place is also the next run's.
    """
    steps = _steps(pieces, reach)
    reaches = [spans for one, spans in steps if one is Wild.RUN]
    return _expression(steps) if reaches == sorted(reaches) else Sweep(tuple(steps))


def _expression(steps: Iterable[tuple[str | Wild, bool]]) -> re.Pattern[str]:
    out, fixed, run = [], "", ""
    for one, spans in steps:
        if one is Wild.RUN:
            out.append(f"(?>{run}?{fixed})" if run else fixed)
            run, fixed = ("(?s:.)*" if spans else "[^:]*"), ""
        elif one is Wild.ONE:
            fixed += "(?s:.)" if spans else "[^:]"
        else:
            fixed += re.escape(one)
    return re.compile("".join([*out, run, fixed]))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A pattern that is held against a text step by step, with all places that can be reached as bits of a number."""

    steps: tuple[tuple[str | Wild, bool], ...]

    def fullmatch(self, text: str, /) -> bool:
        whole = (1 << len(text) + 1) - 1
        standing: dict[str, int] = {}
        for at, character in enumerate(text):
            standing[character] = standing.get(character, 0) | 1 << at
        colons, places = standing.get(":", 0), 1
        for one, spans in self.steps:
            if one is Wild.RUN:
                places = whole & -(places & -places) if spans else _within(places, colons, len(text))
            elif one is Wild.ONE:
                places = (places & ~(0 if spans else colons)) << 1 & whole
            else:
                places = (places & standing.get(one, 0)) << 1
            if not places:
                return False
        return bool(places >> len(text))


def _within(places: int, colons: int, length: int) -> int:
    """The places that can be reached from others without stepping over a colon."""
    found, start = 0, 0
    while start <= length:
        following = colons >> start
        end = start + (following & -following).bit_length() - 1 if following else length
        part = places & (1 << end + 1) - (1 << start)
        found |= (1 << end + 1) - (part & -part) if part else 0
        start = end + 1
    return found


def _steps(pieces: Iterable[str | Wild], reach: Reach) -> list[tuple[str | Wild, bool]]:
    """Each character or wildcard of a pattern, and whether it may stand for colons too."""
    flat: list[str | Wild] = []
    for piece in pieces:
        flat += [piece] if isinstance(piece, Wild) else piece
    colons, found = 0, []
    free = reach is Reach.TEXT or flat in ([Wild.RUN], [Wild.RUN, Wild.RUN])
    for index, one in enumerate(flat):
        colons += one == ":"
        ends = reach is Reach.RESOURCE and one is Wild.RUN and flat[index + 1 : index + 2] in ([], [":"])
        found.append((one, free or colons >= _PARTS or ends))
    return found


class Matcher:
    """Whether a text is of the form of one of several patterns."""

    __slots__ = ("_exact", "_expressions", "_open", "_reach", "keys")

    def __init__(self, patterns: Iterable[tuple[Piece, ...]], reach: Reach) -> None:
        self._reach = reach
        self._exact: set[str] = set()
        self._expressions: list[Form] = []
        self._open: list[tuple[Piece, ...]] = []
        self.keys: set[str] = set()
        for pieces in patterns:
            self._add(pieces)

    def _add(self, pieces: tuple[Piece, ...]) -> None:
        keys = variables(pieces)
        if keys:
            self.keys |= keys
            self._open.append(pieces)
            return
        plain = [piece for piece in pieces if not isinstance(piece, Variable)]
        if any(isinstance(piece, Wild) for piece in plain):
            self._expressions.append(compiled(plain, self._reach))
        else:
            self._exact.add("".join(map(str, plain)))

    def matches(self, text: str, look: Look) -> bool:
        """Looks at the request only where a pattern has variables."""
        return text in self._exact or any(one.fullmatch(text) for one in self._expressions) or self._filled(text, look)

    def _filled(self, text: str, look: Look) -> bool:
        for pieces in self._open:
            known = fill(pieces, look)
            if known is not None and compiled(known, self._reach).fullmatch(text):
                return True
        return False
