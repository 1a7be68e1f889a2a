"""GET /v2/: whether this is a registry, and whether the login is good."""

from __future__ import annotations

from entrepot.oci.exchange import Exchange
from entrepot.web.responses import Response


def get(_: Exchange) -> Response:
    """end-1."""
    return Response(200, [("content-type", "application/json")], b"{}")
