"""An answer as the doors make it, and the one function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from entrepot.web import threads
from entrepot.web.asgi import Scope, Send

PIECE = 1024 * 1024  # bytes that are read at once where a file cannot be sent by the kernel


class OpenFile(Protocol):
    """Open bytes that end with `close`; `file` says whether there is a descriptor for the kernel to send from."""

    file: bool

    def fileno(self) -> int: ...
    def read(self, offset: int, count: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class FileBody:
    """`count` bytes of an open file from `offset`; writing the answer closes it."""

    source: OpenFile
    offset: int
    count: int


@dataclass(slots=True)
class Response:
    """Status, headers (names in lower case) and body. A Content-Length is added where none is given."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | FileBody = b""


async def write(response: Response, scope: Scope, send: Send) -> None:
    """Send an answer; to HEAD its headers alone."""
    body = response.body
    length = body.count if isinstance(body, FileBody) else len(body)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if not any(name == b"content-length" for name, _ in headers) and response.status != 204:  # noqa: PLR2004
        headers.append((b"content-length", str(length).encode()))
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if isinstance(body, bytes):
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        elif scope["method"] == "HEAD" or body.count == 0:
            await send({"type": "http.response.body"})
        else:
            await _send_file(body, scope, send)
    finally:
        if isinstance(body, FileBody):
            body.source.close()


async def _send_file(body: FileBody, scope: Scope, send: Send) -> None:
    if body.source.file and "http.response.zerocopysend" in scope.get("extensions", {}):
        message: dict[str, Any] = {"type": "http.response.zerocopysend", "file": body.source}
        await send({**message, "offset": body.offset, "count": body.count})
        return
    at, end = body.offset, body.offset + body.count
    while at < end:
        read: Callable[[int, int], bytes] = body.source.read
        piece = await threads.run(read, at, min(PIECE, end - at))
        if not piece:
            raise OSError("a file ended before its length")
        at += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": at < end})
