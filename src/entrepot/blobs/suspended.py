"""The hashes of suspended uploads, so that a chunk does not cost a read of all that came before it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hashlib import _Hash

_KEPT = 1024


class Known(NamedTuple):
    """The hash of the first `offset` bytes of a file, as long as its identity stays the same."""

    identity: str
    offset: int
    hash: _Hash


class Suspended:
    """The hashes of the uploads suspended last, so that a chunk does not cost a read of all that came before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()

    def put(self, upload_id: str, known: Known) -> None:
        with self._lock:
            self._known[upload_id] = known
            self._known.move_to_end(upload_id)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)

    def take(self, upload_id: str) -> Known | None:
        with self._lock:
            return self._known.pop(upload_id, None)
