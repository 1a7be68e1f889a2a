"""Byte ranges: what a Range or Content-Range header asks for."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

MAX = 256  # ranges of one request that are answered one by one
_SPEC = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)
_CHUNK = re.compile(r"(?:bytes[ =])?(\d{1,18})-(\d{1,18})(?:/(?:\d{1,18}|\*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """`count` bytes from `start`."""

    start: int
    count: int

    @property
    def last(self) -> int:
        return self.start + self.count - 1


def requested(header: str | None, size: int) -> tuple[Span, ...]:
    """The parts of `size` bytes that a Range header asks for; none where it does not count and all is served.

    Up to 256 parts that ascend and do not overlap; what asks for more, or for the same bytes twice, gets the whole, so
    no answer is longer than the bytes and their part headers. Raises ValueError, which is answered 416, for a range
    that ends before it begins and for ranges that are all outside the bytes.
    (RFC 9110, 14.1.2, 14.2 and 17.15: a server may ignore what it does not understand.)
    """
    unit, _, wanted = (header or "").partition("=")
    specs = wanted.split(",", MAX)
    if unit.strip().lower() != "bytes" or len(specs) > MAX:
        return ()
    spans = []
    for spec in specs:
        match = _SPEC.fullmatch(spec.strip(" \t"))
        if match is None or match[1] == match[2] == "":
            return ()
        if match[1] and match[2] and int(match[2]) < int(match[1]):
            raise ValueError(header)
        span = _within(match[1], match[2], size)
        if span is not None:
            spans.append(span)
    if not spans:
        raise ValueError(header)
    ascend = all(one.last < other.start for one, other in itertools.pairwise(spans))
    return tuple(spans) if ascend else ()


def _within(first: str, last: str, size: int) -> Span | None:
    """The part of `size` bytes that one range names, None for one outside of them."""
    if first == "":
        count = min(int(last), size)
        return Span(size - count, count) if count else None
    start = int(first)
    if start >= size:
        return None
    return Span(start, min(int(last) if last else size - 1, size - 1) - start + 1)


def chunk(header: str) -> Span:
    """The part of an upload that a chunk says it is: `start-end`, inclusive. Raises ValueError.

    (OCI distribution-spec, "Pushing a blob in chunks": without a unit. A unit and a total are taken as well.)
    """
    match = _CHUNK.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise ValueError(header)
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
