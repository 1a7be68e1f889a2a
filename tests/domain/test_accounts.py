"""Numbers and names of accounts."""

from __future__ import annotations

import pytest

from entrepot.domain import accounts


@pytest.mark.parametrize("name", ["a", "staging", "Team Blue 2", "a.b_c-d", "x" * 50])
def test_good(name: str) -> None:
    accounts.check("210987654321", name)
    accounts.check("000000000001", name)


@pytest.mark.parametrize(
    "number", ["", "1", "12345678901a", "1234567890123", "000000000000", "٣" * 12, "12345678901\n"]
)
def test_no_number(number: str) -> None:
    with pytest.raises(ValueError, match="it has 12 digits"):
        accounts.check(number, "name")


@pytest.mark.parametrize("name", ["", " a", "a ", "-", "x" * 51, "a/b", "ü", "a\n", "123456789012"])
def test_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="is no account name"):
        accounts.check("210987654321", name)
