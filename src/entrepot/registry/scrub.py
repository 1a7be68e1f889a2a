"""The scrub: every stored blob is hashed again now and then, so that damage is found before the bytes are needed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from entrepot.blobs.store import Stored
from entrepot.domain.blobs import Blob
from entrepot.domain.errors import BlobCorrupt, BlobMissing
from entrepot.registry import damage
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest, no_rest
from entrepot.store import blobs

DAYS = 7.0
BYTES_PER_SECOND = 20 * 1024 * 1024
_PAGE = 100
_DAY = 24 * 3600 * 1_000_000


@dataclass(slots=True)
class Scrubbed:
    """What a run hashed, and what of it was damaged and not known to be."""

    blobs: int = 0
    bytes: int = 0
    damaged: int = 0


class _Stopped(Exception):
    """It is time to stop."""


def scrub(
    reg: Registry, days: float = DAYS, bytes_per_second: float = BYTES_PER_SECOND, rest: Rest = no_rest
) -> Scrubbed:
    """Hash every blob that was last hashed more than `days` ago, the longest ago first.

    `rest` is called with the time that keeps it below `bytes_per_second` (0: as fast as it goes). A blob that is
    stopped at is not noted and comes first in the next run. Raises StorageUnavailable.
    """
    before = reg.now() - int(days * _DAY)
    done, after = Scrubbed(), (-1, 0)
    pace = _Pace(bytes_per_second, rest)
    with suppress(_Stopped):
        while page := reg.db.read(partial(blobs.due, before=before, after=after, limit=_PAGE)):
            # Never before `before`, whatever the clock does meanwhile: no blob is due twice in a run.
            _scrub_page(reg, [blob for blob, _ in page], pace, done, max(reg.now(), before))
            after = (page[-1][1], page[-1][0].id)
    return done


def _scrub_page(reg: Registry, page: Sequence[Blob], pace: _Pace, done: Scrubbed, at: int) -> None:
    """Hash some blobs; those that are right are noted together, also when it is time to stop."""
    right: list[tuple[Blob, str]] = []
    try:
        for blob in page:
            identity = _identity(reg, blob, pace)
            if identity is not None:
                right.append((blob, identity))
            elif not _is_replaced(reg, blob):
                done.damaged += damage.found(reg, blob, at)
            done.blobs += 1
            done.bytes += blob.size
    finally:
        damage.healed(reg, right, at)


def _identity(reg: Registry, blob: Blob, pace: _Pace) -> str | None:
    """The identity under which a blob's bytes are right, None where they are not."""
    try:
        return reg.blobs.verify(Stored(blob.location, blob.size, blob.identity), blob.digest, pace)
    except (BlobMissing, BlobCorrupt):
        return None


def _is_replaced(reg: Registry, blob: Blob) -> bool:
    """Whether the blob was collected or stored anew since it was listed."""
    now = reg.db.read(lambda tx: blobs.stored(tx, "", blob.digest))
    return now is None or now.location != blob.location


class _Pace:
    """Keeps a run below a number of bytes a second. Raises _Stopped when it is time to."""

    def __init__(self, bytes_per_second: float, rest: Rest) -> None:
        self._rate = bytes_per_second
        self._rest = rest
        self._began = time.monotonic()
        self._bytes = 0

    def __call__(self, count: int) -> None:
        self._bytes += count
        ahead = self._bytes / self._rate - (time.monotonic() - self._began) if self._rate else 0.0
        if self._rest(max(0.0, ahead)):
            raise _Stopped
