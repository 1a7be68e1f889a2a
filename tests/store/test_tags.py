"""The table of tags."""

from __future__ import annotations

from tests.store.rows import NOW, a_repository, an_image

from entrepot.store import tags
from entrepot.store.db import Database, Tx


def test_point_and_remove(db: Database) -> None:
    """A tag names one image of its repository, moves with its time, and goes alone."""

    def fill(tx: Tx) -> tuple[int, int, int, int]:
        mine, theirs = a_repository(tx), a_repository(tx, "other")
        return mine, theirs, an_image(tx, mine, "sha256:01"), an_image(tx, mine, "sha256:02")

    mine, theirs, first, second = db.write(fill)
    assert db.read(lambda tx: tags.holder(tx, mine, "v1")) is None
    db.write(lambda tx: tags.point(tx, mine, "v1", first, NOW))
    db.write(lambda tx: tags.point(tx, mine, "v2", first, NOW))
    assert db.read(lambda tx: (tags.holder(tx, mine, "v1"), tags.holder(tx, theirs, "v1"))) == (first, None)
    db.write(lambda tx: tags.point(tx, mine, "v1", second, NOW + 1))
    assert db.read(lambda tx: (tags.of(tx, first), tags.of(tx, second))) == (["v2"], ["v1"])
    assert db.read(lambda tx: tx.all("SELECT name, tagged_at FROM tags ORDER BY name")) == [
        ("v1", NOW + 1),
        ("v2", NOW),
    ]
    db.write(lambda tx: tags.remove(tx, theirs, "v1"))
    db.write(lambda tx: tags.remove(tx, mine, "v2"))
    assert db.read(lambda tx: (tags.count(tx, first), tags.count(tx, second))) == (0, 1)


def test_page(db: Database) -> None:
    """Tags come by their bytes, from after any text."""
    names = ["a", "B", "_", "1.0", "1.0-rc", "a.b", "a-b"]

    def fill(tx: Tx) -> tuple[int, int]:
        repository = a_repository(tx)
        image = an_image(tx, repository, "sha256:01")
        for name in names:
            tags.point(tx, repository, name, image, NOW)
        return repository, image

    repository, image = db.write(fill)
    ordered = sorted(names)
    assert db.read(lambda tx: tags.of(tx, image)) == ordered
    assert db.read(lambda tx: tags.count(tx, image)) == len(names)
    assert db.read(lambda tx: tags.page(tx, repository, "", 3)) == ordered[:3]
    assert db.read(lambda tx: tags.page(tx, repository, ordered[2], 100)) == ordered[3:]
    assert db.read(lambda tx: tags.page(tx, repository, "A", 1)) == ["B"]
    assert db.read(lambda tx: tags.page(tx, repository, "~", 100)) == []
