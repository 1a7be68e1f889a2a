"""Lists over `/v2`: a repository's tags, and the catalog of repositories."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from entrepot.domain.errors import InvalidParameter
from entrepot.domain.pages import LIMIT
from entrepot.oci.exchange import Exchange
from entrepot.registry import images, repositories
from entrepot.web.responses import Response

_LAST_MAX = 300


async def listing(x: Exchange) -> Response:
    """end-8: GET /v2/<name>/tags/list[?n=…&last=…]."""
    count, last = _count(x), _last(x)
    tags, more = await x.read(images.tag_page, x.key, x.name, last, count or 1)
    shown = tags[:count]
    return _page({"name": x.name, "tags": shown}, f"/v2/{x.name}/tags/list", count, shown if more else [])


async def catalog(x: Exchange) -> Response:
    """GET /v2/_catalog[?n=…&last=…]."""
    count, last = _count(x), _last(x)
    page = await x.read(repositories.list_page, x.key, last, count or 1)
    shown = [repository.name for repository in page.items[:count]]
    return _page({"repositories": shown}, "/v2/_catalog", count, shown if page.last else [])


def _page(document: dict[str, object], path: str, count: int, shown: list[str]) -> Response:
    """A page; where more follow (`shown` is not empty), with a link to the next."""
    headers = [("content-type", "application/json")]
    if shown:
        headers.append(("link", f'<{path}?{urlencode({"n": count, "last": shown[-1]})}>; rel="next"'))
    return Response(200, headers, json.dumps(document).encode())


def _count(x: Exchange) -> int:
    """How many entries are wanted: all that a page holds where the client does not say. Raises InvalidParameter."""
    text = x.parameter("n")
    if text is None:
        return LIMIT
    if not text.isascii() or not text.isdigit():
        raise InvalidParameter("maxResults", "Member must have value greater than or equal to 1")
    if len(text) > len(str(LIMIT)) or int(text) > LIMIT:
        raise InvalidParameter("maxResults", f"Member must have value less than or equal to {LIMIT}")
    return int(text)


def _last(x: Exchange) -> str:
    text = x.parameter("last") or ""
    if len(text) > _LAST_MAX or not text.isprintable():
        raise InvalidParameter("last", f"must be at most {_LAST_MAX} printable characters")
    return text
