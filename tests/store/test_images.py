"""The table of images, their manifests, and what these refer to."""

from __future__ import annotations

from functools import partial

import pytest
from tests.store.rows import ACCOUNT, NOW, REGION, a_digest, a_manifest, a_repository, an_image

from entrepot.domain.images import Image
from entrepot.domain.manifests import OCI_MANIFEST
from entrepot.store import bin as bin_table
from entrepot.store import images, tags
from entrepot.store.db import Database, Tx

DIGEST = a_digest("image")
SUBJECT = a_digest("subject")


@pytest.fixture
def repository(db: Database) -> int:
    return db.write(a_repository)


def test_insert_and_find(db: Database, repository: int) -> None:
    """An image is found, whole, by its digest in its repository."""
    other = db.write(lambda tx: a_repository(tx, "other"))
    id_ = db.write(lambda tx: images.insert(tx, repository, DIGEST, a_manifest(SUBJECT), 2**33, 2**62, NOW))
    assert id_ is not None
    expected = Image(
        id=id_,
        digest=DIGEST,
        media_type="application/vnd.oci.image.manifest.v1+json",
        artifact_type="application/x.artifact",
        manifest_size=2**33,
        size=2**62,
        subject=SUBJECT,
        pushed_at=NOW,
        pulled_at=None,
    )
    assert db.read(lambda tx: images.find(tx, repository, DIGEST)) == expected
    assert db.read(lambda tx: images.find(tx, other, DIGEST)) is None
    assert db.read(lambda tx: images.find(tx, repository, SUBJECT)) is None


def test_insert_once(db: Database, repository: int) -> None:
    """A digest has one row in a repository."""
    db.write(lambda tx: an_image(tx, repository, DIGEST))
    assert db.write(lambda tx: images.insert(tx, repository, DIGEST, a_manifest(), 2, 7, NOW)) is None


def test_tagged(db: Database, repository: int) -> None:
    """An image is found by a tag, of its repository only."""
    other = db.write(lambda tx: a_repository(tx, "other"))
    image = db.write(lambda tx: an_image(tx, repository, DIGEST))
    db.write(lambda tx: tags.point(tx, repository, "v1", image, NOW))
    found = db.read(lambda tx: images.tagged(tx, repository, "v1"))
    assert found is not None
    assert found.digest == DIGEST
    assert db.read(lambda tx: images.tagged(tx, repository, "V1")) is None
    assert db.read(lambda tx: images.tagged(tx, other, "v1")) is None


@pytest.mark.parametrize("data", [b"{}", bytes(range(256)), b"x" * 4_194_304], ids=len)
def test_manifest(db: Database, repository: int, data: bytes) -> None:
    """A manifest's bytes come back as they are."""
    image = db.write(lambda tx: an_image(tx, repository, DIGEST))
    db.write(lambda tx: images.keep_manifest(tx, image, data))
    assert db.read(lambda tx: images.manifest(tx, image)) == data


def test_indexes_naming(db: Database, repository: int) -> None:
    """The indexes that name a manifest, by digest, of one repository; naming it twice counts once."""

    def fill(tx: Tx) -> None:
        other = a_repository(tx, "other")
        for number in (2, 1):
            index = an_image(tx, repository, f"sha256:0{number}")
            images.name_child(tx, repository, index, DIGEST)
            images.name_child(tx, repository, index, DIGEST)
        images.name_child(tx, other, an_image(tx, other, "sha256:03"), DIGEST)

    db.write(fill)
    assert db.read(lambda tx: images.indexes_naming(tx, repository, DIGEST)) == ["sha256:01", "sha256:02"]
    assert db.read(lambda tx: images.indexes_naming(tx, repository, "sha256:01")) == []


def fill_pages(tx: Tx, repository: int) -> None:
    """Images 01 with two tags, 02 with none, 03 with one; and one of another repository."""
    for number, names in ((1, ("b", "B")), (2, ()), (3, ("a",))):
        image = an_image(tx, repository, f"sha256:0{number}")
        for name in names:
            tags.point(tx, repository, name, image, NOW)
    an_image(tx, a_repository(tx, "other"), "sha256:02")


@pytest.mark.parametrize(("tagged", "numbers"), [(None, [1, 2, 3]), (True, [1, 3]), (False, [2])])
def test_page(db: Database, repository: int, tagged: bool | None, numbers: list[int]) -> None:
    """Images come by digest, all of them or by whether they have a tag."""
    db.write(lambda tx: fill_pages(tx, repository))
    expected = [f"sha256:0{number}" for number in numbers]

    def page(after: str, limit: int) -> list[str]:
        return [row.digest for row in db.read(lambda tx: images.page(tx, repository, tagged, after, limit))]

    assert page("", 10) == expected
    assert page("", 1) == expected[:1]
    assert page(expected[0], 10) == expected[1:]


PAIRS: list[tuple[str, str | None]] = [
    ("sha256:01", "B"),
    ("sha256:01", "b"),
    ("sha256:02", None),
    ("sha256:03", "a"),
]


@pytest.mark.parametrize(("tagged", "wanted"), [(None, [0, 1, 2, 3]), (True, [0, 1, 3]), (False, [2])])
def test_page_of_ids(db: Database, repository: int, tagged: bool | None, wanted: list[int]) -> None:
    """Pairs come by digest and tag, and a page may begin after any of them, also between two tags of one image."""
    db.write(lambda tx: fill_pages(tx, repository))
    expected = [PAIRS[number] for number in wanted]
    for number in range(len(expected) + 1):
        digest, tag = expected[number - 1] if number else ("", "")
        after = (digest, tag or "")
        found = db.read(lambda tx, after=after: images.page_of_ids(tx, repository, tagged, after, 10))  # type: ignore[misc]
        assert found == expected[number:]
    assert db.read(lambda tx: images.page_of_ids(tx, repository, tagged, ("", ""), 1)) == expected[:1]


def test_page_of_names(db: Database, repository: int) -> None:
    """Each image with each of its tags, by digest and tag, however large the pages are; none of the bin."""
    wanted: list[tuple[str, str | None, str, str]] = []
    for number in range(5):
        digest = a_digest(str(number))
        image = db.write(partial(an_image, repository=repository, digest=digest))
        names = [f"{number}-{each}" for each in range(number % 3)]
        for name in names:
            db.write(partial(tags.point, repository=repository, name=name, image=image, now=NOW))
        wanted += [(digest, name, OCI_MANIFEST, "application/x.artifact") for name in names or (None,)]
    db.write(lambda tx: bin_table.put(tx, an_image(tx, repository, a_digest("binned")), NOW))
    wanted.sort(key=lambda row: (row[0], row[1] or ""))
    for limit in (1, 2, 100):
        found: list[tuple[str, str | None, str, str]] = []
        while page := db.read(partial(_names_after, repository=repository, found=found, limit=limit)):
            assert len(page) <= limit
            found += page
        assert found == wanted


def _names_after(
    tx: Tx, repository: int, found: list[tuple[str, str | None, str, str]], limit: int
) -> list[tuple[str, str | None, str, str]]:
    after = (found[-1][0], found[-1][1] or "") if found else ("", "")
    return images.page_of_names(tx, repository, after, limit)


def test_any_in(db: Database, repository: int) -> None:
    """Whether a repository has an image."""
    assert not db.read(lambda tx: images.any_in(tx, repository))
    image = db.write(lambda tx: an_image(tx, repository, DIGEST))
    assert db.read(lambda tx: images.any_in(tx, repository))
    db.write(lambda tx: images.delete(tx, image))
    assert not db.read(lambda tx: images.any_in(tx, repository))


def test_delete(db: Database, repository: int) -> None:
    """An image goes with its manifest, its tags and what it names; others keep theirs."""

    def fill(tx: Tx) -> int:
        made = []
        for number in (1, 2):
            image = an_image(tx, repository, f"sha256:0{number}")
            images.keep_manifest(tx, image, b"{}")
            images.name_blob(tx, repository, image, "sha256:aa", "a/b")
            images.name_blob(tx, repository, image, "sha256:aa", "c/d")
            images.name_child(tx, repository, image, "sha256:bb")
            tags.point(tx, repository, f"v{number}", image, NOW)
            made.append(image)
        return made[0]

    first = db.write(fill)
    db.write(lambda tx: images.delete(tx, first))
    for table in ("images", "manifests", "image_blobs", "image_children", "tags"):
        assert db.read(lambda tx, table=table: tx.all(f"SELECT count(*) FROM {table}")) == [(1,)]  # type: ignore[misc]


def test_pulled(db: Database, repository: int) -> None:
    """The last pull moves forward and never back; an image that is gone is no error."""
    image = db.write(lambda tx: an_image(tx, repository, DIGEST))
    for at, expected in ((NOW, NOW), (NOW - 1, NOW), (NOW + 1, NOW + 1)):
        db.write(lambda tx, at=at: images.pulled(tx, image, at))  # type: ignore[misc]
        found = db.read(lambda tx: images.find(tx, repository, DIGEST))
        assert found is not None
        assert found.pulled_at == expected
    db.write(lambda tx: images.pulled(tx, image + 1, NOW))


def test_orphans(db: Database, repository: int) -> None:
    """Referrers are noted when their subject is deleted, the longest first, until it is back or they are wanted."""
    one, other = a_digest("one"), a_digest("other")
    ids = [
        db.write(lambda tx, n=n, subject=subject: an_image(tx, repository, a_digest(f"r{n}"), subject))  # type: ignore[misc]
        for n, subject in enumerate((other, one, one))
    ]

    def orphans(until: int, after: tuple[int, int] = (0, 0), limit: int = 10) -> list[int]:
        return [row[1] for row in db.read(lambda tx: images.orphans(tx, until, after, limit))]

    assert orphans(NOW + 99) == []
    db.write(lambda tx: images.orphan(tx, repository, one, NOW))
    db.write(lambda tx: images.orphan(tx, repository, one, NOW + 5))
    db.write(lambda tx: images.orphan(tx, repository, other, NOW + 1))
    assert orphans(NOW + 1) == [ids[1], ids[2], ids[0]]
    assert orphans(NOW) == ids[1:]
    assert orphans(NOW + 1, (NOW, ids[1]), 1) == ids[2:]
    assert db.read(lambda tx: images.orphaned_since(tx, ids[0])) == NOW + 1
    db.write(lambda tx: images.forget_subject(tx, ids[0]))
    db.write(lambda tx: images.adopt(tx, repository, one))
    assert orphans(NOW + 99) == []
    assert db.read(lambda tx: images.orphaned_since(tx, ids[1])) is None


def test_of_repository(db: Database, repository: int) -> None:
    """One look by names finds what the steps find: by tag or by digest, in that repository of that registry only."""
    other = db.write(lambda tx: a_repository(tx, "other"))
    there = db.write(lambda tx: a_repository(tx, region="eu-west-1"))
    image = db.write(lambda tx: an_image(tx, repository, DIGEST))
    db.write(lambda tx: an_image(tx, there, SUBJECT))
    db.write(lambda tx: tags.point(tx, repository, "v1", image, NOW))

    def look(name: str, tag: str | None, digest: str | None, region: str = REGION) -> Image | None:
        return db.read(lambda tx: images.of_repository(tx, ACCOUNT, region, name, tag, digest))

    expected = db.read(lambda tx: images.find(tx, repository, DIGEST))
    assert expected is not None
    assert look("team/app", "v1", None) == look("team/app", None, DIGEST) == expected
    assert other != repository
    absent = [
        ("other", "v1", None),
        ("other", None, DIGEST),
        ("none", None, DIGEST),
        ("team/app", "v2", None),
        ("team/app", None, SUBJECT),
        ("team/app", None, None),
    ]
    assert [look(*each) for each in absent] == [None] * len(absent)
    assert look("team/app", None, DIGEST, "eu-west-1") is None
    assert look("team/app", None, SUBJECT, "eu-west-1") is not None
    db.write(lambda tx: bin_table.drop_tags(tx, image))
    db.write(lambda tx: bin_table.put(tx, image, NOW))
    assert look("team/app", "v1", None) is look("team/app", None, DIGEST) is None
