"""The table of registries."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION, a_repository

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


def test_regions(db: Database) -> None:
    """Regions are those in which somebody has a repository, each once."""

    def work(tx: Tx) -> list[str]:
        registries.ensure(tx, ACCOUNT, "eu-west-1", NOW)
        a_repository(tx)
        a_repository(tx, "other")
        a_repository(tx, region="ap-south-1")
        return registries.regions(tx)

    assert db.read(registries.regions) == []
    assert db.write(work) == ["ap-south-1", REGION]


def test_find_nothing(db: Database) -> None:
    """A registry that was never written to has no row."""
    assert db.read(lambda tx: registries.find(tx, ACCOUNT, REGION)) is None
