"""The table of pins: while one is not over, no bytes are deleted."""

from __future__ import annotations

from entrepot.store.db import Tx


def put(tx: Tx, pin: str, until: int) -> None:
    """Set a pin, or renew it, until an instant (microseconds UTC)."""
    tx.run(
        "INSERT INTO pins (id, until) VALUES (:pin, :until) ON CONFLICT (id) DO UPDATE SET until = excluded.until",
        pin=pin,
        until=until,
    )


def remove(tx: Tx, pin: str) -> None:
    tx.run("DELETE FROM pins WHERE id = :pin", pin=pin)


def trim(tx: Tx, now: int) -> int:
    """Forget pins that are over, as those of a backup that was killed; how many."""
    return tx.run("DELETE FROM pins WHERE until <= :now", now=now)


def any_set(tx: Tx, now: int) -> bool:
    return tx.one("SELECT 1 FROM pins WHERE until > :now LIMIT 1", now=now) is not None
