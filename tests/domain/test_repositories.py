"""Mutability and resource tags."""

from __future__ import annotations

import pytest

from entrepot.domain import repositories as rules
from entrepot.domain.errors import InvalidParameter, InvalidTagParameter, TooManyTags


@pytest.mark.parametrize("setting", ["MUTABLE", "IMMUTABLE"])
def test_filters_need_their_setting(setting: str) -> None:
    """Exclusion filters go with *_WITH_EXCLUSION and with nothing else."""
    assert rules.mutability(setting, None).setting == setting
    with pytest.raises(InvalidParameter, match=f"must be null when imageTagMutability is set as {setting}"):
        rules.mutability(setting, ["v*"])
    assert rules.mutability(f"{setting}_WITH_EXCLUSION", ["v*"]).exclusions == ("v*",)
    with pytest.raises(InvalidParameter, match=f"can't be null when imageTagMutability is set as {setting}_WITH"):
        rules.mutability(f"{setting}_WITH_EXCLUSION", None)


@pytest.mark.parametrize(
    "tags", [{}, {"a": ""}, {"K" * 128: "v" * 256}, {"ключ é": "a.b:/=+-@_ 1"}, {"team": "a\u00a0b aws:c"}]
)
def test_good_tags(tags: dict[str, str]) -> None:
    """Letters of any script, digits, spaces and AWS's signs are tags."""
    rules.check_tags(tags)


@pytest.mark.parametrize(
    "tags",
    [
        {"": "x"},
        {"k" * 129: ""},
        {"k": "v" * 257},
        {"aws:k": ""},
        {"AWS:k": ""},
        {"k": "<>"},
        {"k!": ""},
        {"k": "a\tb"},
        {"k\n": ""},
        {"k": "\0"},
        {"k": "\ud800"},
    ],
)
def test_bad_tags(tags: dict[str, str]) -> None:
    """Anything else is refused."""
    with pytest.raises(InvalidTagParameter):
        rules.check_tags(tags)


def test_fifty_tags() -> None:
    """Fifty are the most."""
    rules.check_tags({str(number): "" for number in range(50)})
    with pytest.raises(TooManyTags):
        rules.check_tags({str(number): "" for number in range(51)})
