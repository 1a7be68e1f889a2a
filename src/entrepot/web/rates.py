"""How many requests a second somebody may make: token buckets, which all processes of an installation share."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from entrepot.domain.errors import RateExceeded

OTHER_REGIONS = "other"
_ROW = struct.Struct("16sdd")  # whose it is, how many requests are left, since when (seconds, monotonic)
_WAYS = 8
_SETS = 1280
_SET = _WAYS * _ROW.size
_BACK = 60.0  # seconds that a clock is behind what it once said only where the machine began anew


class Buckets:
    """What is left of whose rate, in a file that processes of one machine have together, or in one of its own.

    It has 10,240 rows, each name 8 where it may stand: the one of these that was seen longest ago is forgotten for a
    new one, and begins anew. Threads may ask at the same time. A process that is killed leaves no lock behind.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            self._file, name = tempfile.mkstemp()
            Path(name).unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        self._lock = threading.Lock()

    def take(self, who: str, per_second: float, clock: Callable[[], float] = time.monotonic) -> float:
        """Count one request; the seconds after which one will be let through, 0 where this one is.

        `per_second` on average, and a second's worth at once (one at least), which may wait however long. The clock,
        one of the machine, is read when it is this one's turn: read before, it may be behind what another wrote.
        """
        key, burst = blake2b(who.encode(), digest_size=16).digest(), max(1.0, per_second)
        start = int.from_bytes(key[:4]) % _SETS * _SET
        with self._alone():
            now = clock()
            rows = [*_ROW.iter_unpack(os.pread(self._file, _SET, start).ljust(_SET, b"\0"))]
            found = next((at for at, row in enumerate(rows) if row[0] == key), None)
            at = min(range(_WAYS), key=lambda at: rows[at][2]) if found is None else found
            left, since = (burst, now) if found is None else rows[at][1:]
            if since - now > _BACK:  # the clock begins anew when the machine does, and the file stays
                left, since = burst, now
            now = max(now, since)
            left = min(burst, left + (now - since) * per_second)
            kept = left - 1 if left >= 1 else left
            with contextlib.suppress(OSError):  # no room on the disk: that a request is not counted is the lesser harm
                os.pwrite(self._file, _ROW.pack(key, kept, now), start + at * _ROW.size)
        return 0.0 if left >= 1 else (1 - left) / per_second

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


class Rates:
    """Lets everybody make `per_second` requests on average and a second's worth at once; 0 is no limit.

    Those that have `buckets` together count together, so a name of one limit is to be no name of another's.
    """

    def __init__(
        self, per_second: float, buckets: Buckets | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._buckets = (buckets or Buckets()) if per_second else None
        self._clock = clock

    def take(self, who: str) -> None:
        """Count one request. Raises RateExceeded."""
        if self._buckets is None:
            return
        wait = self._buckets.take(who, self._per_second, self._clock)
        if wait:
            raise RateExceeded(math.ceil(wait))


class ActionRates:
    """Lets each account do each action in each region as often a second as `per_second` says; others without limit.

    Regions count apart if they are among `regions`, which whoever knows them keeps up to date; all others count as
    one, so that nobody gets more by making regions up.
    """

    def __init__(
        self, per_second: Mapping[str, float], buckets: Buckets | None = None, regions: Collection[str] = ()
    ) -> None:
        shared = buckets or Buckets() if any(per_second.values()) else None
        self._rates = {action: Rates(rate, shared) for action, rate in per_second.items() if rate}
        self.regions = regions

    @property
    def limited(self) -> bool:
        """Whether anything has a limit."""
        return bool(self._rates)

    def take(self, action: str, account: str, region: str) -> None:
        """Count one call. Raises RateExceeded."""
        rates = self._rates.get(action)
        if rates is not None:
            rates.take(f"{action} {account} {region if region in self.regions else OTHER_REGIONS}")
