"""Housekeeping: what the jobs process does on a schedule so that nothing grows for ever."""

from __future__ import annotations

from entrepot.registry import uploads
from entrepot.registry.context import Registry
from entrepot.store import audit, outbox, webhooks

DAY = 24 * 3600 * 1_000_000  # microseconds
UPLOADS_IDLE = 2 * DAY  # a clock that jumps by a day ends no push
OUTBOX_KEPT = 7 * DAY
AUDIT_KEPT = 90 * DAY  # as long as CloudTrail's event history
DEAD_LETTERS_KEPT = 30 * DAY
_BATCH = 1000


def sweep_uploads(reg: Registry) -> int:
    """End uploads that nothing was written to for two days and give their bytes back; how many."""
    return uploads.sweep(reg, UPLOADS_IDLE)


def trim(reg: Registry) -> int:
    """Forget events after a week, dead letters after 30 days and audit records after 90; how many."""
    total = 0
    for table, kept in ((outbox, OUTBOX_KEPT), (webhooks, DEAD_LETTERS_KEPT), (audit, AUDIT_KEPT)):
        before = reg.now() - kept
        while gone := reg.db.write(lambda tx, table=table, before=before: table.trim(tx, before, _BATCH)):  # type: ignore[misc]
            total += gone
    return total
