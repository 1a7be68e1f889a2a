"""The tables of trash, pins and counters."""

from __future__ import annotations

from tests.store.rows import NOW

from entrepot.store import counters, pins, trash
from entrepot.store.db import Database


def test_trash(db: Database) -> None:
    """Locations come in order, page by page, once each, until they are removed."""
    for location in ("c", "a", "b", "a"):
        db.write(lambda tx, location=location: trash.put(tx, location, NOW))  # type: ignore[misc]
    assert db.read(lambda tx: (trash.page(tx, "", 2), trash.page(tx, "b", 2))) == (["a", "b"], ["c"])
    assert db.read(trash.count) == 3
    db.write(lambda tx: trash.remove(tx, "b"))
    assert db.read(lambda tx: (trash.page(tx, "", 9), trash.has(tx, "a"), trash.has(tx, "b"))) == (
        ["a", "c"],
        True,
        False,
    )


def test_pins(db: Database) -> None:
    """A pin holds until its end, can be renewed and taken back, and is forgotten when it is over."""
    assert not db.read(lambda tx: pins.any_set(tx, NOW))
    db.write(lambda tx: pins.put(tx, "one", NOW + 5))
    assert db.read(lambda tx: (pins.any_set(tx, NOW + 4), pins.any_set(tx, NOW + 5))) == (True, False)
    db.write(lambda tx: pins.put(tx, "one", NOW + 9))
    assert db.write(lambda tx: pins.trim(tx, NOW + 8)) == 0
    assert db.write(lambda tx: pins.trim(tx, NOW + 9)) == 1
    db.write(lambda tx: pins.put(tx, "two", NOW + 9))
    db.write(lambda tx: pins.remove(tx, "two"))
    assert not db.read(lambda tx: pins.any_set(tx, NOW))


def test_counters(db: Database) -> None:
    """Counters add up."""
    for name, value in (("a", 1), ("b", 2), ("a", 2**40)):
        db.write(lambda tx, name=name, value=value: counters.add(tx, name, value))  # type: ignore[misc]
    assert db.read(counters.read) == {"a": 2**40 + 1, "b": 2}
