"""Events: reading what happened, in order and without leaving out what is still being written."""

from __future__ import annotations

from entrepot.domain.events import Event
from entrepot.registry.context import Registry
from entrepot.store import outbox
from entrepot.store.db import Tx

PAGE = 500
GAP = 10_000_000  # microseconds that a missing key is waited for


def page(reg: Registry, after: int, limit: int = PAGE) -> list[Event]:
    """Up to `limit` events from the one after `after`; none beyond one that may still be on its way."""
    return settled(reg.db.read(lambda tx: outbox.page(tx, after, limit)), after, reg.now())


def settled(found: list[Event], after: int, now: int) -> list[Event]:
    """The events up to the first gap that may still be filled.

    Keys are given out before a transaction ends, so with many writers a later key can be seen before an earlier one;
    a gap before an event that is older than 10 s was left by a transaction that failed, or by trimming.
    """
    previous = after
    for at, event in enumerate(found):
        if event.id != previous + 1 and now - event.at < GAP:
            return found[:at]
        previous = event.id
    return found


def position(reg: Registry, since: int | None) -> int:
    """After which event to read: for what was written since an instant (microseconds UTC), or from now on for None."""

    def look(tx: Tx) -> int:
        return outbox.last(tx) if since is None else outbox.before(tx, since)

    return reg.db.read(look)
