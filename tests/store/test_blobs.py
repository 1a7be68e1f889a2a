"""The table of blobs, and of which repositories have them."""

from __future__ import annotations

from pathlib import Path

from tests.store.rows import NOW, a_repository, an_image

from entrepot.domain.blobs import Blob
from entrepot.store import blobs, garbage, images
from entrepot.store.db import Database, Tx
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

DIGEST = "sha256:" + "a" * 64


def put(tx: Tx, digest: str = DIGEST, location: str = "here", encryption: str = "") -> int:
    return blobs.put(tx, encryption, digest, 5, location, "identity", NOW)


def test_put_and_join(db: Database) -> None:
    """A blob is stored for all and found by the repositories that have it."""
    mine, theirs = db.write(lambda tx: (a_repository(tx), a_repository(tx, "other")))
    id_ = db.write(put)
    blob = Blob(id_, DIGEST, 5, "here", "identity")
    assert db.read(lambda tx: blobs.stored(tx, "", DIGEST)) == blob
    assert db.read(lambda tx: blobs.find(tx, mine, DIGEST)) is None
    db.write(lambda tx: blobs.join(tx, mine, id_, NOW))
    assert db.read(lambda tx: blobs.find(tx, mine, DIGEST)) == blob
    assert db.read(lambda tx: blobs.find(tx, theirs, DIGEST)) is None
    assert db.read(lambda tx: blobs.find(tx, mine, DIGEST.upper())) is None


def test_named(db: Database) -> None:
    """A blob is found by the name of a repository that has it, in its own registry alone."""
    mine, _, id_ = db.write(lambda tx: (a_repository(tx), a_repository(tx, "other"), put(tx)))
    account, region, name = db.read(
        lambda tx: tx.one(
            "SELECT g.account, g.region, r.name FROM registries g JOIN repositories r ON r.registry = g.id"
            " WHERE r.id = :id",
            id=mine,
        )
    ) or ("", "", "")
    assert db.read(lambda tx: blobs.named(tx, account, region, name, DIGEST)) is None
    db.write(lambda tx: blobs.join(tx, mine, id_, NOW))
    assert db.read(lambda tx: blobs.named(tx, account, region, name, DIGEST)) == (
        mine,
        Blob(id_, DIGEST, 5, "here", "identity"),
    )
    elsewhere = ((account, region, "other"), ("", region, name), (account, "", name))
    for a, r, n in elsewhere:
        assert db.read(lambda tx, a=a, r=r, n=n: blobs.named(tx, a, r, n, DIGEST)) is None  # type: ignore[misc]
    assert db.read(lambda tx: blobs.named(tx, account, region, name, DIGEST.upper())) is None


def test_put_again(db: Database) -> None:
    """The row of a digest keeps its id when it names new bytes."""
    first = db.write(put)
    assert db.write(lambda tx: put(tx, location="there")) == first
    assert db.read(lambda tx: blobs.stored(tx, "", DIGEST)) == Blob(first, DIGEST, 5, "there", "identity")


def test_encryption_domains(db: Database) -> None:
    """The same digest under another key is another blob."""
    plain, sealed = db.write(lambda tx: (put(tx), put(tx, location="there", encryption="arn:key")))
    assert plain != sealed
    found = db.read(lambda tx: blobs.stored(tx, "arn:key", DIGEST))
    assert found is not None
    assert found.id == sealed


def test_large(db: Database) -> None:
    """A size needs 64 bits."""
    db.write(lambda tx: blobs.put(tx, "", DIGEST, 2**40, "here", "", NOW))
    found = db.read(lambda tx: blobs.stored(tx, "", DIGEST))
    assert found is not None
    assert found.size == 2**40


def test_set_verified(db: Database) -> None:
    """An identity is noted for the bytes that were looked at, not for those that replaced them."""
    id_ = db.write(put)
    db.write(lambda tx: blobs.set_verified(tx, id_, "elsewhere", "wrong", NOW))
    db.write(lambda tx: blobs.set_verified(tx, id_ + 1, "here", "wrong", NOW))
    assert db.read(lambda tx: blobs.stored(tx, "", DIGEST)) == Blob(id_, DIGEST, 5, "here", "identity")
    db.write(lambda tx: blobs.set_verified(tx, id_, "here", "new", NOW))
    assert db.read(lambda tx: blobs.stored(tx, "", DIGEST)) == Blob(id_, DIGEST, 5, "here", "new")


def test_damage(db: Database) -> None:
    """A damaged blob is found but not sound, is noted once, and heals by other bytes or by being found right."""
    mine, id_ = db.write(lambda tx: (a_repository(tx), put(tx)))
    db.write(lambda tx: blobs.join(tx, mine, id_, NOW))
    assert not db.write(lambda tx: blobs.set_damaged(tx, id_, "elsewhere", NOW))
    for heal in (put, lambda tx: blobs.set_verified(tx, id_, "here", "new", NOW)):
        assert [db.write(lambda tx: blobs.set_damaged(tx, id_, "here", NOW + 1)) for _ in range(2)] == [True, False]
        found = db.read(lambda tx: blobs.find(tx, mine, DIGEST))
        assert found == Blob(id_, DIGEST, 5, "here", "", NOW + 1)
        assert db.read(lambda tx: (blobs.sound(tx, mine, DIGEST), blobs.damaged(tx))) == (None, 1)
        db.write(heal)
        assert db.read(lambda tx: (blobs.sound(tx, mine, DIGEST) is None, blobs.damaged(tx))) == (False, 0)


def test_due(db: Database) -> None:
    """Blobs come by the time they were last verified, page by page."""
    ids = [db.write(lambda tx, n=n: blobs.put(tx, "", f"sha256:{n}", 1, f"at {n}", "", NOW + n // 2)) for n in range(6)]  # type: ignore[misc]
    db.write(lambda tx: blobs.set_verified(tx, ids[0], "at 0", "", NOW + 9))
    seen, after = [], (0, 0)
    while page := db.read(lambda tx, after=after: blobs.due(tx, NOW + 9, after, 2)):  # type: ignore[misc]
        seen += [blob.id for blob, _ in page]
        after = (page[-1][1], page[-1][0].id)
    assert seen == ids[1:]


def test_holders_and_leaving(db: Database) -> None:
    """The repositories that have a blob, by registry and name; one that leaves it has it no more."""
    mine, theirs, id_ = db.write(lambda tx: (a_repository(tx), a_repository(tx, "other"), put(tx)))
    for repository in (mine, theirs):
        db.write(lambda tx, repository=repository: blobs.join(tx, repository, id_, NOW))  # type: ignore[misc]
    assert [name for _, name in db.read(lambda tx: blobs.holders(tx, id_, 10))] == ["other", "team/app"]
    assert db.read(lambda tx: len(blobs.holders(tx, id_, 1))) == 1
    db.write(lambda tx: blobs.leave(tx, mine, id_))
    assert db.read(lambda tx: blobs.find(tx, mine, DIGEST)) is None
    assert db.read(lambda tx: (blobs.leased_until(tx, mine, id_), blobs.leased_until(tx, theirs, id_))) == (0, NOW)


def test_a_lease_is_renewed(db: Database) -> None:
    """Joining again moves the lease."""
    repository, id_ = db.write(lambda tx: (a_repository(tx), put(tx)))
    for until in (NOW, NOW + 5):
        db.write(lambda tx, until=until: blobs.join(tx, repository, id_, until))  # type: ignore[misc]
    assert db.read(lambda tx: tx.all("SELECT leased_until FROM repository_blobs")) == [(NOW + 5,)]


def test_a_lease_that_a_collector_knows(db: Database) -> None:
    """A lease that lasts and was not released; where another blob is released, only beside a lease of lately."""

    def fill(tx: Tx) -> tuple[int, int, int]:
        mine = a_repository(tx)
        one, two = (blobs.put(tx, "", f"sha256:{name}", 5, f"at {name}", "", NOW) for name in "12")
        for blob in (one, two):
            blobs.join(tx, mine, blob, NOW + 100)
        return mine, one, two

    mine, one, two = db.write(fill)

    def known(blob: int, until: int, lately: int) -> bool:
        return db.read(lambda tx: blobs.is_leased(tx, mine, blob, until, lately))

    assert (known(one, NOW + 100, NOW + 200), known(one, NOW + 101, 0)) == (True, False)

    def release(tx: Tx) -> None:
        image = an_image(tx, mine, "sha256:image")
        images.name_blob(tx, mine, image, "sha256:2", "a layer")
        garbage.release(tx, image, mine, NOW)

    db.write(release)
    assert [known(two, NOW, 0), known(one, NOW, NOW + 100), known(one, NOW, NOW + 101)] == [False, True, False]
    db.write(lambda tx: blobs.trace(tx, mine, "sha256:2", NOW + 101))
    assert [known(two, NOW, 0), known(one, NOW, NOW + 101)] == [False, True]
    db.write(lambda tx: blobs.join(tx, mine, two, NOW + 100))
    assert [known(two, NOW, NOW + 200), known(one, NOW, NOW + 200)] == [True, True]


def test_media_type(db: Database) -> None:
    """A blob is called what an image of the same repository calls it."""
    mine, theirs = db.write(lambda tx: (a_repository(tx), a_repository(tx, "other")))
    image = db.write(lambda tx: an_image(tx, mine, "sha256:01"))
    db.write(lambda tx: images.name_blob(tx, mine, image, DIGEST, "application/x.layer"))
    assert db.read(lambda tx: blobs.use(tx, mine, DIGEST)) == ("application/x.layer", True)
    assert db.read(lambda tx: blobs.use(tx, theirs, DIGEST)) is None


def test_find_does_not_read_all_blobs_of_a_repository(tmp_path: Path) -> None:
    """Looking a blob up takes as long in a repository of many: SQLite goes by the digest first."""
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    seen: list[str] = []

    class Explaining:
        """A transaction that says how a query would be run."""

        def __init__(self, tx: Tx) -> None:
            self.tx = tx

        def one(self, sql: str, /, **params: object) -> None:
            seen.extend(row[3] for row in self.tx.all(f"EXPLAIN QUERY PLAN {sql}", **params))

    db.read(lambda tx: blobs.find(Explaining(tx), 1, DIGEST))  # type: ignore[arg-type]
    db.close()
    assert "(digest=?)" in seen[0]
    assert "(repository=? AND blob=?)" in seen[1]
