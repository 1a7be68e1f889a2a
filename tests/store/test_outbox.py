"""The table of events."""

from __future__ import annotations

import json

from tests.store.rows import NOW, a_registry

from entrepot.store import outbox
from entrepot.store.db import Database, Tx


def test_insert_and_trim(db: Database) -> None:
    """Events are kept in order, and the oldest are forgotten first, so many at a time."""

    def fill(tx: Tx) -> None:
        registry = a_registry(tx)
        for number in range(5):
            outbox.insert(tx, registry, NOW + number, "type", {"number": f"{number} é"})

    def left() -> list[str]:
        rows = db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
        return [json.loads(detail)["number"][0] for (detail,) in rows]

    db.write(fill)
    assert left() == ["0", "1", "2", "3", "4"]
    assert db.write(lambda tx: outbox.trim(tx, NOW + 4, 3)) == 3
    assert left() == ["3", "4"]
    assert db.write(lambda tx: outbox.trim(tx, NOW + 4, 3)) == 1
    assert db.write(lambda tx: outbox.trim(tx, NOW + 4, 3)) == 0
    assert left() == ["4"]
