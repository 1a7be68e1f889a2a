"""Byte ranges, asked for and sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import ranges
from entrepot.domain.ranges import Span


@pytest.mark.parametrize(
    ("header", "spans"),
    [
        ("bytes=0-0", [Span(0, 1)]),
        ("bytes=0-9", [Span(0, 10)]),
        ("bytes=0-99", [Span(0, 10)]),
        ("bytes=3-", [Span(3, 7)]),
        ("bytes=-3", [Span(7, 3)]),
        ("bytes=-99", [Span(0, 10)]),
        ("bytes=9-9", [Span(9, 1)]),
        ("bytes= 1-2 ", [Span(1, 2)]),
        ("Bytes=1-2", [Span(1, 2)]),
        ("bytes=0-1,3-4", [Span(0, 2), Span(3, 2)]),
        ("bytes=0-1 ,\t2-4, -1", [Span(0, 2), Span(2, 3), Span(9, 1)]),
        ("bytes=0-1,50-60", [Span(0, 2)]),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(ranges.MAX)), [Span(n, 1) for n in range(10)]),
    ],
)
def test_requested(header: str, spans: list[Span]) -> None:
    """Ranges of bytes are served, cut to what is there; those outside are left out."""
    assert ranges.requested(header, 10) == tuple(spans)


@pytest.mark.parametrize(
    "header",
    ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-", "bytes=10-,-0", "bytes=5-1", "bytes=0-1,5-3"],
)
def test_outside(header: str) -> None:
    """Ranges that all begin behind the end, or one that ends before it begins, cannot be served."""
    with pytest.raises(ValueError, match="bytes"):
        ranges.requested(header, 10)


@pytest.mark.parametrize(
    "header",
    [
        None,
        *("", "bytes", "bytes=", "bytes=-", "items=0-1", "bytes=a-b", "bytes=0-" + "9" * 30, "0-1"),
        *("bytes=3-4,0-1", "bytes=0-4,4-5", "bytes=0-,-1", "bytes=0-1,", "bytes=0-1,x"),
        "bytes=" + ",".join(f"{n}-{n}" for n in range(ranges.MAX + 1)),
    ],
)
def test_ignored(header: str | None) -> None:
    """What is not understood, goes back, overlaps or is too much does not count: the whole is served."""
    assert ranges.requested(header, 10) == ()


@given(st.text(st.sampled_from("0123456789-, \t")) | st.text(), st.integers(0, 2**40))
def test_any_header(header: str, size: int) -> None:
    """No header asks for bytes that are not there, or for more bytes than there are."""
    try:
        spans = ranges.requested("bytes=" + header, size)
    except ValueError:
        return
    assert all(0 <= span.start <= span.last < size for span in spans)
    assert sum(span.count for span in spans) <= size


def test_chunk() -> None:
    """A chunk says its first and last byte, with or without a unit and a total."""
    for text in ("5-9", "bytes 5-9/*", "bytes=5-9", "5-9/10", " 5-9 "):
        assert ranges.chunk(text) == Span(5, 5)


@pytest.mark.parametrize("text", ["", "5", "5-", "-5", "9-5", "-1-5", "a-b", "5-9-", "\u0661-\u0662", "0-" + "9" * 20])
def test_no_chunk(text: str) -> None:
    """Anything else is no chunk."""
    with pytest.raises(ValueError, match=r".*"):
        ranges.chunk(text)
