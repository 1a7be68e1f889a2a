"""The table of events that wait for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Mapping

from entrepot.store.db import Tx


def insert(tx: Tx, registry: int, now: int, type_: str, detail: Mapping[str, object]) -> None:
    tx.run(
        "INSERT INTO outbox (registry, created_at, type, detail) VALUES (:registry, :now, :type, :detail)",
        registry=registry,
        now=now,
        type=type_,
        detail=json.dumps(detail),
    )


def trim(tx: Tx, before: int, limit: int) -> int:
    """Forget up to `limit` events older than `before`; how many there were."""
    return tx.run(
        """
        DELETE FROM outbox WHERE id IN
            (SELECT id FROM outbox WHERE created_at < :before ORDER BY created_at LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
