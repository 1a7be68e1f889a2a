"""Blobs over `/v2`: look up and download, whole or in part."""

from __future__ import annotations

from entrepot.blobs.store import Blob
from entrepot.domain import digests, names, ranges
from entrepot.oci.exchange import Exchange
from entrepot.registry import audit, layers
from entrepot.web.responses import FileBody, Response


async def get(x: Exchange) -> Response:
    """end-2: GET /v2/<name>/blobs/<digest>, with Range."""
    digest = digests.parse(x.reference)
    blob = await x.run(layers.open_blob, x.key, x.name, digest)
    audit.seen(x.reg, x.caller, names.repository_arn(x.key.region, x.key.account, x.name), layerDigest=digest)
    return download(blob, digest, x.request.header("range"))


async def head(x: Exchange) -> Response:
    """end-2: HEAD /v2/<name>/blobs/<digest>."""
    blob = await x.read(layers.find, x.key, x.name, digests.parse(x.reference))
    return Response(200, [*_headers(blob.digest), ("content-length", str(blob.size))])


def download(blob: Blob, digest: str, wanted: str | None) -> Response:
    """The answer to a request for a blob's bytes: 200, 206 for a range of them, 416 for one outside of them."""
    try:
        span = ranges.requested(wanted, blob.size)
    except ValueError:
        blob.close()
        return Response(416, [*_headers(digest), ("content-range", f"bytes */{blob.size}")])
    if span is None:
        return Response(200, _headers(digest), FileBody(blob, 0, blob.size))
    content_range = ("content-range", f"bytes {span.start}-{span.last}/{blob.size}")
    return Response(206, [*_headers(digest), content_range], FileBody(blob, span.start, span.count))


def _headers(digest: str) -> list[tuple[str, str]]:
    return [
        ("content-type", "application/octet-stream"),
        ("docker-content-digest", digest),
        ("accept-ranges", "bytes"),
        ("etag", f'"{digest}"'),
    ]
