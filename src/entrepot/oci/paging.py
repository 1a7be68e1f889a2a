"""Pages of the lists on `/v2`: how many entries, after which one, and the link to the next."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.pages import LIMIT
from entrepot.oci.exchange import Exchange
from entrepot.web.responses import Response

_LAST_MAX = 300


def count(x: Exchange) -> int:
    """How many entries are wanted: all that a page holds where the client does not say. Raises InvalidParameter."""
    text = x.parameter("n")
    if text is None:
        return LIMIT
    if not text.isascii() or not text.isdigit():
        raise InvalidParameter("maxResults", "Member must have value greater than or equal to 1")
    if len(text) > len(str(LIMIT)) or int(text) > LIMIT:
        raise InvalidParameter("maxResults", f"Member must have value less than or equal to {LIMIT}")
    return int(text)


def last(x: Exchange) -> str:
    """The entry after which the page begins. Raises InvalidParameter."""
    text = x.parameter("last") or ""
    if len(text) > _LAST_MAX or not text.isprintable():
        raise InvalidParameter("last", f"must be at most {_LAST_MAX} printable characters")
    return text


def answer(document: dict[str, object], path: str, count: int, shown: list[str]) -> Response:
    """A page; where more follow (`shown` is not empty), with a link to the next."""
    headers = [("content-type", "application/json")]
    if shown:
        headers.append(link(path, {"n": count, "last": shown[-1]}))
    return Response(200, headers, json.dumps(document).encode())


def link(path: str, query: dict[str, str | int]) -> tuple[str, str]:
    """The header that leads to the next page. (OCI distribution-spec, "Listing Tags"; RFC 5988.)"""
    return "link", f'<{path}?{urlencode(query)}>; rel="next"'
