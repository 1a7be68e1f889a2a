"""Immutable bytes that one process keeps in memory by their digest, under a bound: manifests, configs, small layers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

BYTES: Final = 32 * 1024**2
"""Bytes that a process keeps: those that were asked for last."""

LARGEST: Final = 64 * 1024
"""Bytes of a blob that is kept; a larger one goes from the file to the client without passing through here."""

_EACH: Final = 256  # bytes that an entry takes beside its content


class Held:
    """Bytes by digest. Whoever keeps some has checked that they have that digest; threads may share it.

    Whether a repository has the bytes, and who may have them, is not known here: ask that first.
    """

    def __init__(self, room: int = BYTES) -> None:
        self._room = room
        self._taken = 0
        self._found: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> bytes | None:
        """The bytes of that digest, None where they are not kept."""
        data = self._found.get(digest)
        if data is not None:
            with self._lock:
                if digest in self._found:
                    self._found.move_to_end(digest)
        return data

    def __contains__(self, digest: str) -> bool:
        return digest in self._found

    def keep(self, digest: str, data: bytes) -> None:
        """Keep bytes, in place of those that nobody asked for longest; not more than an eighth of the room at once."""
        size = len(data) + _EACH
        if size > self._room // 8:
            return
        with self._lock:
            if digest in self._found:
                return
            self._found[digest] = data
            self._taken += size
            while self._taken > self._room:
                _, gone = self._found.popitem(last=False)
                self._taken -= len(gone) + _EACH
