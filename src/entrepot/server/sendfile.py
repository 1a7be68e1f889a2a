"""Sending a file's bytes over a plain TCP socket: a thread pushes while the client keeps up, the loop waits else.

A thread that pushes from the page cache beats copying through the loop (docs/decisions); but a thread that waits
for a slow client is lost to everybody. So a thread stays as long as bytes move, and gives up after PATIENCE_MS
without room; then the loop waits for room, which costs no thread.
"""

import asyncio
import os
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor

PATIENCE_MS = 20
"""How long a thread waits for room in the socket before it is given to somebody else."""

PIECE = 4 * 1024 * 1024
"""Most bytes per system call, so that a thread looks for a lost client often enough."""


class StandsStill(OSError):
    """The client took no byte for the time allowed."""


class FileTooShort(OSError):
    """The file ended before the bytes that were announced."""


async def send(
    pool: Executor, fd: int, file: int, offset: int, count: int, seconds: float, gone: Callable[[], bool]
) -> None:
    """Send `count` bytes of `file` from `offset` to the non-blocking socket `fd`.

    Raises StandsStill when no byte moved for `seconds`, FileTooShort, ConnectionError; returns early when
    `gone()`. The caller keeps `file` open and writes nothing to the socket meanwhile.
    """
    loop = asyncio.get_running_loop()
    halted = threading.Event()

    def stop() -> bool:
        return halted.is_set() or gone()

    with socket.socket(fileno=os.dup(fd)) as copy:
        end = offset + count
        while True:
            pushed = loop.run_in_executor(pool, _push, copy.fileno(), file, offset, end, stop)
            try:
                offset = await asyncio.shield(pushed)
            except asyncio.CancelledError:
                # The thread must be out before anybody closes, and reuses, the numbers that it sends with.
                halted.set()
                await asyncio.wait((pushed,))
                raise
            if offset == end or gone():
                return
            await _room(loop, copy.fileno(), seconds, gone)


def _push(fd: int, file: int, offset: int, end: int, gone: Callable[[], bool]) -> int:
    """Send until the end or until the client is slow; return the offset reached."""
    room: select.poll | None = None
    while offset < end and not gone():
        try:
            sent = os.sendfile(fd, file, offset, min(PIECE, end - offset))
        except BlockingIOError:
            if room is None:
                room = select.poll()
                room.register(fd, select.POLLOUT)
            if not room.poll(PATIENCE_MS):
                return offset
        else:
            if sent == 0:
                raise FileTooShort(f"the file ends {end - offset} bytes before the answer does")
            offset += sent
    return offset


async def _room(loop: asyncio.AbstractEventLoop, fd: int, seconds: float, gone: Callable[[], bool]) -> None:
    """Wait until the socket takes bytes again; look every second whether the client is gone."""
    ready = asyncio.Event()
    loop.add_writer(fd, ready.set)
    until = loop.time() + seconds
    try:
        while not ready.is_set() and not gone():
            left = until - loop.time()
            if left <= 0:
                raise StandsStill(f"the client took no byte for {seconds:g} seconds")
            try:
                await asyncio.wait_for(ready.wait(), min(left, 1.0))
            except TimeoutError:
                continue
    finally:
        loop.remove_writer(fd)
