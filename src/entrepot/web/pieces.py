"""The pieces in which a body comes: kept as they are, where that takes less than putting them together."""

from __future__ import annotations

APART = 16 * 1024
"""Bytes from which a piece stays by itself: copying fewer of them costs less than keeping an object for them."""


class Pieces:
    """Bytes that wait to be used, in the order in which they were added."""

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.parts: list[bytes | bytearray] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Add a piece. However small they are, there are at most two parts for each APART bytes, and one."""
        self.size += len(piece)
        if len(piece) >= APART or not self.parts:
            self.parts.append(piece)
            return
        last = self.parts[-1]
        if not isinstance(last, bytearray):
            last = bytearray()
            self.parts.append(last)
        last += piece

    def take(self) -> bytes:
        """All of it, which is no copy of a single piece; nothing is left."""
        whole = b"".join(self.parts)
        self.clear()
        return whole

    def clear(self) -> None:
        """Forget all of it."""
        self.parts.clear()
        self.size = 0
