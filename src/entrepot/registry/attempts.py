"""Failed attempts to be somebody: after some, an address has to wait before it may try that access key again."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from entrepot.domain.errors import RateExceeded

_KNOWN: Final = 10_000
_KEY: Final = 128  # characters of a key that are looked at: anybody can make long ones up
_Who = tuple[str | None, str]
OF_ADDRESS: Final = 10
"""An address may fail so many times as often with all keys together as with one."""


class Attempts:
    """Counts failures of this process. `per_minute` is how many one address may have with one key; 0 is no limit.

    They may come at once; after that, one is forgotten every 60 / `per_minute` seconds. With its own limit used up,
    a key is not even looked at; that of the whole address turns further failures into the same answer, and leaves
    those alone who share the address and have good credentials, unless what they show is no key. The 10,000 failed last
    are known. Threads may share it.
    """

    def __init__(self, per_minute: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._failed: OrderedDict[_Who, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str | None, address: str) -> None:
        """Refuse an attempt where too many failed: with that key, or where there is none (None), of the address.

        Raises RateExceeded.
        """
        who = (None if key is None else key[:_KEY], address)
        if self._per_minute and who in self._failed:
            with self._lock:
                self._refuse(who, self._per_minute * (OF_ADDRESS if key is None else 1))

    def failed(self, key: str | None, address: str) -> None:
        """Count a failure, of an address alone where nothing could have been guessed (`key` None).

        Raises RateExceeded where the address has too many of them by now.
        """
        if not self._per_minute:
            return
        with self._lock:
            if key is not None:
                self._count((key[:_KEY], address), self._per_minute)
            self._refuse((None, address), self._per_minute * OF_ADDRESS)
            self._count((None, address), self._per_minute * OF_ADDRESS)

    def _left(self, who: _Who, most: float) -> float:
        failures, since = self._failed.get(who, (0.0, 0.0))
        return max(0.0, failures - (self._clock() - since) * most / 60)

    def _refuse(self, who: _Who, most: float) -> None:
        most = max(most, 1.0)
        left = self._left(who, most)
        if left > most - 1:
            raise RateExceeded(max(1, math.ceil((left - most + 1) * 60 / most)))

    def _count(self, who: _Who, most: float) -> None:
        failures = self._left(who, most) + 1
        self._failed.pop(who, None)
        self._failed[who] = (min(failures, max(most, 1.0)), self._clock())
        if len(self._failed) > _KNOWN:
            self._failed.popitem(last=False)
