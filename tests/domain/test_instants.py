"""Instants as policies write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import instants


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2030", "1893456000"),
        ("2030-01", "1893456000"),
        ("2030-01-01", "1893456000"),
        ("2030-01-01T00:00Z", "1893456000"),
        ("2030-01-01T00:00:00", "1893456000"),
        ("2030-01-01T01:00:00+01:00", "1893456000"),
        ("2030-01-01T00:00:00.25Z", "1893456000.25"),
        ("2029-12-31T23:59:59.999999999Z", "1893455999.999999999"),
        ("1969-12-31T23:59:59Z", "-1"),
        ("1893456000", "1893456000"),
        ("1893456000.5", "1893456000.5"),
        ("20300101", "20300101"),
        ("0", "0"),
        ("999", "999"),
        ("10000", "10000"),
    ],
)
def test_instants(text: str, seconds: str) -> None:
    """The forms of W3C's profile, a year alone among them, and any other number as seconds since 1970."""
    assert instants.seconds(text) == Decimal(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0000", "2030-13", "2030-02-30", "2030-1-1", "2030-01-01T24:01Z", "2030-01-01T00Z", "20300101T000000Z"),
        *(
            "2030-01-01 00:00:00Z",
            "2030-01-01T00:00:00z",
            "2030-W01-1",
            "+2030",
            "-1",
            "1e9",
            "٢٠٣٠",
            "0001-01-01T00:00+99:00",
        ),
    ],
)
def test_no_instants(text: str) -> None:
    """Other spellings are none."""
    assert instants.seconds(text) is None


@given(st.text("0123456789-T:+Z.", max_size=40))
def test_any_text(text: str) -> None:
    """No text breaks it."""
    instants.seconds(text)
