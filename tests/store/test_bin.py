"""Images in the recycle bin, on both databases."""

from __future__ import annotations

import pytest
from tests.store.rows import NOW, a_digest, a_repository, an_image

from entrepot.domain.blobs import LEASE
from entrepot.store import bin as table
from entrepot.store import blobs, counts, garbage, images, tags, uploads
from entrepot.store.db import Database, Tx


@pytest.fixture
def repository(db: Database) -> int:
    return db.write(a_repository)


def binned(tx: Tx, repository: int, number: int, *names: str) -> int:
    """An image that was put in the bin `number` microseconds after NOW."""
    image = an_image(tx, repository, a_digest(str(number)))
    for name in names:
        tags.point(tx, repository, name, image, NOW)
    table.keep_tags(tx, image)
    table.drop_tags(tx, image)
    table.put(tx, image, NOW + number)
    return image


def test_there_and_back(db: Database, repository: int) -> None:
    """An image in the bin is found only there, with the tags that it had, until it is taken out."""
    image = db.write(lambda tx: binned(tx, repository, 1, "b", "a"))
    digest = a_digest("1")
    found = db.read(lambda tx: table.find(tx, repository, digest))
    assert found is not None
    assert (found.id, found.name, found.region, found.deleted_at) == (image, "team/app", "us-east-1", NOW + 1)
    assert db.read(lambda tx: table.tags_of(tx, image)) == ["a", "b"]
    assert db.read(lambda tx: tags.of(tx, image)) == []
    assert db.read(lambda tx: images.find(tx, repository, digest)) is None
    assert db.read(lambda tx: images.any_of(tx, image)).digest == digest
    assert not db.read(lambda tx: images.any_in(tx, repository))
    assert db.read(lambda tx: counts.images(tx, repository)) == 0
    db.write(lambda tx: table.take_out(tx, image, NOW + 9))
    db.write(lambda tx: table.forget_tags(tx, image))
    assert db.read(lambda tx: table.find(tx, repository, digest)) is None
    back = db.read(lambda tx: images.find(tx, repository, digest))
    assert back is not None
    assert back.activated_at == NOW + 9
    assert db.read(lambda tx: counts.images(tx, repository)) == 1


def test_pages(db: Database, repository: int) -> None:
    """Pages go by the time of deletion, of one repository or all, and may begin between two of the same time."""
    other = db.write(lambda tx: a_repository(tx, "team/other"))
    ids = [db.write(lambda tx, at=at: binned(tx, repository, at)) for at in (3, 1, 2)]  # type: ignore[misc]
    elsewhere = db.write(lambda tx: binned(tx, other, 1))
    db.write(lambda tx: an_image(tx, repository, a_digest("not deleted")))
    order = [ids[1], elsewhere, ids[2], ids[0]]

    def page(only: int | None, before: int, after: tuple[int, int], limit: int) -> list[int]:
        return [row.id for row in db.read(lambda tx: table.page(tx, only, before, after, limit))]

    assert page(None, NOW + 10, (0, 0), 10) == order
    assert page(None, NOW + 10, (0, 0), 1) == order[:1]
    assert page(None, NOW + 10, (NOW + 1, ids[1]), 10) == order[1:]
    assert page(repository, NOW + 10, (0, 0), 10) == [ids[1], ids[2], ids[0]]
    assert page(None, NOW + 2, (0, 0), 10) == order[:2]


def a_blob_of(tx: Tx, number: int, *where: int, lease: int = NOW - 1) -> tuple[int, str]:
    """A blob of `number` bytes that these repositories have; its id and digest."""
    blob = blobs.put(tx, "", a_digest(f"blob {number}"), number, f"at {number}", "", NOW)
    for repository in where:
        blobs.join(tx, repository, blob, lease)
    return blob, a_digest(f"blob {number}")


def name(tx: Tx, repository: int, image: int, *digests: str) -> None:
    for digest in digests:
        tx.run(
            "INSERT INTO image_blobs (repository, digest, image, media_type) VALUES (:r, :digest, :image, 'a/b')",
            r=repository,
            digest=digest,
            image=image,
        )


def test_what_only_the_bin_keeps(db: Database, repository: int) -> None:
    """Blobs that nothing outside of it names, in any repository, with the image that was deleted last of theirs."""
    other = db.write(lambda tx: a_repository(tx, "team/other"))

    def fill(tx: Tx) -> tuple[list[int], list[int]]:
        first, second, elsewhere = binned(tx, repository, 1), binned(tx, repository, 2), binned(tx, other, 3)
        live = an_image(tx, repository, a_digest("live"))
        own, shared, with_live, in_two, leased, unnamed = (
            a_blob_of(tx, 1, repository),
            a_blob_of(tx, 2, repository),
            a_blob_of(tx, 3, repository),
            a_blob_of(tx, 4, repository, other),
            a_blob_of(tx, 5, repository, lease=NOW),
            a_blob_of(tx, 6, repository),
        )
        name(tx, repository, first, *(each[1] for each in (own, shared, with_live, in_two, leased)))
        name(tx, repository, second, shared[1], in_two[1])
        name(tx, repository, live, with_live[1])
        name(tx, other, elsewhere, in_two[1])
        assert unnamed
        return [first, second, elsewhere], [own[0], shared[0], in_two[0]]

    images_there, (own, shared, in_two) = db.write(fill)
    first, second, elsewhere = images_there
    found, last = db.read(lambda tx: table.spared(tx, 0, 100, NOW, 0))
    assert last is None
    assert found == [
        table.Spared(own, 1, NOW + 1, first),
        table.Spared(shared, 2, NOW + 2, second),
        table.Spared(in_two, 4, NOW + 3, elsewhere),
    ]
    assert db.read(lambda tx: table.spared(tx, 0, 1, NOW, 0)) == ([found[0]], own)
    assert db.read(lambda tx: table.spared(tx, in_two + 9, 1, NOW, 0)) == ([], None)
    assert [image.id for image in db.read(lambda tx: table.naming(tx, in_two, 10))] == images_there
    assert [image.id for image in db.read(lambda tx: table.naming(tx, in_two, 1))] == [first]
    assert db.read(lambda tx: table.is_spared(tx, in_two, NOW, 0))
    db.write(lambda tx: table.take_out(tx, elsewhere, NOW))
    assert not db.read(lambda tx: table.is_spared(tx, in_two, NOW, 0))


def test_a_lease_that_ends_early(db: Database, repository: int) -> None:
    """Released in a repository that is silent since; not where an upload is open, or a client was told of a blob."""
    busy, told = (db.write(lambda tx, name=name: a_repository(tx, name)) for name in ("busy", "told"))  # type: ignore[misc]
    silent = NOW + 5

    def fill(tx: Tx) -> None:
        for at, where in enumerate((busy, told, repository)):
            _, digest = a_blob_of(tx, at + 1, where, lease=NOW + LEASE - 1)
            image = an_image(tx, where, a_digest(str(at)))
            name(tx, where, image, digest)
            garbage.release(tx, image, where, NOW + at)
            table.put(tx, image, NOW + at)
        uploads.insert(tx, "open", busy, "me", "sha256:empty", NOW)
        blobs.join(tx, told, blobs.put(tx, "", "sha256:1", 5, "at", "", NOW), silent + LEASE)

    def sizes(silent: int) -> list[int]:
        return [each.size for each in db.read(lambda tx: table.spared(tx, 0, 100, NOW + 9, silent))[0]]

    db.write(fill)
    assert [sizes(NOW + 2), sizes(silent), sizes(silent + 1)] == [[], [3], [2, 3]]
    db.write(lambda tx: uploads.delete(tx, "open"))
    assert sizes(silent) == [1, 3]


def test_tagged(db: Database, repository: int) -> None:
    """A tag finds the image that was deleted last with it."""
    db.write(lambda tx: binned(tx, repository, 1, "latest"))
    last = db.write(lambda tx: binned(tx, repository, 2, "latest"))
    found = db.read(lambda tx: table.tagged(tx, repository, "latest"))
    assert found is not None
    assert found.id == last
    assert db.read(lambda tx: table.tagged(tx, repository, "none")) is None


def test_gone_with(db: Database, repository: int) -> None:
    """What left with its subject, or because of it, is found; not what left before or is not in the bin."""
    subject = a_digest("subject")

    def referrer(name: str, orphaned: int | None, deleted: int | None) -> None:
        def write(tx: Tx) -> None:
            image = an_image(tx, repository, a_digest(name), subject)
            if orphaned is not None:
                images.orphan(tx, repository, subject, NOW + orphaned)
            if deleted is not None:
                table.put(tx, image, NOW + deleted)

        db.write(write)

    for name, orphaned, deleted in (("before", None, 1), ("with", None, 2), ("later", 2, 9), ("there", None, None)):
        referrer(name, orphaned, deleted)
    found = db.read(lambda tx: table.gone_with(tx, repository, subject, NOW + 2))
    assert {row.digest for row in found} == {a_digest("with"), a_digest("later")}


def test_for_good(db: Database, repository: int) -> None:
    """Only what is in the bin is purged or dropped."""
    image = db.write(lambda tx: binned(tx, repository, 1, "a"))
    kept = db.write(lambda tx: an_image(tx, repository, a_digest("kept")))
    assert db.write(lambda tx: table.purge(tx, image))
    assert not db.write(lambda tx: table.purge(tx, image))
    assert not db.write(lambda tx: table.purge(tx, kept))
    db.write(lambda tx: table.drop(tx, repository, a_digest("kept")))
    assert db.read(lambda tx: images.find(tx, repository, a_digest("kept"))) is not None
    db.write(lambda tx: binned(tx, repository, 2))
    db.write(lambda tx: table.drop(tx, repository, a_digest("2")))
    assert db.read(lambda tx: table.find(tx, repository, a_digest("2"))) is None
