"""The patterns of policies: wildcards, policy variables, and where in an ARN a wildcard may reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

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


def compiled(pieces: Iterable[str | Wild], reach: Reach) -> re.Pattern[str]:
    """A filled pattern as an expression for `fullmatch`; time grows with the text's length, not with the stars'.

    Each run of characters before a fixed text ends at the first place where that text stands, and is never tried again
    (an atomic group): no later place could make more of the rest match.
    """
    out, fixed, run = [], "", ""
    for one, spans in _steps(pieces, reach):
        if one is Wild.RUN:
            out.append(f"(?>{run}?{fixed})" if run else fixed)
            run, fixed = ("(?s:.)*" if spans else "[^:]*"), ""
        elif one is Wild.ONE:
            fixed += "(?s:.)" if spans else "[^:]"
        else:
            fixed += re.escape(one)
    return re.compile("".join([*out, run, fixed]))


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
        self._expressions: list[re.Pattern[str]] = []
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
