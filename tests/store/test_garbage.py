"""What may be collected, as the database sees it."""

from __future__ import annotations

from functools import partial

import pytest
from tests.store.rows import NOW, a_repository, an_image

from entrepot.domain.blobs import LEASE
from entrepot.store import blobs, garbage, images, trash, uploads
from entrepot.store.db import Database, Tx

LATER = NOW + 10


def a_blob(tx: Tx, name: str, *repositories: int, leased_until: int = NOW) -> int:
    """A blob of 5 bytes that these repositories have."""
    blob = blobs.put(tx, "", f"sha256:{name}", 5, f"at {name}", "", NOW)
    for repository in repositories:
        blobs.join(tx, repository, blob, leased_until)
    return blob


def kept(db: Database, repository: int, blob: int) -> bool:
    return db.read(lambda tx: blobs.leased_until(tx, repository, blob)) > 0


@pytest.mark.parametrize("window", [1, 2, 3, 100])
def test_the_walk_sees_every_key_once(db: Database, window: int) -> None:
    """Windows of any size find what nothing keeps, and only that, over several repositories."""

    def fill(tx: Tx) -> list[tuple[int, int]]:
        first, second = a_repository(tx), a_repository(tx, "other")
        image = an_image(tx, first, "sha256:image")
        found = []
        for number in range(5):
            blob = a_blob(tx, str(number), first, second)
            a_blob(tx, f"leased {number}", first, leased_until=LATER)
            images.name_blob(tx, first, image, f"sha256:{number}", "a layer")
            found.append((second, blob))
        return found

    expected, seen = db.write(fill), []
    after: tuple[int, int] | None = (0, 0)
    while after is not None:
        found, after = db.read(partial(garbage.memberships, after=after, before=LATER, window=window))
        seen += found
    assert seen == expected


def test_what_keeps_a_membership(db: Database) -> None:
    """A lease until its last microsecond, and an image of the same repository; not an image of another."""

    def fill(tx: Tx) -> tuple[int, int, int]:
        first, second = a_repository(tx), a_repository(tx, "other")
        images.name_blob(tx, first, an_image(tx, first, "sha256:image"), "sha256:1", "a layer")
        return first, second, a_blob(tx, "1", first, second)

    first, second, blob = db.write(fill)
    assert not db.write(lambda tx: garbage.drop_membership(tx, first, blob, LATER))
    assert not db.write(lambda tx: garbage.drop_membership(tx, second, blob, NOW))
    assert (kept(db, first, blob), kept(db, second, blob)) == (True, True)
    assert db.write(lambda tx: garbage.drop_membership(tx, second, blob, NOW + 1))
    assert not db.write(lambda tx: garbage.drop_membership(tx, second, blob, NOW + 1))
    assert (kept(db, first, blob), kept(db, second, blob)) == (True, False)


@pytest.mark.parametrize("window", [1, 2, 100])
def test_blobs_that_no_repository_keeps(db: Database, window: int) -> None:
    """Those that none has, and those that all would lose; each with its size."""

    def fill(tx: Tx) -> list[int]:
        mine = a_repository(tx)
        a_blob(tx, "leased", mine, leased_until=LATER)
        over = a_blob(tx, "over", mine)
        images.name_blob(tx, mine, an_image(tx, mine, "sha256:image"), "sha256:named", "a layer")
        a_blob(tx, "named", mine)
        return [over, a_blob(tx, "alone")]

    expected, seen = db.write(fill), []
    after: int | None = 0
    while after is not None:
        found, after = db.read(partial(garbage.unowned, after=after, before=LATER, window=window))
        seen += found
    assert seen == [(blob, 5) for blob in expected]


def test_a_blob_goes_when_no_repository_has_it(db: Database) -> None:
    """Its location is told, so that the bytes can go; a repository that has it keeps it."""
    mine, blob = db.write(lambda tx: (mine := a_repository(tx), a_blob(tx, "1", mine)))
    assert db.write(lambda tx: garbage.drop_blob(tx, blob)) is None
    db.write(lambda tx: blobs.leave(tx, mine, blob))
    assert db.write(lambda tx: garbage.drop_blob(tx, blob)) == "at 1"
    assert db.write(lambda tx: garbage.drop_blob(tx, blob)) is None


def test_release(db: Database) -> None:
    """The blobs of an image are kept until now at least, in its repository alone, and may go early from now on."""

    def fill(tx: Tx) -> tuple[int, int, int, list[int]]:
        mine, other = a_repository(tx), a_repository(tx, "other")
        image = an_image(tx, mine, "sha256:image")
        made = [a_blob(tx, "1", mine, other), a_blob(tx, "2", mine, leased_until=LATER + 1), a_blob(tx, "3", mine)]
        for number in (1, 2):
            images.name_blob(tx, mine, image, f"sha256:{number}", "a layer")
        return mine, other, image, made

    mine, other, image, made = db.write(fill)
    db.write(lambda tx: garbage.release(tx, image, mine, LATER))
    leases = db.read(lambda tx: [blobs.leased_until(tx, mine, blob) for blob in made])
    assert leases == [LATER, LATER + 1, NOW]
    assert db.read(lambda tx: blobs.leased_until(tx, other, made[0])) == NOW
    assert db.read(lambda tx: garbage.released(tx, LATER + 1, 10)) == []  # the image names them
    db.write(lambda tx: images.delete(tx, image))
    assert db.read(lambda tx: garbage.released(tx, LATER, 10)) == []
    assert db.read(lambda tx: garbage.released(tx, LATER + 1, 10)) == [(mine, blob, 5) for blob in made[:2]]
    assert len(db.read(lambda tx: garbage.released(tx, LATER + 1, 1))) == 1


def test_what_keeps_a_released_blob(db: Database) -> None:
    """An open upload in its repository, somebody told of any blob there, an image; and being told of itself."""

    def fill(tx: Tx) -> tuple[int, int, int]:
        mine = a_repository(tx)
        image = an_image(tx, mine, "sha256:image")
        blob = a_blob(tx, "1", mine, leased_until=NOW + LEASE)
        images.name_blob(tx, mine, image, "sha256:1", "a layer")
        garbage.release(tx, image, mine, NOW)
        return mine, image, blob

    mine, image, blob = db.write(fill)

    def waits(silent: int = LATER) -> bool:
        """Whether all that ask say that the blob is kept."""
        said = {
            not db.read(lambda tx: garbage.released(tx, silent, 10)),
            not db.read(lambda tx: garbage.memberships(tx, (0, 0), 0, 10, silent)[0]),
            not db.read(lambda tx: garbage.unowned(tx, 0, 0, 10, silent)[0]),
        }
        assert len(said) == 1
        return said.pop()

    assert waits()
    db.write(lambda tx: images.delete(tx, image))
    assert (waits(NOW), waits()) == (True, False)
    db.write(lambda tx: uploads.insert(tx, "open", mine, "me", "sha256:empty", NOW))
    assert waits()
    assert db.read(lambda tx: garbage.last_told(tx, 0)) == 0
    db.write(lambda tx: uploads.delete(tx, "open"))
    assert db.read(lambda tx: garbage.last_told(tx, 0)) == NOW
    other = db.write(lambda tx: a_blob(tx, "2", mine, leased_until=LATER + LEASE))
    assert (waits(), waits(LATER + 1)) == (True, False)
    assert db.read(lambda tx: garbage.last_told(tx, 0)) == LATER
    db.write(lambda tx: blobs.leave(tx, mine, other))
    db.write(lambda tx: garbage.drop_blob(tx, other))
    assert not waits()
    assert not db.write(lambda tx: garbage.drop_membership(tx, mine, blob, 0, NOW))
    db.write(lambda tx: blobs.join(tx, mine, blob, NOW + LEASE))
    assert waits()
    assert not db.write(lambda tx: garbage.drop_membership(tx, mine, blob, 0, LATER))


def test_who_accounts_for_bytes(db: Database) -> None:
    """A blob's row, the trash, or the upload that wrote them; nothing else."""

    def fill(tx: Tx) -> None:
        a_blob(tx, "1")
        trash.put(tx, "at 2", NOW)
        uploads.insert(tx, "three", a_repository(tx), "me", "sha256:empty", NOW)

    def named(location: str, upload: str) -> bool:
        return db.read(lambda tx: garbage.is_named(tx, location, upload))

    db.write(fill)
    assert [named("at 1", "x"), named("at 2", "x"), named("at 3", "three")] == [True, True, True]
    assert [named("at 3", "x"), named("at", ""), named("AT 1", "THREE")] == [False, False, False]
