"""Images on their way to the archive and back, on both databases."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION, a_digest, a_repository, an_image

from entrepot.store import images, storage_class
from entrepot.store.db import Database


def test_states(db: Database) -> None:
    """Each step sets the status and its time; those that are activating come by how long they are."""
    repository = db.write(a_repository)
    first, second = (db.write(lambda tx, n=n: an_image(tx, repository, a_digest(n))) for n in "ab")  # type: ignore[misc]
    db.write(lambda tx: storage_class.archive(tx, first, NOW))
    found = db.read(lambda tx: images.any_of(tx, first))
    assert (found.status, found.archived_at, found.activated_at) == ("ARCHIVED", NOW, None)
    db.write(lambda tx: storage_class.begin_activation(tx, first, NOW + 5))
    db.write(lambda tx: storage_class.begin_activation(tx, second, NOW + 3))

    def activating(until: int, limit: int = 10) -> list[str]:
        rows = db.read(lambda tx: storage_class.activating(tx, until, limit))
        assert all(row[:3] == (ACCOUNT, REGION, "team/app") for row in rows)
        return [row[3] for row in rows]

    assert activating(NOW + 2) == []
    assert activating(NOW + 3) == [a_digest("b")]
    assert activating(NOW + 5) == [a_digest("b"), a_digest("a")]
    assert activating(NOW + 5, 1) == [a_digest("b")]
    db.write(lambda tx: storage_class.activate(tx, second, NOW + 7))
    assert activating(NOW + 9) == [a_digest("a")]
    found = db.read(lambda tx: images.any_of(tx, second))
    assert (found.status, found.activated_at) == ("ACTIVE", NOW + 7)
