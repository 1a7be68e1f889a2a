"""Lists over `/v2`: a repository's tags, and the catalog of repositories."""

from __future__ import annotations

from entrepot.oci import paging
from entrepot.oci.exchange import Exchange
from entrepot.registry import images, repositories
from entrepot.web.responses import Response


def listing(x: Exchange) -> Response:
    """end-8: GET /v2/<name>/tags/list[?n=…&last=…]."""
    count, last = paging.count(x), paging.last(x)
    tags, more = images.tag_page(x.reg, x.key, x.name, last, count or 1)
    shown = tags[:count]
    return paging.answer({"name": x.name, "tags": shown}, f"/v2/{x.name}/tags/list", count, shown if more else [])


def catalog(x: Exchange) -> Response:
    """GET /v2/_catalog[?n=…&last=…]."""
    count, last = paging.count(x), paging.last(x)
    found, more = repositories.name_page(x.reg, x.key, last, count or 1)
    shown = found[:count]
    return paging.answer({"repositories": shown}, "/v2/_catalog", count, shown if more else [])
