"""The table of unfinished uploads."""

from __future__ import annotations

import pytest
from tests.store.rows import NOW, a_repository

from entrepot.domain.blobs import Upload
from entrepot.store import uploads
from entrepot.store.db import Database

ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def repository(db: Database) -> int:
    id_ = db.write(a_repository)
    db.write(lambda tx: uploads.insert(tx, ID, id_, "principal", "sha256:00", NOW))
    return id_


def find(db: Database, repository: int) -> Upload:
    found = db.read(lambda tx: uploads.find(tx, ID, repository, "principal"))
    assert found is not None
    return found


def test_insert_and_find(db: Database, repository: int) -> None:
    """An upload begins with nothing, and is of one repository and one principal."""
    assert find(db, repository) == Upload(ID, repository, "principal", 0, "sha256:00", 0, 0, undersized=False)
    assert db.read(lambda tx: uploads.find(tx, ID, repository + 1, "principal")) is None
    assert db.read(lambda tx: uploads.find(tx, ID, repository, "somebody")) is None
    assert db.read(lambda tx: uploads.find(tx, "other", repository, "principal")) is None


def test_advance(db: Database, repository: int) -> None:
    """An upload moves on from where its writer saw it, and from nowhere else."""
    start = find(db, repository)

    def advance(before: Upload, received: int) -> bool:
        part = received - before.received
        return db.write(lambda tx: uploads.advance(tx, before, received, "sha256:01", part, True, NOW + 1))

    assert advance(start, 2**40)
    assert find(db, repository) == Upload(ID, repository, "principal", 2**40, "sha256:01", 1, 2**40, undersized=True)
    assert not advance(start, 7)
    assert advance(find(db, repository), 2**40 + 1)
    assert (find(db, repository).parts, find(db, repository).last_part) == (2, 1)


def test_delete(db: Database, repository: int) -> None:
    """An upload is removed once, and then no longer advances."""
    before = find(db, repository)
    assert db.read(lambda tx: uploads.known(tx, ID))
    assert db.write(lambda tx: uploads.delete(tx, ID))
    assert not db.write(lambda tx: uploads.delete(tx, ID))
    assert not db.read(lambda tx: uploads.known(tx, ID))
    assert not db.write(lambda tx: uploads.advance(tx, before, 1, "sha256:01", 1, False, NOW))


def test_idle(db: Database, repository: int) -> None:
    """Uploads that nothing was written to since an instant, in pages by id."""
    for number in range(3):
        db.write(lambda tx, number=number: uploads.insert(tx, f"{number}", repository, "p", "", NOW + number))  # type: ignore[misc]
    assert db.read(lambda tx: uploads.idle(tx, NOW, "", 9)) == []
    assert db.read(lambda tx: uploads.idle(tx, NOW + 2, "", 9)) == ["0", "1", ID]
    assert db.read(lambda tx: uploads.idle(tx, NOW + 2, "", 1)) == ["0"]
    assert db.read(lambda tx: uploads.idle(tx, NOW + 2, "0", 9)) == ["1", ID]


def test_delete_idle(db: Database, repository: int) -> None:
    """An upload that was written to in the meantime is not removed."""
    assert not db.write(lambda tx: uploads.delete_idle(tx, ID, NOW))
    assert db.write(lambda tx: uploads.delete_idle(tx, ID, NOW + 1))
    assert not db.write(lambda tx: uploads.delete_idle(tx, ID, NOW + 1))
