"""Blob uploads over `/v2`: in one request, in chunks, by mounting; their status and cancelling them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from functools import partial
from typing import TypeVar

from entrepot.domain import digests, names, ranges
from entrepot.domain.errors import LayerTooLarge, NameInvalid, SizeInvalid, UploadNotFound, UploadRangeInvalid
from entrepot.oci.exchange import Exchange
from entrepot.registry import uploads
from entrepot.registry.uploads import Receiving
from entrepot.web import threads
from entrepot.web.pieces import Pieces
from entrepot.web.requests import BodyTooLarge
from entrepot.web.responses import Response

T = TypeVar("T")

GATHER = 1024 * 1024  # bytes that are gathered before a thread writes and hashes them


async def start(x: Exchange) -> Response:
    """end-4a, end-4b, end-11: POST /v2/<name>/blobs/uploads/[?digest=…|?mount=…&from=…].

    With a digest it stores a layer whole, which takes the permission to complete an upload, too.
    """
    mount, digest = x.parameter("mount"), x.parameter("digest")
    if mount is not None:
        blob = await x.run(uploads.mount, x.caller, x.key, x.name, digests.parse(mount), _source(x))
        if blob is not None:
            return _created(x.name, blob.digest)
    checked = digests.parse(digest) if digest is not None else None
    completing = await x.acting("ecr:CompleteLayerUpload") if checked is not None else x
    upload = await x.run(uploads.start, x.caller, x.key, x.name)
    if checked is None:
        return _accepted(x.name, upload, 0)
    try:
        return await _complete(completing, upload, checked, None)
    except BaseException:
        with suppress(UploadNotFound):
            await x.run(uploads.cancel, x.caller, x.key, x.name, upload)
        raise


def status(x: Exchange) -> Response:
    """end-13: GET /v2/<name>/blobs/uploads/<id>."""
    offset = uploads.standing(x.reg, x.caller, x.key, x.name, x.reference)
    return Response(204, _place(x.name, x.reference, offset))


async def append(x: Exchange) -> Response:
    """end-5: PATCH /v2/<name>/blobs/uploads/<id>, with or without Content-Range."""
    offset = await _take(x, x.reference, _content_range(x), partial(uploads.keep, x.reg))
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
    await _take(x, upload, span, lambda held: uploads.finish(x.reg, x.caller, held, digest))
    return _created(x.name, digest)


async def _take(x: Exchange, upload: str, span: ranges.Span | None, then: Callable[[Receiving], T]) -> T:
    """Append the request's body to the upload; what `then` makes of it.

    A small body is gathered before the upload is opened, so that one call in a thread does all there is to do.
    """
    holding = uploads.receiving(x.reg, x.caller, x.key, x.name, upload, span.start if span else None)
    body, length = x.request.chunks(x.options.body_bytes), x.request.content_length or 0
    gathered = await _gather(x, body) if length < GATHER else None
    if gathered is not None and gathered.size < GATHER:
        return await threads.run(_take_whole, x, holding, gathered, span, then)
    async with _held(holding) as held:
        if gathered is None:
            uploads.check_size(x.reg, held.offset + length)
            await threads.run(held.bytes.reserve, length)
            gathered = await _gather(x, body)
        while gathered.size >= GATHER:
            writing = asyncio.ensure_future(threads.run(_write, x, held, gathered))
            try:
                gathered = await _gather(x, body)
            finally:
                await asyncio.wait([writing])
            await writing
        return await threads.run(_end, x, held, gathered, span, then)


async def _gather(x: Exchange, body: AsyncIterator[bytes]) -> Pieces:
    """The next pieces of a body: fewer bytes than GATHER only at its end."""
    gathered = Pieces()
    try:
        async for piece in body:
            gathered.add(piece)
            if gathered.size >= GATHER:
                break
    except BodyTooLarge as error:
        raise LayerTooLarge(x.reg.quotas.layer_bytes) from error
    return gathered


def _take_whole(
    x: Exchange,
    holding: AbstractContextManager[Receiving],
    data: Pieces,
    span: ranges.Span | None,
    then: Callable[[Receiving], T],
) -> T:
    with holding as held:
        return _end(x, held, data, span, then)


def _end(x: Exchange, held: Receiving, last: Pieces, span: ranges.Span | None, then: Callable[[Receiving], T]) -> T:
    if last.size:
        _write(x, held, last)
    if span is not None and held.offset != span.start + span.count:
        raise SizeInvalid("The body does not have the length that its Content-Range says.")
    return then(held)


def _write(x: Exchange, held: Receiving, pieces: Pieces) -> None:
    uploads.check_size(x.reg, held.offset + pieces.size)
    for piece in pieces.parts:
        held.bytes.write(piece)


@asynccontextmanager
async def _held(holding: AbstractContextManager[Receiving]) -> AsyncIterator[Receiving]:
    """What is held, with the work of taking hold and letting go done in threads."""
    held = await threads.run(holding.__enter__)
    try:
        yield held
    except BaseException as error:
        await threads.run(holding.__exit__, type(error), error, error.__traceback__)
        raise
    await threads.run(holding.__exit__, None, None, None)


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
