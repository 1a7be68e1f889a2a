"""The table of events."""

from __future__ import annotations

import json

from tests.store.rows import NOW, a_registry

from entrepot.store import outbox, webhooks
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


def test_pages_and_positions(db: Database) -> None:
    """Events are read in the order of their keys, with the registry that they belong to."""

    def fill(tx: Tx) -> None:
        registry = a_registry(tx)
        for number in range(5):
            outbox.insert(tx, registry, NOW + number, "type", {"number": number})

    assert db.read(outbox.last) == 0
    db.write(fill)
    found = db.read(lambda tx: outbox.page(tx, 1, 3))
    assert [(event.id, event.at, event.detail) for event in found] == [
        (number + 1, NOW + number, {"number": number}) for number in (1, 2, 3)
    ]
    assert {(event.account, event.region, event.type) for event in found} == {("123456789012", "us-east-1", "type")}
    assert db.read(lambda tx: outbox.page(tx, 5, 3)) == []
    assert db.read(outbox.last) == 5
    assert [db.read(lambda tx, at=at: outbox.before(tx, NOW + at)) for at in (0, 1, 99)] == [0, 1, 5]  # type: ignore[misc]


def test_what_a_webhook_has_not_seen_is_kept_for_another_week(db: Database) -> None:
    """An event that some webhook has still to look at outlives the others, but not for ever."""

    def fill(tx: Tx) -> None:
        registry = a_registry(tx)
        for number in range(4):
            outbox.insert(tx, registry, NOW + number, "type", {})
        webhooks.register(tx, "behind", 2)
        webhooks.register(tx, "ahead", 4)

    db.write(fill)
    assert db.write(lambda tx: outbox.trim(tx, NOW + 100, 10)) == 2
    assert [event.id for event in db.read(lambda tx: outbox.page(tx, 0, 10))] == [3, 4]
    assert db.write(lambda tx: outbox.trim(tx, NOW + outbox.NEEDED_MAX + 3, 10)) == 1
    assert [event.id for event in db.read(lambda tx: outbox.page(tx, 0, 10))] == [4]
