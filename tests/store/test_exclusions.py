"""The table of pull-time exclusions."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION, a_digest, a_registry, a_repository, an_image

from entrepot.store import exclusions
from entrepot.store.db import Database, Tx


def test_exclusions(db: Database) -> None:
    """A principal is excluded once in each registry, listed by ARN in pages, and taken off once."""

    def fill(tx: Tx) -> list[bool]:
        one, other = a_registry(tx), a_registry(tx, region="eu-west-1")
        return [exclusions.insert(tx, one, name, NOW) for name in ("b", "B", "a", "b")] + [
            exclusions.insert(tx, other, "b", NOW)
        ]

    assert not db.read(exclusions.any_at_all)
    assert db.write(fill) == [True, True, True, False, True]
    assert db.read(exclusions.any_at_all)
    assert db.read(lambda tx: exclusions.count(tx, 1)) == 3

    def page(after: str, limit: int) -> list[str]:
        return db.read(lambda tx: exclusions.page(tx, ACCOUNT, REGION, after, limit))

    assert (page("", 10), page("", 2), page("a", 2)) == (["B", "a", "b"], ["B", "a"], ["b"])
    assert db.read(lambda tx: exclusions.page(tx, "999999999999", REGION, "", 10)) == []
    removed = [
        db.write(lambda tx, at=region: exclusions.delete(tx, ACCOUNT, at, "b"))  # type: ignore[misc]
        for region in (REGION, REGION, "eu-west-2")
    ]
    assert removed == [True, False, False]
    assert page("", 10) == ["B", "a"]
    assert db.read(lambda tx: exclusions.page(tx, ACCOUNT, "eu-west-1", "", 10)) == ["b"]


def test_registries(db: Database) -> None:
    """An image is in the registry of its repository, which has exclusions of its own."""

    def fill(tx: Tx) -> tuple[int, int]:
        here = an_image(tx, a_repository(tx), a_digest("a"))
        there = an_image(tx, a_repository(tx, region="eu-west-1"), a_digest("a"))
        for name in ("a", "b"):
            exclusions.insert(tx, a_registry(tx), name, NOW)
        return here, there

    images = (*db.write(fill), 999)
    registries = [db.read(lambda tx, at=image: exclusions.registry_of(tx, at)) for image in images]  # type: ignore[misc]
    assert registries == [1, 2, 0]
    found = [sorted(db.read(lambda tx, at=each: exclusions.of_registry(tx, at))) for each in registries]  # type: ignore[misc]
    assert found == [["a", "b"], [], []]
