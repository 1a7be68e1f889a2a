"""Sizes as settings give them: bytes, with a unit, or as a share of a file system."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {"": 1, "b": 1} | {
    f"{letter}{word}": base**power
    for power, letter in enumerate("kmgt", start=1)
    for word, base in (("b", 1000), ("ib", 1024))
}
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,6})?) ?(%|[a-z]{0,3})", re.IGNORECASE)
_ALL = 100


@dataclass(frozen=True, slots=True)
class Size:
    """So many bytes, or so many hundredths of a file system."""

    number: float
    is_share: bool

    def of(self, total: int) -> int:
        """How many bytes that is of a file system of `total` bytes."""
        return int(total * self.number / _ALL) if self.is_share else int(self.number)


def parse(given: int | str) -> Size:
    """Read `134217728`, `20GiB`, `1.5 GB` or `5%`. Raises ValueError."""
    found = _SIZE.fullmatch(str(given).strip())
    unit = found[2].lower() if found else "?"
    if found is None or (unit != "%" and unit not in _UNITS) or (unit == "%" and float(found[1]) > _ALL):
        raise ValueError(f"{given} is neither bytes, nor a size such as 20GiB, nor a percentage such as 5%")
    if unit == "%":
        return Size(float(found[1]), is_share=True)
    number = int(found[1]) if found[1].isdigit() else float(found[1])  # a float would round large numbers
    return Size(number * _UNITS[unit], is_share=False)
