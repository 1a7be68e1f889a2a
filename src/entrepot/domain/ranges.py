"""Byte ranges: what a Range or Content-Range header asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)
_CHUNK = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/(?:\d{1,18}|\*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """`count` bytes from `start`."""

    start: int
    count: int

    @property
    def last(self) -> int:
        return self.start + self.count - 1


def requested(header: str | None, size: int) -> Span | None:
    """The part of `size` bytes that a Range header asks for; None where it does not count and all is served.

    Raises ValueError for a range outside the bytes, which is answered 416. (RFC 9110, 14.1.2 and 14.2: a server may
    ignore what it does not understand, and several ranges at once.)
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        count = min(int(match[2]), size)
        if count == 0:
            raise ValueError(header)
        return Span(size - count, count)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise ValueError(header)
    return Span(first, min(last, size - 1) - first + 1)


def chunk(header: str) -> Span:
    """The part of an upload that a chunk says it is: `start-end`, inclusive. Raises ValueError.

    (OCI distribution-spec, "Pushing a blob in chunks": without a unit. A unit and a total are taken as well.)
    """
    match = _CHUNK.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise ValueError(header)
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
