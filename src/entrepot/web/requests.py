"""A request as the doors read it: headers by name, query parameters, and a body that is bounded before it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from entrepot.web.asgi import ClientDisconnected, Message, Receive, Scope


class BodyTooLarge(Exception):
    """A body above the limit that its reader set."""


async def nothing() -> Message:
    """What is received of a request that has no body."""
    return {"type": "http.request", "body": b"", "more_body": False}


class Request:
    """One HTTP request. Header names are given in lower case, without a colon."""

    __slots__ = ("_headers", "_receive", "method", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self._receive = receive
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    def header(self, name: str) -> str | None:
        """The first header of that name, None where there is none."""
        value = self._headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    @property
    def path(self) -> str:
        """The path as it was sent, percent-encoding and all, without the query."""
        raw: bytes = self.scope["raw_path"]
        return raw.partition(b"?")[0].decode("latin-1")

    def query(self) -> list[tuple[str, str]]:
        """The query's parameters in order. Raises ValueError above 1,000 of them or for text that is not UTF-8."""
        text = self.scope["query_string"].decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000) if text else []

    @property
    def source_ip(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    @property
    def content_length(self) -> int | None:
        """The announced length of the body in bytes, None where it comes in chunks."""
        value = self.header("content-length")
        return int(value) if value is not None and value.isascii() and value.isdigit() else None

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body in the pieces in which it arrives.

        Raises BodyTooLarge as soon as there are more than `limit` bytes, ClientDisconnected when it breaks off.
        """
        received = 0
        if (self.content_length or 0) > limit:
            raise BodyTooLarge
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            body: bytes = message.get("body", b"")
            received += len(body)
            if received > limit:
                raise BodyTooLarge
            more = message.get("more_body", False)
            if body:
                yield body

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises what `chunks` raises."""
        return b"".join([piece async for piece in self.chunks(limit)])
