"""Fuzz: URLs that may be called, against what the standard library makes of them."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from hypothesis import given

from entrepot.domain import addresses

from .inputs import FUZZ, inputs, text_of


@FUZZ
@given(inputs("urls", "http://a.b:1[]@#?%\\"))
def test_urls(data: bytes) -> None:
    """What is taken has one meaning: taken apart and put together it is the same, and a request can be made of it."""
    url = text_of(data)
    try:
        target = addresses.target(url)
    except ValueError:
        return
    again = addresses.target(f"{target.scheme}://{target.authority}{target.path}")
    assert again == target
    parts = urlsplit(url)
    assert (parts.scheme, parts.username, parts.password, parts.fragment) == (target.scheme, None, None, "")
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.putrequest("POST", target.path)  # refuses control characters
    assert not set("@#\\ ") & set(target.host)
