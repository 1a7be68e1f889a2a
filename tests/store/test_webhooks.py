"""The tables of webhooks."""

from __future__ import annotations

from tests.store.rows import NOW, a_registry

from entrepot.store import outbox, webhooks
from entrepot.store.db import Database, Tx


def test_how_far(db: Database) -> None:
    """A webhook begins once; its position moves only from where it is."""
    assert db.read(lambda tx: webhooks.taken(tx, "a")) is None
    for start in (5, 9):
        db.write(lambda tx, start=start: webhooks.register(tx, "a", start))  # type: ignore[misc]
    assert db.read(lambda tx: webhooks.taken(tx, "a")) == 5
    assert db.write(lambda tx: webhooks.take(tx, "a", 5, 8))
    assert not db.write(lambda tx: webhooks.take(tx, "a", 5, 9))
    assert not db.write(lambda tx: webhooks.take(tx, "b", 5, 9))
    assert db.read(lambda tx: webhooks.taken(tx, "a")) == 8
    assert db.read(webhooks.names) == ["a"]
    db.write(lambda tx: webhooks.forget(tx, "a"))
    assert db.read(webhooks.names) == []


def test_lanes(db: Database) -> None:
    """The first message of each lane is due when its time has come; the others wait behind it."""

    def fill(tx: Tx) -> None:
        for event, lane in enumerate("xyxz", start=1):
            webhooks.put(tx, "a", lane, event, f"body {event}", NOW + event)
        webhooks.put(tx, "b", "x", 1, "body", NOW - 5)

    def due(limit: int = 10) -> list[str]:
        return db.read(lambda tx: webhooks.due(tx, "a", NOW, limit))

    db.write(fill)
    assert due() == ["x", "y", "z"]
    assert due(2) == ["x", "y"]
    first, third = db.read(lambda tx: webhooks.lane(tx, "a", "x", 10))
    assert (first.event, first.body, first.attempts, first.next_at, first.created_at) == (1, "body 1", 0, 0, NOW + 1)
    assert third.event == 3
    assert len(db.read(lambda tx: webhooks.lane(tx, "a", "x", 1))) == 1
    db.write(lambda tx: webhooks.postpone(tx, first.id, 1, NOW + 1))
    assert due() == ["y", "z"]
    assert db.read(lambda tx: webhooks.lane(tx, "a", "x", 10))[0].attempts == 1
    assert db.write(lambda tx: webhooks.remove(tx, first.id))
    assert not db.write(lambda tx: webhooks.remove(tx, first.id))
    assert due() == ["y", "x", "z"]
    assert [db.read(lambda tx, name=name: webhooks.waiting(tx, name)) for name in "abc"] == [3, 1, 0]  # type: ignore[misc]
    assert db.read(webhooks.oldest_waiting) == NOW - 5
    db.write(lambda tx: webhooks.clear(tx, "b"))
    assert db.read(webhooks.oldest_waiting) == NOW + 2
    db.write(lambda tx: webhooks.clear(tx, "a"))
    assert db.read(webhooks.oldest_waiting) is None
    assert due() == []


def test_dead_letters(db: Database) -> None:
    """They are read in pages, of one webhook or of all, dropped by key and forgotten by age."""

    def fill(tx: Tx) -> None:
        for number in range(4):
            webhooks.bury(tx, "ab"[number % 2], number, f"body {number}", "HTTP 400", NOW + number)
        webhooks.put(tx, "c", "x", 7, "body 7", NOW)
        assert webhooks.bury_all(tx, "c", "gone", NOW + 9) == 1

    db.write(fill)
    everything = db.read(lambda tx: webhooks.dead(tx, "", 0, 10))
    assert [(letter.webhook, letter.event, letter.error) for letter in everything] == [
        ("a", 0, "HTTP 400"), ("b", 1, "HTTP 400"), ("a", 2, "HTTP 400"), ("b", 3, "HTTP 400"), ("c", 7, "gone"),
    ]  # fmt: skip
    assert db.read(lambda tx: webhooks.dead(tx, "", everything[0].id, 1)) == everything[1:2]
    assert [letter.event for letter in db.read(lambda tx: webhooks.dead(tx, "b", 0, 10))] == [1, 3]
    assert db.write(lambda tx: webhooks.drop(tx, [everything[0].id, everything[0].id, 999])) == 1
    assert db.read(webhooks.count_dead) == 4
    assert db.write(lambda tx: webhooks.trim(tx, NOW + 3, 1)) == 1
    assert db.write(lambda tx: webhooks.trim(tx, NOW + 3, 10)) == 1
    assert [letter.event for letter in db.read(lambda tx: webhooks.dead(tx, "", 0, 10))] == [3, 7]


def test_the_oldest_event_that_a_webhook_has_not_seen(db: Database) -> None:
    """Of the webhook that is behind all others; none without a webhook."""

    def fill(tx: Tx) -> None:
        registry = a_registry(tx)
        for number in range(3):
            outbox.insert(tx, registry, NOW + number, "type", {})

    db.write(fill)
    assert db.read(webhooks.oldest_untaken) is None
    db.write(lambda tx: webhooks.register(tx, "a", 3))
    assert db.read(webhooks.oldest_untaken) is None
    db.write(lambda tx: webhooks.register(tx, "b", 1))
    assert db.read(webhooks.oldest_untaken) == NOW + 1
