"""Blob uploads over `/v2`: in one request, in chunks, by mounting; their status and cancelling them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from entrepot.domain import digests, names, ranges
from entrepot.domain.errors import LayerTooLarge, NameInvalid, SizeInvalid, UploadNotFound, UploadRangeInvalid
from entrepot.oci.exchange import Exchange
from entrepot.registry import uploads
from entrepot.registry.uploads import Receiving
from entrepot.web import threads
from entrepot.web.requests import BodyTooLarge
from entrepot.web.responses import Response

GATHER = 1024 * 1024  # bytes that are gathered before a thread writes and hashes them


async def start(x: Exchange) -> Response:
    """end-4a, end-4b, end-11: POST /v2/<name>/blobs/uploads/[?digest=…|?mount=…&from=…]."""
    mount, digest = x.parameter("mount"), x.parameter("digest")
    if mount is not None:
        blob = await x.run(uploads.mount, x.caller, x.key, x.name, digests.parse(mount), _source(x))
        if blob is not None:
            return _created(x.name, blob.digest)
    checked = digests.parse(digest) if digest is not None else None
    upload = await x.run(uploads.start, x.caller, x.key, x.name)
    if checked is None:
        return _accepted(x.name, upload, 0)
    try:
        return await _complete(x, upload, checked, None)
    except BaseException:
        with suppress(UploadNotFound):
            await x.run(uploads.cancel, x.caller, x.key, x.name, upload)
        raise


async def status(x: Exchange) -> Response:
    """end-13: GET /v2/<name>/blobs/uploads/<id>."""
    offset = await x.read(uploads.standing, x.caller, x.key, x.name, x.reference)
    return Response(204, _place(x.name, x.reference, offset))


async def append(x: Exchange) -> Response:
    """end-5: PATCH /v2/<name>/blobs/uploads/<id>, with or without Content-Range."""
    span = _content_range(x)
    async with _receiving(x, x.reference, span.start if span else None) as held:
        await _receive(x, held)
        if span is not None and held.offset != span.start + span.count:
            raise SizeInvalid("The body does not have the length that its Content-Range says.")
        offset = await x.run(uploads.keep, held)
    return _accepted(x.name, x.reference, offset)


async def finish(x: Exchange) -> Response:
    """end-6: PUT /v2/<name>/blobs/uploads/<id>?digest=…, with or without a last chunk."""
    digest = digests.parse(x.parameter("digest") or "")
    return await _complete(x, x.reference, digest, _content_range(x))


async def cancel(x: Exchange) -> Response:
    """DELETE /v2/<name>/blobs/uploads/<id>."""
    await x.run(uploads.cancel, x.caller, x.key, x.name, x.reference)
    return Response(204)


async def _complete(x: Exchange, upload: str, digest: str, span: ranges.Span | None) -> Response:
    async with _receiving(x, upload, span.start if span else None) as held:
        await _receive(x, held)
        if span is not None and held.offset != span.start + span.count:
            raise SizeInvalid("The body does not have the length that its Content-Range says.")
        await x.run(uploads.finish, x.caller, held, digest)
    return _created(x.name, digest)


@asynccontextmanager
async def _receiving(x: Exchange, upload: str, at: int | None) -> AsyncIterator[Receiving]:
    """`uploads.receiving` with its work done in threads."""
    holding = uploads.receiving(x.reg, x.caller, x.key, x.name, upload, at)
    held = await threads.run(holding.__enter__)
    try:
        yield held
    except BaseException as error:
        await threads.run(holding.__exit__, type(error), error, error.__traceback__)
        raise
    await threads.run(holding.__exit__, None, None, None)


async def _receive(x: Exchange, held: Receiving) -> None:
    """Append the request's body to the upload; while one piece is written, the next one is gathered."""
    expected = x.request.content_length
    if expected:
        uploads.check_size(x.reg, held.offset + expected)
        await threads.run(held.bytes.reserve, expected)
    layer_bytes = x.reg.quotas.layer_bytes
    writing: asyncio.Future[None] | None = None
    gathered = bytearray()
    try:
        async for piece in x.request.chunks(min(x.options.body_bytes, max(0, layer_bytes - held.offset))):
            gathered += piece
            if len(gathered) >= GATHER:
                if writing is not None:
                    await writing
                writing, gathered = asyncio.ensure_future(threads.run(held.bytes.write, gathered)), bytearray()
    except BodyTooLarge as error:
        raise LayerTooLarge(layer_bytes) from error
    finally:
        if writing is not None:
            await asyncio.wait([writing])
    if writing is not None:
        await writing
    if gathered:
        await threads.run(held.bytes.write, gathered)


def _content_range(x: Exchange) -> ranges.Span | None:
    header = x.request.header("content-range")
    if header is None:
        return None
    try:
        return ranges.chunk(header)
    except ValueError as error:
        raise UploadRangeInvalid(x.reference, 0) from error


def _source(x: Exchange) -> str | None:
    """The repository to mount from, None for any; a name that cannot be one is like one that is not there."""
    name = x.parameter("from")
    try:
        return None if name is None else names.parse_repository(name)
    except NameInvalid:
        return ""


def _place(name: str, upload: str, offset: int) -> list[tuple[str, str]]:
    return [
        ("location", f"/v2/{name}/blobs/uploads/{upload}"),
        ("range", f"0-{max(offset - 1, 0)}"),
        ("docker-upload-uuid", upload),
    ]


def _accepted(name: str, upload: str, offset: int) -> Response:
    return Response(202, _place(name, upload, offset))


def _created(name: str, digest: str) -> Response:
    return Response(201, [("location", f"/v2/{name}/blobs/{digest}"), ("docker-content-digest", digest)])
