"""Figures for whoever watches: what all processes have done, and what needs somebody's eye."""

from __future__ import annotations

from entrepot.registry.context import Registry
from entrepot.store import blobs, counters
from entrepot.store.db import Tx

TOTALS = {
    "gc_blobs": "Blobs collected.",
    "gc_bytes": "Bytes of blobs collected.",
    "reads_refused": "Reads and checks that found wrong or missing bytes.",
    "blobs_damaged": "Blobs found to be damaged.",
    "webhook_delivered": "Messages that webhooks took.",
    "webhook_failed": "Messages that webhooks did not take, each time counted.",
    "webhook_dead": "Messages to webhooks given up.",
}
"""The counters and what they say."""


def read(reg: Registry) -> tuple[dict[str, int], int]:
    """Each of TOTALS, and how many blobs are damaged now. Raises StorageUnavailable."""

    def look(tx: Tx) -> tuple[dict[str, int], int]:
        found = counters.read(tx)
        return {name: found.get(name, 0) for name in TOTALS}, blobs.damaged(tx)

    return reg.db.read(look)
