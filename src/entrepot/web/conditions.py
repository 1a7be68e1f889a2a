"""Conditional requests: whether what a client has is still what there is. (RFC 9110, 13.)"""

from __future__ import annotations

import re

from entrepot.web.requests import Request

_TAGS = re.compile(r'(?:W/)?("[^"]*")')


def unchanged(request: Request, etag: str) -> bool:
    """Whether If-None-Match names `etag`, so that 304 answers. Compared weakly, as RFC 9110, 13.1.2 asks."""
    header = request.header("if-none-match")
    return header is not None and (header.strip() == "*" or etag in _TAGS.findall(header))


def wanted_range(request: Request, etag: str) -> str | None:
    """The Range header where it counts: not beside an If-Range that is not `etag`.

    Compared strongly; a date never matches, because answers carry no Last-Modified. (RFC 9110, 13.1.5.)
    """
    condition = request.header("if-range")
    return request.header("range") if condition is None or condition.strip() == etag else None
