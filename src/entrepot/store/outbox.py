"""The table of events that wait for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Mapping

from entrepot.domain.events import Event
from entrepot.store.db import Tx

NEEDED_MAX = 7 * 24 * 3600 * 1_000_000  # microseconds that an event is kept longer for a webhook that has not seen it


def insert(tx: Tx, registry: int, now: int, type_: str, detail: Mapping[str, object]) -> None:
    tx.run(
        "INSERT INTO outbox (registry, created_at, type, detail) VALUES (:registry, :now, :type, :detail)",
        registry=registry,
        now=now,
        type=type_,
        detail=json.dumps(detail),
    )


def page(tx: Tx, after: int, limit: int) -> list[Event]:
    """Up to `limit` events from the one after `after`, in the order in which they were written."""
    rows = tx.all(
        """
        SELECT o.id, r.account, r.region, o.created_at, o.type, o.detail
        FROM outbox o JOIN registries r ON r.id = o.registry
        WHERE o.id > :after ORDER BY o.id LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [
        Event(id_, account, region, at, type_, json.loads(detail)) for id_, account, region, at, type_, detail in rows
    ]


def last(tx: Tx) -> int:
    """The key of the newest event, 0 where there is none."""
    row = tx.one("SELECT COALESCE(MAX(id), 0) FROM outbox")
    return int(row[0]) if row else 0


def before(tx: Tx, at: int) -> int:
    """The key of the newest event that is older than `at`, 0 where there is none."""
    row = tx.one("SELECT COALESCE(MAX(id), 0) FROM outbox WHERE created_at < :at", at=at)
    return int(row[0]) if row else 0


def trim(tx: Tx, before: int, limit: int) -> int:
    """Forget up to `limit` events older than `before`; how many there were.

    One that a webhook has not seen yet, as when the jobs did not run, is kept for another week.
    """
    return tx.run(
        """
        DELETE FROM outbox WHERE id IN
            (SELECT id FROM outbox
             WHERE created_at < :before
                 AND (created_at < :latest OR id <= COALESCE((SELECT MIN(taken) FROM webhooks), id))
             ORDER BY created_at LIMIT :limit)
        """,
        before=before,
        latest=before - NEEDED_MAX,
        limit=limit,
    )
