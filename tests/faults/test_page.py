"""The page of what was survived: docs/durability.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_fault_has_a_row() -> None:
    """Each fault was tried, or the page says why it does not apply."""
    page = (ROOT / "docs" / "durability.md").read_text()
    rows = dict(re.findall(r"^\| (F\d+) \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE))
    assert list(rows) == [f"F{number}" for number in range(1, 43)]
    assert "NOT TRIED" not in page
    assert "no violation" in page
