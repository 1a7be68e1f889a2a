"""The tables of webhooks: how far each has looked, what it still has to be told, what it could not be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that waits. `event` is the outbox's key, `body` the envelope; instants are in microseconds UTC."""

    id: int
    webhook: str
    lane: str
    event: int
    body: str
    attempts: int
    next_at: int
    created_at: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, and why."""

    id: int
    webhook: str
    event: int
    body: str
    error: str
    created_at: int


# --- how far ---------------------------------------------------------------------------------------------------


def register(tx: Tx, name: str, taken: int) -> None:
    """Have a webhook begin after an event, unless it has begun."""
    tx.run(
        "INSERT INTO webhooks (name, taken) VALUES (:name, :taken) ON CONFLICT (name) DO NOTHING",
        name=name,
        taken=taken,
    )


def names(tx: Tx) -> list[str]:
    return [row[0] for row in tx.all("SELECT name FROM webhooks ORDER BY name")]


def forget(tx: Tx, name: str) -> None:
    tx.run("DELETE FROM webhooks WHERE name = :name", name=name)


def taken(tx: Tx, name: str) -> int | None:
    """Up to which event a webhook has looked; None for one that has not begun."""
    row = tx.one("SELECT taken FROM webhooks WHERE name = :name", name=name)
    return int(row[0]) if row else None


def take(tx: Tx, name: str, before: int, to: int) -> bool:
    """Note that a webhook has looked up to `to`; False when another process was faster than this one."""
    return bool(
        tx.run(
            "UPDATE webhooks SET taken = :to WHERE name = :name AND taken = :before", name=name, before=before, to=to
        )
    )


def oldest_untaken(tx: Tx) -> int | None:
    """When the oldest event was written that some webhook has not looked at; None where there is none."""
    row = tx.one(
        "SELECT created_at FROM outbox WHERE id > (SELECT MIN(taken) FROM webhooks) ORDER BY id LIMIT 1",
    )
    return int(row[0]) if row else None


# --- what waits ------------------------------------------------------------------------------------------------


def put(tx: Tx, webhook: str, lane: str, event: int, body: str, now: int) -> None:
    """Have a webhook be told of an event, after all others of the same lane. `now`: since when the message waits."""
    tx.run(
        """
        INSERT INTO deliveries (webhook, lane, event, body, attempts, next_at, created_at)
        VALUES (:webhook, :lane, :event, :body, 0, 0, :now)
        """,
        webhook=webhook,
        lane=lane,
        event=event,
        body=body,
        now=now,
    )


def waiting(tx: Tx, webhook: str) -> int:
    """How many messages wait for a webhook."""
    row = tx.one("SELECT count(*) FROM deliveries WHERE webhook = :webhook", webhook=webhook)
    return int(row[0]) if row else 0


def due(tx: Tx, webhook: str, now: int, limit: int) -> list[str]:
    """Up to `limit` lanes whose first message may be tried now, the oldest first."""
    rows = tx.all(
        """
        SELECT d.lane FROM deliveries d
            JOIN (SELECT MIN(id) AS id FROM deliveries WHERE webhook = :webhook GROUP BY lane) AS heads
            ON heads.id = d.id
        WHERE d.next_at <= :now ORDER BY d.id LIMIT :limit
        """,
        webhook=webhook,
        now=now,
        limit=limit,
    )
    return [row[0] for row in rows]


def lane(tx: Tx, webhook: str, name: str, limit: int) -> list[Delivery]:
    """The first messages of a lane, in order."""
    rows = tx.all(
        """
        SELECT id, webhook, lane, event, body, attempts, next_at, created_at FROM deliveries
        WHERE webhook = :webhook AND lane = :lane ORDER BY id LIMIT :limit
        """,
        webhook=webhook,
        lane=name,
        limit=limit,
    )
    return [Delivery(*row) for row in rows]


def postpone(tx: Tx, delivery: int, attempts: int, next_at: int) -> None:
    tx.run(
        "UPDATE deliveries SET attempts = :attempts, next_at = :next_at WHERE id = :id",
        attempts=attempts,
        next_at=next_at,
        id=delivery,
    )


def remove(tx: Tx, delivery: int) -> bool:
    """Take a message out; False where another process has done so."""
    return bool(tx.run("DELETE FROM deliveries WHERE id = :id", id=delivery))


def oldest_waiting(tx: Tx) -> int | None:
    """Since when the message has waited that has waited longest; None where none waits."""
    row = tx.one("SELECT MIN(created_at) FROM deliveries")
    return None if row is None or row[0] is None else int(row[0])


# --- what was given up -----------------------------------------------------------------------------------------


def bury(tx: Tx, webhook: str, event: int, body: str, error: str, now: int) -> None:
    """Give a message up."""
    tx.run(
        """
        INSERT INTO dead_letters (webhook, event, body, error, created_at)
        VALUES (:webhook, :event, :body, :error, :now)
        """,
        webhook=webhook,
        event=event,
        body=body,
        error=error,
        now=now,
    )


def bury_all(tx: Tx, webhook: str, error: str, now: int) -> int:
    """Note every message of a webhook as given up; the messages that wait are taken out by `clear`."""
    return tx.run(
        """
        INSERT INTO dead_letters (webhook, event, body, error, created_at)
        SELECT webhook, event, body, :error, :now FROM deliveries WHERE webhook = :webhook ORDER BY id
        """,
        webhook=webhook,
        error=error,
        now=now,
    )


def clear(tx: Tx, webhook: str) -> None:
    """Take out every message of a webhook."""
    tx.run("DELETE FROM deliveries WHERE webhook = :webhook", webhook=webhook)


def dead(tx: Tx, webhook: str, after: int, limit: int) -> list[DeadLetter]:
    """Up to `limit` messages given up, from the one after `after`; of one webhook, or of all where that is empty."""
    rows = tx.all(
        """
        SELECT id, webhook, event, body, error, created_at FROM dead_letters
        WHERE id > :after AND (:webhook = '' OR webhook = :webhook) ORDER BY id LIMIT :limit
        """,
        webhook=webhook,
        after=after,
        limit=limit,
    )
    return [DeadLetter(*row) for row in rows]


def last_dead(tx: Tx) -> int:
    """The key of the message that was given up last, 0 where there is none."""
    row = tx.one("SELECT COALESCE(MAX(id), 0) FROM dead_letters")
    return int(row[0]) if row else 0


def drop(tx: Tx, letters: Sequence[int]) -> int:
    """Forget messages given up; how many there were."""
    return sum(tx.run("DELETE FROM dead_letters WHERE id = :id", id=letter) for letter in letters)


def count_dead(tx: Tx) -> int:
    row = tx.one("SELECT count(*) FROM dead_letters")
    return int(row[0]) if row else 0


def trim(tx: Tx, before: int, limit: int) -> int:
    """Forget up to `limit` messages given up before `before`; how many there were."""
    return tx.run(
        """
        DELETE FROM dead_letters WHERE id IN
            (SELECT id FROM dead_letters WHERE created_at < :before ORDER BY created_at LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
