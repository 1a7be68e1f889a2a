"""A transport that sends an answer's head together with the first of its body: one system call, one packet."""

import asyncio
from typing import Any


class Joined(asyncio.Transport):
    """A connection's transport as its answers see it; everything but writing goes to the real one.

    A head is held until something follows it, at most to the next turn of the loop. Whoever writes to the real
    transport calls `flush` first.
    """

    __slots__ = ("_held", "_holds", "_loop", "_real")

    def __init__(self, real: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._real = real
        self._loop = loop
        self._holds = False
        self._held = b""

    def hold_next(self) -> None:
        """Keep what is written next until something follows."""
        self._holds = True

    def write(self, data: Any) -> None:
        if self._holds:
            self._holds = False
            self.flush()
            self._held = data
            self._loop.call_soon(self.flush)
        elif self._held:
            held, self._held = self._held, b""
            if len(data) < _COPIED:
                self._real.write(held + data)
            else:
                self._real.writelines((held, data))
        else:
            self._real.write(data)

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            held, self._held = self._held, b""
            self._real.write(held)

    def is_idle(self) -> bool:
        """Whether nothing waits to be written but what is held."""
        return not self._real.get_write_buffer_size()

    def take(self) -> bytes:
        """What is held, which somebody else writes now."""
        held, self._held = self._held, b""
        return held

    def close(self) -> None:
        self.flush()
        self._real.close()

    def abort(self) -> None:
        self._held = b""
        self._real.abort()

    def is_closing(self) -> bool:
        return self._real.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._real.get_extra_info(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._real.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return len(self._held) + self._real.get_write_buffer_size()


_COPIED = 64 * 1024
"""Bytes of a body up to which copying them behind the head is cheaper than handing over two pieces."""
