"""The table of registries."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION

from entrepot.store import registries
from entrepot.store.db import Database, Tx


def test_ensure(db: Database) -> None:
    """A registry has one row, however often it is asked for, and its own in each region and account."""

    def work(tx: Tx) -> list[int | None]:
        return [
            registries.ensure(tx, ACCOUNT, REGION, NOW),
            registries.ensure(tx, ACCOUNT, REGION, NOW + 1),
            registries.ensure(tx, ACCOUNT, "eu-west-1", NOW),
            registries.ensure(tx, "999999999999", REGION, NOW),
        ]

    first, again, *others = db.write(work)
    assert first == again
    assert len({first, *others}) == 3
    assert db.read(lambda tx: registries.find(tx, ACCOUNT, REGION)) == first


def test_find_nothing(db: Database) -> None:
    """A registry that was never written to has no row."""
    assert db.read(lambda tx: registries.find(tx, ACCOUNT, REGION)) is None
