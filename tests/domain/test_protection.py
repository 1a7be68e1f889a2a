"""Which images and repositories are protected, and what says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.protection import PROTECTED, PROTECTED_TAGS, Keeping, guard
from entrepot.domain.wildcard import matches

TEXT = st.text(alphabet="ab*", max_size=4)


@pytest.mark.parametrize(
    ("tags", "protected"),
    [
        ({PROTECTED: "true"}, True),
        ({PROTECTED: " True "}, True),
        ({PROTECTED: "yes"}, True),
        ({PROTECTED: "ture"}, True),
        ({PROTECTED: ""}, False),
        ({PROTECTED: " "}, False),
        ({PROTECTED: "0"}, False),
        ({PROTECTED: "No"}, False),
        ({PROTECTED: "FALSE"}, False),
        ({"protected": "true"}, False),
        ({}, False),
    ],
)
def test_repositories(tags: dict[str, str], protected: bool) -> None:
    """Any value but those that say no protects a repository, with every image in it."""
    found = guard(Keeping(), tags)
    assert (found.reason([None]) is not None) == (found.reason(["v1"]) is not None) == protected


@given(patterns=st.lists(TEXT.filter(bool), max_size=3), settings=st.lists(TEXT, max_size=2), tags=st.lists(TEXT))
def test_patterns(patterns: list[str], settings: list[str], tags: list[str]) -> None:
    """An image is protected exactly if one of its tags fits one of the patterns, and the reason names both."""
    found = guard(Keeping(0, tuple(settings)), {PROTECTED_TAGS: "  ".join(patterns)})
    fitting = [(tag, pattern) for tag in tags for pattern in (*patterns, *settings) if matches(pattern, tag)]
    reason = found.reason(tags)
    assert (reason is not None) == bool(fitting)
    assert reason is None or reason in {
        f"The image tag '{tag}' is protected by the pattern '{pattern}'." for tag, pattern in fitting
    }
    assert found.reason([None]) is None
