"""How many requests a second somebody may make: token buckets, one for each of them."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

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
