"""The table of resource tags."""

from __future__ import annotations

from tests.store.rows import a_repository

from entrepot.store import repository_tags
from entrepot.store.db import Database, Tx


def test_tags(db: Database) -> None:
    """Tags are put and replaced by key, listed by the bytes of their keys, and removed one by one."""

    def fill(tx: Tx) -> int:
        id_, other = a_repository(tx), a_repository(tx, "other")
        for key in ("b", "B", "é", "a b"):
            repository_tags.put(tx, id_, key, "old")
        repository_tags.put(tx, id_, "b", "")
        repository_tags.put(tx, other, "b", "theirs")
        repository_tags.remove(tx, id_, "a b")
        repository_tags.remove(tx, id_, "not there")
        return id_

    id_ = db.write(fill)
    found = db.read(lambda tx: repository_tags.of(tx, id_))
    assert list(found.items()) == [("B", "old"), ("b", ""), ("é", "old")]


def test_none(db: Database) -> None:
    """A repository that is not there has no tags."""
    assert db.read(lambda tx: repository_tags.of(tx, 1)) == {}
