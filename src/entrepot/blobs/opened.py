"""An open blob of the local store."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from entrepot.blobs.files import faults
from entrepot.domain.errors import BlobCorrupt

if TYPE_CHECKING:
    import io


class LocalBlob:
    """An open file in `blobs/`; `Blob` says what its methods promise."""

    def __init__(self, file: io.FileIO, size: int, digest: str, found: str, *, rehashed: bool) -> None:
        self.size = size
        self.file = True
        self.rehashed = rehashed
        self.identity = found
        self._digest = digest
        self._file = file
        self._lock = threading.Lock()

    def fileno(self) -> int:
        return self._file.fileno()

    def read(self, offset: int, count: int) -> bytes:
        wanted = max(0, min(count, self.size - offset))
        with self._lock, faults("reading a blob"):
            data = os.pread(self._file.fileno(), wanted, offset)
            while len(data) < wanted:
                more = os.pread(self._file.fileno(), wanted - len(data), offset + len(data))
                if not more:
                    raise BlobCorrupt(self._digest)
                data += more
        return data

    def close(self) -> None:
        with self._lock:
            self._file.close()
