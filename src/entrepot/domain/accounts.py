"""Accounts: a number of 12 digits and a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NUMBER: Final = re.compile(r"[0-9]{12}")
NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,48}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Account:
    """`created_at` is in microseconds UTC."""

    number: str
    name: str
    created_at: int


def check(number: str, name: str) -> None:
    """Raises ValueError, with what to write instead."""
    if not NUMBER.fullmatch(number) or number == "0" * 12:
        raise ValueError(f"{number!r} is no account number: it has 12 digits, as 210987654321")
    if not NAME.fullmatch(name) or NUMBER.fullmatch(name):
        raise ValueError(f"{name!r} is no account name: 1 to 50 letters, digits, spaces, dots, dashes, underscores")
