"""Credentials that were not taken, for the audit trail: a row at first, then one a minute with how many there were."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from entrepot.domain.audit import Record
from entrepot.domain.principals import Principal

EVERY: Final = 60.0  # seconds between two rows about one key from one address
PAIRS: Final = 20  # of key and address that have rows of their own at a time, in one process
OF_ADDRESS: Final = 5  # of them that one address may have
_SEVERAL: Final = Principal("", "", "", "")
_Who = tuple[str | None, str | None]


@dataclass(slots=True)
class _Pair:
    """The newest refusal, how many came since the last row, and when that row was, in seconds of the clock."""

    record: Record
    since: float
    count: int = 0


class Refusals:
    """Counts refusals of this process, so that no flood of them fills the database: 21 rows a minute at most.

    Further keys of an address share a row that names no key; further addresses one that names neither. Threads may
    share it. A crash may lose the counts of the last minute.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pairs: dict[_Who, _Pair] = {}
        self._lock = threading.Lock()

    def note(self, record: Record) -> Record | None:
        """The row to write now, None where the refusal is only counted."""
        with self._lock:
            who = self._place(record.caller.principal.access_key_id, record.caller.source_ip)
            record = _shared(record, who)
            pair = self._pairs.get(who)
            if pair is not None:
                pair.record, pair.count = record, pair.count + 1
                return None
            self._pairs[who] = _Pair(record, self._clock())
            return _counted(record, 1)

    def due(self) -> list[Record]:
        """The rows whose minute is over. What was not refused again in its minute is forgotten."""
        with self._lock:
            now = self._clock()
            over = [(who, pair) for who, pair in self._pairs.items() if now - pair.since >= EVERY]
            found = [_counted(pair.record, pair.count) for _, pair in over if pair.count]
            for who, pair in over:
                if pair.count:
                    pair.since, pair.count = now, 0
                else:
                    del self._pairs[who]
            return found

    def _place(self, key: str, address: str) -> _Who:
        """Where a refusal is counted: with its key and address, where there is room."""
        if (key, address) in self._pairs:
            return key, address
        taken = sum(1 for _, other in self._pairs if other == address)
        who: _Who = (key if taken < OF_ADDRESS - 1 else None, address)
        return who if who in self._pairs or len(self._pairs) < PAIRS else (None, None)


def _shared(record: Record, who: _Who) -> Record:
    """A record that names what it stands for and no more."""
    key, address = who
    if key is not None:
        return record
    return replace(record, caller=replace(record.caller, principal=_SEVERAL, source_ip=address or ""))


def _counted(record: Record, count: int) -> Record:
    return replace(record, parameters={**record.parameters, "failures": count})
