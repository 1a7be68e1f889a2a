"""Sending a file's bytes over a plain TCP socket: on the loop while the kernel has them in memory, else by a thread.

A socket that does not block takes what it has room for and makes nobody wait, so what is left to fear on the loop is
the disk. Sending bytes that are in memory costs less than handing them to a thread (docs/decisions); others are sent by
a thread, which the disk may hold up. Nothing waits for a slow client but an entry in the loop's selector.
"""

import asyncio
import os
import select
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

PIECE = 2 * 1024 * 1024
"""Most bytes per system call: for so long the other requests of a worker wait, some tenths of a millisecond."""

FIRST = 1024 * 1024
"""Bytes that are copied to the socket behind the head: many at once pull the same, and share no pages then."""

TURN = 64 * 1024 * 1024
"""Bytes after which a thread goes to whoever waits for one."""

PATIENCE_MS = 20
"""How long a thread waits for room in the socket before it is given to somebody else."""

LOOK_SECONDS = 1.0
"""How often it is looked whether a client that takes nothing has left, or stands still."""

_NOWAIT = getattr(os, "RWF_NOWAIT", None)
_PROBE = [bytearray(1)]
_FIRST = memoryview(bytearray(FIRST))  # the loop's alone, and free again when `begin` returns


class StandsStill(OSError):
    """The client took no byte for the time allowed."""


class FileTooShort(OSError):
    """The file ended before the bytes that were announced."""


@dataclass(slots=True)
class Transfer:
    """Bytes of the open file `file`, from `offset` to `end`, on their way to the non-blocking socket `to`."""

    to: int
    file: int
    offset: int
    end: int

    def done(self) -> bool:
        return self.offset >= self.end


def begin(transfer: Transfer, head: bytes) -> bytes:
    """Send `head` and the first of the file in one system call; return what is left of `head`.

    Sends nothing where the disk would have to be waited for. Nothing else waits to be written to the socket; called on
    the loop. Raises ConnectionError.
    """
    if _NOWAIT is None:
        return head
    first = _FIRST[: transfer.end - transfer.offset]
    try:
        got = os.preadv(transfer.file, [first], transfer.offset, _NOWAIT)
        sent = os.writev(transfer.to, [head, first[:got]]) if got else 0
    except ConnectionError:
        raise
    except OSError:
        return head
    transfer.offset += max(0, sent - len(head))
    return head[sent:]


def in_memory(file: int, offset: int, end: int) -> bool:
    """Whether the kernel has the first and the last of the next PIECE, so that reading it does not wait for a disk.

    False where the file system cannot tell.
    """
    if _NOWAIT is None:
        return False
    try:
        os.preadv(file, _PROBE, offset, _NOWAIT)
        os.preadv(file, _PROBE, min(end, offset + PIECE) - 1, _NOWAIT)
    except OSError:
        return False
    return True


async def finish(pool: Executor, transfer: Transfer, seconds: float, gone: Callable[[], bool]) -> None:
    """Send the rest as fast as the client takes it.

    Raises StandsStill when no byte moved for `seconds`, FileTooShort, ConnectionError; returns early when
    `gone()`. The caller keeps the file open and writes nothing to the socket meanwhile.
    """
    # The loop watches no number twice; and the connection's own may be closed, and become another's, meanwhile.
    transfer.to = os.dup(transfer.to)
    try:
        while not transfer.done() and not gone():
            if not in_memory(transfer.file, transfer.offset, transfer.end):
                await _from_disk(pool, transfer, gone)
            if not transfer.done() and not gone():
                await _Following(transfer, seconds, gone).ended()
    finally:
        os.close(transfer.to)


class _Following:
    """Sending from memory whenever the socket has room, until the end or until the disk is needed."""

    def __init__(self, transfer: Transfer, seconds: float, gone: Callable[[], bool]) -> None:
        self._transfer = transfer
        self._seconds = seconds
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[None] = self._loop.create_future()
        self._moved = self._loop.time()
        self._seen = transfer.offset

    async def ended(self) -> None:
        """Wait for it, or for the client to be gone. Raises StandsStill, FileTooShort, ConnectionError."""
        self._loop.add_writer(self._transfer.to, self._go)
        self._look_later()
        try:
            await self._end
        finally:
            self._loop.remove_writer(self._transfer.to)
            self._timer.cancel()

    def _go(self) -> None:
        transfer = self._transfer
        try:
            if in_memory(transfer.file, transfer.offset, transfer.end):
                _push(transfer)
                if not transfer.done():
                    return
        except OSError as error:
            self._finish(error)
        else:
            self._finish(None)

    def _look_later(self) -> None:
        self._timer = self._loop.call_later(min(LOOK_SECONDS, self._seconds), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if self._transfer.offset != self._seen:
            self._seen, self._moved = self._transfer.offset, now
        if self._gone():
            self._finish(None)
        elif now - self._moved >= self._seconds:
            self._finish(StandsStill(f"the client took no byte for {self._seconds:g} seconds"))
        else:
            self._look_later()

    def _finish(self, error: OSError | None) -> None:
        self._loop.remove_writer(self._transfer.to)
        if self._end.done():
            return
        if error is None:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)


async def _from_disk(pool: Executor, transfer: Transfer, gone: Callable[[], bool]) -> None:
    halted = threading.Event()
    sent = asyncio.get_running_loop().run_in_executor(pool, _keep_pushing, transfer, lambda: halted.is_set() or gone())
    try:
        await asyncio.shield(sent)
    except asyncio.CancelledError:
        # The thread must be out before anybody closes, and reuses, the numbers that it sends with.
        halted.set()
        await asyncio.wait((sent,))
        raise


def _keep_pushing(transfer: Transfer, stop: Callable[[], bool]) -> None:
    """Send until the end, until the client is slow, or until it is somebody else's turn."""
    room = select.poll()
    room.register(transfer.to, select.POLLOUT)
    until = transfer.offset + TURN
    while not transfer.done() and transfer.offset < until and not stop():
        if not _push(transfer) and not room.poll(PATIENCE_MS):
            return


def _push(transfer: Transfer) -> bool:
    """Send what the socket takes, at most a PIECE; False where it takes nothing. Raises FileTooShort."""
    left = transfer.end - transfer.offset
    try:
        sent = os.sendfile(transfer.to, transfer.file, transfer.offset, min(PIECE, left))
    except BlockingIOError:
        return False
    if sent == 0:
        raise FileTooShort(f"the file ends {left} bytes before the answer does")
    transfer.offset += sent
    return True
