"""How many requests a second somebody may make: token buckets, one for each of them."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from entrepot.domain.errors import RateExceeded

_KNOWN = 10_000


class Rates:
    """Lets everybody make `per_second` requests on average and a second's worth at once; 0 is no limit.

    Of the process that has it: an installation with several gives each its share. Only the 10,000 callers seen last are
    known; one that is forgotten begins anew.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = max(1.0, per_second)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count one request. Raises RateExceeded."""
        if not self._per_second:
            return
        now = self._clock()
        left, since = self._left.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        self._left[who] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _KNOWN:
            self._left.popitem(last=False)
        if left < 1:
            raise RateExceeded(math.ceil((1 - left) / self._per_second))


class ActionRates:
    """Lets everybody do each action as often a second as `per_second` says; what it does not name, as often as wanted.

    `processes` share that evenly. Threads may ask at the same time.
    """

    def __init__(self, per_second: Mapping[str, float], processes: int = 1) -> None:
        self._rates = {action: Rates(rate / processes) for action, rate in per_second.items()}
        self._lock = threading.Lock()

    def take(self, action: str, who: str) -> None:
        """Count one call. Raises RateExceeded."""
        rates = self._rates.get(action)
        if rates is not None:
            with self._lock:
                rates.take(who)
