"""The table of repositories."""

from __future__ import annotations

import pytest
from tests.store.rows import ACCOUNT, NOW, REGION, a_registry, a_repository, an_image

from entrepot.domain.repositories import Mutability, Repository
from entrepot.store import blobs, images, outbox, repositories, repository_tags, tags, uploads
from entrepot.store.db import Database, Tx


def find(db: Database, name: str = "team/app") -> Repository | None:
    return db.read(lambda tx: repositories.find(tx, ACCOUNT, REGION, name))


def test_insert_and_find(db: Database) -> None:
    """What was inserted is found, whole, and only under its name in its registry."""
    mutability = Mutability("IMMUTABLE_WITH_EXCLUSION", ("latest", 'dev-"*"'))
    registry = db.write(a_registry)
    id_ = db.write(lambda tx: repositories.insert(tx, registry, "team/app", NOW, mutability, True, "AES256"))
    assert id_ is not None
    assert find(db) == Repository(
        id=id_,
        registry=registry,
        account=ACCOUNT,
        region=REGION,
        name="team/app",
        created_at=NOW,
        mutability=mutability,
        scan_on_push=True,
        encryption_type="AES256",
        kms_key="",
    )
    assert find(db, "team/App") is None
    assert db.read(lambda tx: repositories.find(tx, ACCOUNT, "eu-west-1", "team/app")) is None
    assert db.read(lambda tx: repositories.find(tx, "999999999999", REGION, "team/app")) is None


def test_a_name_is_taken_once(db: Database) -> None:
    """A second row of the same name in the same registry is not made; in another one it is."""
    registry, elsewhere = db.write(lambda tx: (a_registry(tx), a_registry(tx, region="eu-west-1")))

    def insert(tx: Tx, registry: int) -> int | None:
        return repositories.insert(tx, registry, "team/app", NOW, Mutability(), False, "AES256")

    assert db.write(lambda tx: insert(tx, registry)) is not None
    assert db.write(lambda tx: insert(tx, registry)) is None
    assert db.write(lambda tx: insert(tx, elsewhere)) is not None


def test_an_id_is_used_once(db: Database) -> None:
    """A repository that is made again, also of the newest name, has an id that none had."""
    seen = set()
    for _ in range(3):
        id_ = db.write(a_repository)
        seen.add(id_)
        db.write(lambda tx, id_=id_: repositories.delete(tx, id_))  # type: ignore[misc]
    assert len(seen) == 3


def test_page(db: Database) -> None:
    """Names come by their bytes, from after any text, of one registry."""
    names = ["b", "a/b", "a-b", "a0", "a.b", "a_b", "ab"]
    for name in names:
        db.write(lambda tx, name=name: a_repository(tx, name))  # type: ignore[misc]
    db.write(lambda tx: a_repository(tx, "a-elsewhere", "eu-west-1"))

    def page(after: str, limit: int) -> list[str]:
        found = db.read(lambda tx: repositories.names(tx, ACCOUNT, REGION, after, limit))
        assert found == [row.name for row in db.read(lambda tx: repositories.page(tx, ACCOUNT, REGION, after, limit))]
        return found

    assert page("", 10) == sorted(names)
    assert page("", 2) == sorted(names)[:2]
    assert page(sorted(names)[1], 10) == sorted(names)[2:]
    assert page("zz", 10) == []


def test_settings(db: Database) -> None:
    """Mutability and scanOnPush are set of one repository."""
    id_ = db.write(a_repository)
    db.write(lambda tx: a_repository(tx, "other"))
    changed = Mutability("MUTABLE_WITH_EXCLUSION", ("v*",))
    db.write(lambda tx: repositories.set_mutability(tx, id_, changed))
    db.write(lambda tx: repositories.set_scan_on_push(tx, id_, True))
    first, other = find(db), find(db, "other")
    assert first is not None
    assert other is not None
    assert (first.mutability, first.scan_on_push) == (changed, True)
    assert (other.mutability, other.scan_on_push) == (Mutability(), False)
    db.write(lambda tx: repositories.set_mutability(tx, id_, Mutability()))
    again = find(db)
    assert again is not None
    assert again.mutability == Mutability()


@pytest.mark.parametrize(
    "table",
    [
        "repositories",
        "repository_tags",
        "repository_blobs",
        "images",
        "manifests",
        "image_blobs",
        "image_children",
        "tags",
        "uploads",
    ],
)
def test_delete_takes_all_along(db: Database, table: str) -> None:
    """Nothing that hangs on a repository outlives it; blobs, which others may have, and events do."""

    def fill(tx: Tx) -> int:
        id_ = a_repository(tx)
        image = an_image(tx, id_, "sha256:01")
        images.keep_manifest(tx, image, b"{}")
        images.name_blob(tx, id_, image, "sha256:02", "a/b")
        images.name_child(tx, id_, image, "sha256:03")
        tags.point(tx, id_, "v1", image, NOW)
        repository_tags.put(tx, id_, "key", "value")
        blobs.join(tx, id_, blobs.put(tx, "", "sha256:02", 1, "place", "identity", NOW), NOW)
        uploads.insert(tx, "upload", id_, "principal", "sha256:00", NOW)
        outbox.insert(tx, a_registry(tx), NOW, "type", {})
        return id_

    def count(tx: Tx, table: str) -> int:
        [(number,)] = tx.all(f"SELECT count(*) FROM {table}")
        return int(number)

    id_ = db.write(fill)
    assert db.read(lambda tx: count(tx, table)) == 1
    db.write(lambda tx: repositories.delete(tx, id_))
    assert db.read(lambda tx: count(tx, table)) == 0
    assert db.read(lambda tx: (count(tx, "blobs"), count(tx, "outbox"), count(tx, "registries"))) == (1, 1, 1)
