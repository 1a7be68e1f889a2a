"""The table of account settings."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, REGION, a_registry

from entrepot.store import account_settings
from entrepot.store.db import Database


def test_settings(db: Database) -> None:
    """A setting is put and replaced by name, for one registry."""
    one, other = db.write(lambda tx: (a_registry(tx), a_registry(tx, region="eu-west-1")))
    for registry, name, value in ((one, "A", "old"), (one, "A", "new"), (one, "B", "b"), (other, "A", "theirs")):
        db.write(lambda tx, row=(registry, name, value): account_settings.put(tx, *row))  # type: ignore[misc]

    def found(region: str, name: str) -> str | None:
        return db.read(lambda tx: account_settings.find(tx, ACCOUNT, region, name))

    assert [found(REGION, name) for name in ("A", "B", "C", "a")] == ["new", "b", None, None]
    assert [found(region, "A") for region in ("eu-west-1", "eu-west-2")] == ["theirs", None]
