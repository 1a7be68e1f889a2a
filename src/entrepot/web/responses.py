"""An answer as the doors make it, and the one function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from entrepot.web import threads
from entrepot.web.asgi import Scope, Send

PIECE = 1024 * 1024  # bytes that are read at once where a file cannot be sent by the kernel
_WITHOUT_LENGTH = (204, 304)  # RFC 9110, 8.6: none at 204; at 304 it would be that of the answer not sent


class OpenFile(Protocol):
    """Open bytes that end with `close`; `file` says whether there is a descriptor for the kernel to send from."""

    file: bool

    def fileno(self) -> int: ...
    def read(self, offset: int, count: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes as they are, then `count` bytes of a file from `offset`."""

    offset: int
    count: int
    before: bytes = b""


@dataclass(slots=True)
class FileBody:
    """Parts of an open file, in their order; writing the answer closes it."""

    source: OpenFile
    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return sum(len(part.before) + part.count for part in self.parts)


@dataclass(slots=True)
class Response:
    """Status, headers (names in lower case) and body. A Content-Length is added where none is given."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | FileBody = b""


def headers_of(response: Response) -> list[tuple[str, str]]:
    """The headers of an answer, with its length where that is not among them."""
    headers = response.headers
    if response.status in _WITHOUT_LENGTH or "content-length" in dict(headers):
        return headers
    return [*headers, ("content-length", str(len(response.body)))]


def lines_of(response: Response) -> bytes:
    """The headers of an answer as HTTP/1.1 has them, and the empty line that ends them.

    Raises ValueError for a header that would be two, or cannot be one.
    """
    headers = headers_of(response)
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if text.count("\r") != len(headers) or text.count("\n") != len(headers) or "\0" in text:
        raise ValueError("a line end in a header")
    return f"{text}\r\n".encode("latin-1")


async def write(response: Response, scope: Scope, send: Send) -> None:
    """Send an answer; to HEAD its headers alone."""
    body = response.body
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers_of(response)]
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if isinstance(body, bytes):
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        elif scope["method"] == "HEAD" or len(body) == 0:
            await send({"type": "http.response.body"})
        else:
            await _send_file(body, scope, send)
    finally:
        if isinstance(body, FileBody):
            body.source.close()


async def _send_file(body: FileBody, scope: Scope, send: Send) -> None:
    by_kernel = body.source.file and "http.response.zerocopysend" in scope.get("extensions", {})
    for number, part in enumerate(body.parts, 1):
        more = number < len(body.parts)
        if part.before:
            await send({"type": "http.response.body", "body": part.before, "more_body": more or part.count > 0})
        if part.count and by_kernel:
            message: dict[str, Any] = {"type": "http.response.zerocopysend", "file": body.source, "more_body": more}
            await send({**message, "offset": part.offset, "count": part.count})
        elif part.count:
            await _copy(body.source, part, send, more=more)


async def _copy(source: OpenFile, part: Part, send: Send, *, more: bool) -> None:
    at, end = part.offset, part.offset + part.count
    while at < end:
        read: Callable[[int, int], bytes] = source.read
        piece = await threads.run(read, at, min(PIECE, end - at))
        if not piece:
            raise OSError("a file ended before its length")
        at += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": more or at < end})
