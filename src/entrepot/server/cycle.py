"""One request and its answer on a connection: uvicorn's, with files sent by the kernel and truthful endings."""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import Executor
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from entrepot.server import sendfile
from entrepot.server.joined import Joined
from entrepot.web import logs
from entrepot.web.asgi import ASGIApp, BrokenOff, ClientDisconnected, Message
from entrepot.web.pieces import Pieces

UNREAD = 256 * 1024
"""Bytes of a body that may wait for the application before reading stops; what one read brings is less."""

SMALL = 64 * 1024
"""Bytes up to which a file is read on the loop and written as any body: cheaper than a thread."""

PIECE = 256 * 1024
"""Bytes read at a time where the kernel cannot send (TLS): few enough to be encrypted in the processor's cache."""


class Cycle(RequestResponseCycle):
    """A request being answered."""

    joined: Joined
    pool: Executor
    stall_seconds: float
    lingers = False
    """Whether the protocol, and not this, closes the connection after the answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unread = Pieces()

    def take(self, piece: bytes) -> None:
        """Have a piece of the body wait for the application."""
        if self.response_complete:
            return
        self.unread.add(piece)
        if self.unread.size > UNREAD:
            self.flow.pause_reading()
        self.message_event.set()

    async def receive(self) -> Any:
        """What waits of the body. A single piece is passed on as it is: copying costs more than all else here."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self.unread.take(), "more_body": self.more_body}

    async def run_asgi(self, app: Any) -> None:
        """Run the application; when it ends without having answered, drop the connection."""
        try:
            await cast("ASGIApp", app)(cast("Any", self.scope), cast("Any", self.receive), cast("Any", self.send))
            if self.response_complete or self.disconnected:
                return
            logs.get("server").error("the application ended before its answer did")
        except (BrokenOff, ClientDisconnected, asyncio.CancelledError):
            pass
        except Exception:  # noqa: BLE001 - nothing above would log it
            logs.get("server").exception("the application failed")
        finally:
            self.on_response = lambda: None
        self.transport.abort()

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        """Send a part of the answer. Raises ClientDisconnected when nobody is there to take it."""
        if self.disconnected:
            raise ClientDisconnected("the client left")
        kind = message["type"]
        if kind == "http.response.zerocopysend":
            return self._send_file(message)
        if kind == "http.response.start":
            self.joined.hold_next()
        if self.waiting_for_100_continue and kind == "http.response.start":
            # The client may send its body now or never: what follows on the connection is anybody's guess.
            self.lingers = True
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        elif self.lingers and not message.get("more_body"):
            self.keep_alive = True
        return super().send(message)

    async def _send_file(self, message: Message) -> None:
        """Send a part of a file (ASGI extension `http.response.zerocopysend`).

        `file` has a fileno and stays the application's; `offset` defaults to its position, `count` to the rest.
        Raises ClientDisconnected, and OSError when the file is shorter than `count`.
        """
        file = message["file"].fileno()
        offset, count = message.get("offset"), message.get("count")
        offset = os.lseek(file, 0, os.SEEK_CUR) if offset is None else offset
        count = os.fstat(file).st_size - offset if count is None else count
        more = message.get("more_body", False)
        if self.scope["method"] == "HEAD" or not count:
            await super().send({"type": "http.response.body", "body": b"", "more_body": more})
        elif count <= SMALL or self.chunked_encoding or not self.response_started or self._is_tls():
            await self._copy(file, offset, count, more=more)
        else:
            await self._push(file, offset, count, more=more)

    def _is_tls(self) -> bool:
        return self.transport.get_extra_info("sslcontext") is not None

    async def _copy(self, file: int, offset: int, count: int, *, more: bool) -> None:
        """Send through the transport, in pieces no larger than it lets drain."""
        end = offset + count
        loop = asyncio.get_running_loop()
        while offset < end:
            size = min(PIECE, end - offset)
            if count <= SMALL or sendfile.in_memory(file, offset, offset + size):
                piece = os.pread(file, size, offset)
            else:
                piece = await loop.run_in_executor(self.pool, os.pread, file, size, offset)
            if not piece:
                self.transport.abort()
                raise sendfile.FileTooShort(f"the file ends {end - offset} bytes before the answer does")
            offset += len(piece)
            await self.send({"type": "http.response.body", "body": piece, "more_body": more or offset < end})

    async def _push(self, file: int, offset: int, count: int, *, more: bool) -> None:
        """Let the kernel send: together with the head where nothing else waits, else once all before it is out."""
        if count > self.expected_content_length:
            raise RuntimeError("Response content longer than Content-Length")
        if self._gone():
            raise ClientDisconnected("the client left")
        socket = self.transport.get_extra_info("socket").fileno()
        transfer = sendfile.Transfer(socket, file, offset, offset + count)
        try:
            if self.joined.is_idle():
                self.joined.write(sendfile.begin(transfer, self.joined.take()))
            if not transfer.done():
                await self._drained()
                await sendfile.finish(self.pool, transfer, self.stall_seconds, self._gone)
        except sendfile.FileTooShort:
            self.transport.abort()
            raise
        except OSError as error:
            self.transport.abort()
            raise ClientDisconnected(str(error)) from None
        if self._gone():
            raise ClientDisconnected("the client left")
        self.expected_content_length -= count
        await super().send({"type": "http.response.body", "body": b"", "more_body": more})

    def _gone(self) -> bool:
        return self.disconnected or self.transport.is_closing()

    async def _drained(self) -> None:
        """Wait until the transport's buffer is empty."""
        self.joined.flush()
        self.transport.set_write_buffer_limits(high=0)
        while self.transport.get_write_buffer_size() and not self._gone():
            await asyncio.sleep(0)
            await self.flow.drain()
        self.transport.set_write_buffer_limits()
        if self._gone():
            raise ClientDisconnected("the client left")
