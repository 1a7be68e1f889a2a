"""Blobs over `/v2`: look up, download whole or in part, and delete."""

from __future__ import annotations

import secrets

from entrepot.blobs.store import Blob
from entrepot.domain import digests, names, ranges
from entrepot.domain.errors import LayerNotFound
from entrepot.oci.exchange import Exchange
from entrepot.registry import audit, layers
from entrepot.registry.held import LARGEST
from entrepot.web import conditions
from entrepot.web.requests import Request
from entrepot.web.responses import FileBody, Part, Response

_TYPE = "application/octet-stream"


async def get(x: Exchange) -> Response:
    """end-2: GET /v2/<name>/blobs/<digest>, with Range."""
    digest = digests.parse(x.reference)
    blob = await x.read(layers.open_unchanged, x.key, x.name, digest)
    if blob is None:
        blob = await x.run(layers.open_blob, x.key, x.name, digest)
    audit.seen(x.reg, x.caller, names.repository_arn(x.key.region, x.key.account, x.name), layerDigest=digest)
    if blob.size <= LARGEST and x.request.header("range") is None:
        return _whole(await x.run(layers.hold, x.key, x.name, digest, blob), digest, x.request)
    return download(blob, digest, x.request)


def held(x: Exchange) -> Response | None:
    """end-2, where memory has the bytes and all of them are wanted."""
    digest = digests.parse(x.reference)
    data = layers.held(x.reg, x.key, x.name, digest)
    if data is None:
        return None
    audit.seen(x.reg, x.caller, names.repository_arn(x.key.region, x.key.account, x.name), layerDigest=digest)
    return _whole(data, digest, x.request)


def _whole(data: bytes, digest: str, request: Request) -> Response:
    if conditions.unchanged(request, _etag(digest)):
        return Response(304, _headers(digest))
    return Response(200, [*_headers(digest), ("content-type", _TYPE)], data)


async def head(x: Exchange) -> Response:
    """end-2: HEAD /v2/<name>/blobs/<digest>. Who is told that a blob is there finds it there for hours."""
    digest = digests.parse(x.reference)
    blob, due = await x.read(layers.look, x.key, x.name, digest)
    if due and digest in await x.run(layers.renew, x.key, x.name, (digest,)):
        raise LayerNotFound(digest, x.name, x.key.account)
    return _there(blob.size, digest, x.request)


def there(x: Exchange) -> Response | None:
    """end-2, where nothing has to be written for a blob to be found there for hours."""
    digest = digests.parse(x.reference)
    blob, due = layers.look(x.reg, x.key, x.name, digest)
    return None if due else _there(blob.size, digest, x.request)


def _there(size: int, digest: str, request: Request) -> Response:
    if conditions.unchanged(request, _etag(digest)):
        return Response(304, _headers(digest))
    return Response(200, [*_headers(digest), ("content-type", _TYPE), ("content-length", str(size))])


async def delete(x: Exchange) -> Response:
    """end-10: DELETE /v2/<name>/blobs/<digest>; not while an image of the repository names it."""
    await x.run(layers.delete, x.caller, x.key, x.name, digests.parse(x.reference))
    return Response(202)


def download(blob: Blob, digest: str, request: Request) -> Response:
    """The answer to a request for a blob's bytes: 200, 206 for parts of them, 304, 416 for parts outside of them."""
    headers = _headers(digest)
    if conditions.unchanged(request, _etag(digest)):
        blob.close()
        return Response(304, headers)
    try:
        spans = ranges.requested(conditions.wanted_range(request, _etag(digest)), blob.size)
    except ValueError:
        blob.close()
        return Response(416, [*headers, ("content-range", f"bytes */{blob.size}")])
    if not spans:
        return Response(200, [*headers, ("content-type", _TYPE)], FileBody(blob, (Part(0, blob.size),)))
    if len(spans) > 1:
        return _multipart(blob, headers, spans)
    (span,) = spans
    headers += [("content-type", _TYPE), ("content-range", _content_range(span, blob.size))]
    return Response(206, headers, FileBody(blob, (Part(span.start, span.count),)))


def _multipart(blob: Blob, headers: list[tuple[str, str]], spans: tuple[ranges.Span, ...]) -> Response:
    """RFC 9110, 14.6: `multipart/byteranges`."""
    boundary = secrets.token_hex(16)
    parts: list[Part] = []
    for span in spans:
        own = f"content-type: {_TYPE}\r\ncontent-range: {_content_range(span, blob.size)}\r\n\r\n"
        line = f"--{boundary}\r\n" if not parts else f"\r\n--{boundary}\r\n"
        parts.append(Part(span.start, span.count, (line + own).encode()))
    parts.append(Part(0, 0, f"\r\n--{boundary}--\r\n".encode()))
    kind = ("content-type", f"multipart/byteranges; boundary={boundary}")
    return Response(206, [*headers, kind], FileBody(blob, tuple(parts)))


def _content_range(span: ranges.Span, size: int) -> str:
    return f"bytes {span.start}-{span.last}/{size}"


def _etag(digest: str) -> str:
    return f'"{digest}"'


def _headers(digest: str) -> list[tuple[str, str]]:
    return [("docker-content-digest", digest), ("accept-ranges", "bytes"), ("etag", _etag(digest))]
