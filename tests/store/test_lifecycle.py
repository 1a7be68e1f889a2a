"""The tables of lifecycle policies and previews, and what a decision reads."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, NOW, REGION, a_digest, a_repository, an_image

from entrepot.domain import events
from entrepot.store import images, lifecycle, outbox, tags
from entrepot.store.db import Database
from entrepot.store.lifecycle import Preview, Previewed, Stored

ONE = Previewed("sha256:1", ("v1", 'v"2'), NOW, "ACTIVE", 3, "EXPIRE")
TWO = Previewed("sha256:2", (), NOW, "ARCHIVED", 2**31 - 1, "TRANSITION")


def test_policies(db: Database) -> None:
    """A policy keeps its id over versions, is noted as evaluated, and can be removed."""
    repository = db.write(a_repository)
    assert db.read(lambda tx: lifecycle.find(tx, repository)) is None
    db.write(lambda tx: lifecycle.put(tx, repository, "first", "id-1", NOW))
    db.write(lambda tx: lifecycle.evaluated(tx, repository, NOW + 5))
    assert db.read(lambda tx: lifecycle.find(tx, repository)) == Stored("first", "id-1", 1, NOW, NOW + 5)
    db.write(lambda tx: lifecycle.put(tx, repository, "second", "id-2", NOW + 6))
    assert db.read(lambda tx: lifecycle.find(tx, repository)) == Stored("second", "id-1", 2, NOW + 6, 0)
    db.write(lambda tx: lifecycle.remove(tx, repository))
    assert db.read(lambda tx: lifecycle.find(tx, repository)) is None


def test_due(db: Database) -> None:
    """Repositories come by id, with whom they belong to, when both instants are long enough ago."""
    first = db.write(a_repository)
    second = db.write(lambda tx: a_repository(tx, "other", region="eu-central-1"))
    for repository, at in ((first, NOW), (second, NOW + 10)):
        db.write(lambda tx, repository=repository, at=at: lifecycle.put(tx, repository, "x", "id", at))  # type: ignore[misc]
    assert db.read(lambda tx: lifecycle.due(tx, NOW - 1, 0)) is None
    assert db.read(lambda tx: lifecycle.due(tx, NOW, 0)) == (first, ACCOUNT, REGION, "team/app")
    assert db.read(lambda tx: lifecycle.due(tx, NOW, first)) is None
    assert db.read(lambda tx: lifecycle.due(tx, NOW + 10, first)) == (second, ACCOUNT, "eu-central-1", "other")
    db.write(lambda tx: lifecycle.evaluated(tx, first, NOW + 20))
    assert db.read(lambda tx: lifecycle.due(tx, NOW + 10, 0)) == (second, ACCOUNT, "eu-central-1", "other")


def test_what_a_decision_reads(db: Database) -> None:
    """Images, tags, entries of indexes and blobs come in pages, without what is in the recycle bin."""
    repository = db.write(a_repository)
    digests = sorted(a_digest(text) for text in ("one", "two", "three", "bin"))
    ids = [db.write(lambda tx, digest=digest: an_image(tx, repository, digest)) for digest in digests]  # type: ignore[misc]
    gone = ids[3]
    db.write(lambda tx: tx.run("UPDATE images SET deleted_at = 1 WHERE id = :id", id=gone))
    for at, name in ((0, "a"), (0, "b"), (1, "c")):
        db.write(lambda tx, at=at, name=name: tags.point(tx, repository, name, ids[at], NOW))  # type: ignore[misc]
    for index in (ids[1], ids[2], gone):
        db.write(lambda tx, index=index: images.name_child(tx, repository, index, digests[0]))  # type: ignore[misc]
    db.write(lambda tx: images.name_blob(tx, repository, ids[0], a_digest("layer"), "type"))

    first = db.read(lambda tx: lifecycle.images(tx, repository, "", 2))
    rest = db.read(lambda tx: lifecycle.images(tx, repository, first[-1][1], 2))
    assert [row[1] for row in (*first, *rest)] == digests[:3]
    assert first[0] == (ids[0], digests[0], NOW, None, None, None, "ACTIVE", None)
    assert db.read(lambda tx: lifecycle.tags(tx, repository, "a", 2)) == [(ids[0], "b"), (ids[1], "c")]
    entries = db.read(lambda tx: lifecycle.children(tx, repository, ("", 0), 10))
    assert entries == [(digests[0], ids[1], digests[1]), (digests[0], ids[2], digests[2])]
    assert db.read(lambda tx: lifecycle.children(tx, repository, (digests[0], ids[1]), 10)) == entries[1:]
    assert db.read(lambda tx: lifecycle.blobs(tx, repository, ("", 0), 10)) == [(a_digest("layer"), ids[0])]
    assert db.read(lambda tx: lifecycle.bytes_of_only(tx, repository, a_digest("layer"))) == 0


def test_events(db: Database) -> None:
    """The last event, and those after one, of one registry."""
    db.write(a_repository)
    registry = db.read(lambda tx: tx.all("SELECT id FROM registries"))[0][0]
    assert db.read(lifecycle.last_event) == 0
    for number in range(3):
        db.write(lambda tx, number=number: outbox.insert(tx, registry, NOW, events.IMAGE_ACTION, {"n": number}))  # type: ignore[misc]
    last = db.read(lifecycle.last_event)
    found = db.read(lambda tx: lifecycle.events_since(tx, registry, last - 2, 5))
    assert found == [(events.IMAGE_ACTION, '{"n": 1}'), (events.IMAGE_ACTION, '{"n": 2}')]
    assert db.read(lambda tx: lifecycle.events_since(tx, registry + 1, 0, 5)) == []


def test_previews(db: Database) -> None:
    """A preview is found while it waits, is finished, and begun again in its place."""
    repository = db.write(a_repository)
    assert db.read(lambda tx: lifecycle.preview(tx, repository)) is None
    db.write(lambda tx: lifecycle.start_preview(tx, repository, "text", NOW))
    assert db.read(lambda tx: lifecycle.waiting(tx, 0)) == (repository, ACCOUNT, REGION, "team/app")
    assert db.read(lambda tx: lifecycle.waiting(tx, repository)) is None
    db.write(lambda tx: lifecycle.finish_preview(tx, repository, "COMPLETE", NOW + 1))
    assert db.read(lambda tx: lifecycle.preview(tx, repository)) == Preview("text", "COMPLETE", NOW, NOW + 1)
    assert db.read(lambda tx: lifecycle.waiting(tx, 0)) is None
    db.write(lambda tx: lifecycle.start_preview(tx, repository, "again", NOW + 2))
    assert db.read(lambda tx: lifecycle.preview(tx, repository)) == Preview("again", "IN_PROGRESS", NOW + 2, None)


def test_previewed_images(db: Database) -> None:
    """Images of a preview come by digest, by tag status and one by one, are counted, and go in pieces."""
    repository = db.write(a_repository)
    db.write(lambda tx: lifecycle.start_preview(tx, repository, "text", NOW))
    for image in (TWO, ONE, ONE):
        db.write(lambda tx, image=image: lifecycle.keep_previewed(tx, repository, image))  # type: ignore[misc]
    assert db.read(lambda tx: lifecycle.previewed(tx, repository, None, "", 9)) == [ONE, TWO]
    assert db.read(lambda tx: lifecycle.previewed(tx, repository, None, ONE.digest, 9)) == [TWO]
    assert db.read(lambda tx: lifecycle.previewed(tx, repository, True, "", 9)) == [ONE]
    assert db.read(lambda tx: lifecycle.previewed(tx, repository, False, "", 9)) == [TWO]
    assert db.read(lambda tx: lifecycle.previewed_one(tx, repository, TWO.digest)) == TWO
    assert db.read(lambda tx: lifecycle.previewed_one(tx, repository, "sha256:3")) is None
    assert db.read(lambda tx: lifecycle.preview_counts(tx, repository)) == {"EXPIRE": 1, "TRANSITION": 1}
    assert db.write(lambda tx: lifecycle.drop_previewed(tx, repository, 1)) == 1
    assert db.read(lambda tx: lifecycle.previewed(tx, repository, None, "", 9)) == [TWO]
