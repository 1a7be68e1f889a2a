"""Sizes of settings: bytes, units and shares."""

from __future__ import annotations

import pytest

from entrepot.domain import sizes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0),
        (134217728, 134217728),
        ("134217728", 134217728),
        ("999999999999999999", 999999999999999999),
        ("20GiB", 20 * 1024**3),
        ("1.5 GB", 1_500_000_000),
        (" 7 kib ", 7168),
        ("3b", 3),
        ("2TB", 2 * 10**12),
        ("5%", 50_000),
        ("0.5 %", 5_000),
        ("100%", 1_000_000),
    ],
)
def test_what_a_size_is(given: int | str, expected: int) -> None:
    """Bytes, with a unit of 1000 or of 1024, and hundredths of a file system of a million bytes."""
    assert sizes.parse(given).of(1_000_000) == expected


def test_a_share_of_a_large_disk() -> None:
    """A share and a size are what they say, however large the disk is."""
    assert sizes.parse("5%").of(10**15) == 5 * 10**13
    assert sizes.parse("50GiB").of(10**15) == 50 * 1024**3


@pytest.mark.parametrize("given", ["", "%", "-1", -1, "5 percent", "101%", "1XB", "1e3", "0x10", "five", "1,5GB", "٣"])
def test_what_is_no_size(given: int | str) -> None:
    """Anything else is refused in words that say what can be written."""
    with pytest.raises(ValueError, match="nor a percentage such as 5%"):
        sizes.parse(given)
