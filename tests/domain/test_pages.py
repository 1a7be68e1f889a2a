"""Page tokens."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import pages
from entrepot.domain.errors import InvalidParameter

PRINTABLE = st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P"]))


@given(PRINTABLE, st.lists(PRINTABLE, min_size=1, max_size=3))
def test_round_trip(scope: str, keys: list[str]) -> None:
    """A token brings back the keys that it was made of, for its own list."""
    token = pages.token(scope, tuple(keys))
    assert pages.start(scope, token, len(keys)) == tuple(keys)
    with pytest.raises(InvalidParameter):
        pages.start(scope + "x", token, len(keys))
    with pytest.raises(InvalidParameter):
        pages.start(scope, token, len(keys) + 1)


def test_first_page() -> None:
    """Without a token a list begins at its beginning."""
    assert pages.start("s", None, 2) == ("", "")


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_junk(text: str) -> None:
    """No other text is a token."""
    with pytest.raises(InvalidParameter, match="nextToken"):
        pages.start("s", text, 1)


def test_altered() -> None:
    """A token with any one character changed, left out or doubled is refused, and so is an endless one."""
    token = pages.token("repositories", ("team/app",))
    for at, letter in enumerate(token):
        for other in ("A" if letter != "A" else "B", "", letter * 2):
            with pytest.raises(InvalidParameter):
                pages.start("repositories", token[:at] + other + token[at + 1 :], 1)
    with pytest.raises(InvalidParameter):
        pages.start("repositories", pages.token("repositories", ("a" * 5000,)), 1)
