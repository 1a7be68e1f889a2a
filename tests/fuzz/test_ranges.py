"""Fuzz: Range and Content-Range, against a reader that counts single bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import ranges

from .inputs import FUZZ, inputs, text_of

DIGITS = "0123456789"


def slowly(spec: str, size: int) -> list[int] | None:
    """The positions that one range means; None where it is no range."""
    first, dash, last = spec.strip(" \t").partition("-")
    if not dash or not set(first + last) <= set(DIGITS) or not first + last or max(len(first), len(last)) > 18:
        return None
    if not first:
        return list(range(max(0, size - int(last)), size))
    return [at for at in range(size) if int(first) <= at and (not last or at <= int(last))]


@FUZZ
@given(inputs("ranges", "0123456789-, "), st.integers(0, 64))
def test_range(data: bytes, size: int) -> None:
    """Parts are what the slow reader means, in order and without repetition; else the whole, or an error."""
    header = "bytes=" + text_of(data)
    wanted = [slowly(spec, size) for spec in text_of(data).split(",")]
    try:
        spans = ranges.requested(header, size)
    except ValueError:
        assert None not in wanted or any("-" in spec for spec in text_of(data).split(","))
        return
    got = [list(range(span.start, span.start + span.count)) for span in spans]
    if spans:
        assert got == [part for part in wanted if part]
        flat = [at for part in got for at in part]
        assert flat == sorted(set(flat))


@FUZZ
@given(inputs("ranges"), st.integers(0, 2**50))
def test_headers(data: bytes, size: int) -> None:
    """Any header at all: never an error but ValueError, never a byte that is not there."""
    try:
        spans = ranges.requested(text_of(data), size)
    except ValueError:
        return
    assert len(spans) <= ranges.MAX
    assert all(0 <= span.start <= span.last < size for span in spans)


@FUZZ
@given(inputs("chunks", "0123456789-/* bytes="))
def test_chunk(data: bytes) -> None:
    """A chunk has a first and a last byte, and no header is an error but ValueError."""
    try:
        span = ranges.chunk(text_of(data))
    except ValueError:
        return
    assert span.count > 0
    assert f"{span.start}" in text_of(data) or text_of(data).strip().lstrip("bytes =").startswith("0")
