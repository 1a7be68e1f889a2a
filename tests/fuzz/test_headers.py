"""Fuzz: logins, entity tags and page tokens."""

from __future__ import annotations

from hypothesis import given

from entrepot.domain import pages
from entrepot.domain.errors import InvalidParameter, NotAuthenticated, TokenRefused
from entrepot.oci import auth
from entrepot.web import conditions
from entrepot.web.requests import Request

from .inputs import FUZZ, inputs, text_of


def request(**headers: bytes) -> Request:
    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/v2/", "query_string": b"", "headers": named}, None)  # type: ignore[arg-type]


@FUZZ
@given(inputs("logins", "QWS6:basic ="))
def test_login(data: bytes) -> None:
    """Any Authorization header: no login, a login that is refused, or a name and a password."""
    try:
        user, password = auth._basic(text_of(data))  # the parser itself
    except (NotAuthenticated, TokenRefused):
        return
    assert isinstance(user, str)
    assert isinstance(password, str)
    assert ":" not in user


@FUZZ
@given(inputs("entity_tags", '"W/*, a'))
def test_entity_tags(data: bytes) -> None:
    """If-None-Match is answered 304 only where the tag, in its quotes, stands in it, or the star."""
    for name in ("if_none_match", "if_range"):
        asked = request(**{name: data, "range": b"bytes=0-1"})
        if conditions.unchanged(asked, '"a"'):
            assert b'"a"' in data or data.strip() == b"*"
        if conditions.wanted_range(asked, '"a"') is not None and name == "if_range":
            assert text_of(data).strip() == '"a"'


@FUZZ
@given(inputs("tokens"))
def test_page_tokens(data: bytes) -> None:
    """A token that is not ours is InvalidParameter, whatever it is."""
    try:
        keys = pages.start("list", text_of(data), 1)
    except InvalidParameter:
        return
    assert pages.token("list", keys) == text_of(data)
