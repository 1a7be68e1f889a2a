"""The recycle bin, on both databases: what goes in, what it hides, what comes back, what goes for good."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.domain.lifecycle_worlds import a_rule, a_text
from tests.factories import KEY, Clock, a_blob, a_caller, a_manifest, a_repository, an_image, an_index, push

from entrepot.domain import digests, sizes
from entrepot.domain import errors as e
from entrepot.domain.images import ARCHIVE, ImageId
from entrepot.domain.quotas import Quotas
from entrepot.registry import bin as recycling
from entrepot.registry import (
    deletion,
    fsck,
    garbage,
    images,
    layers,
    lifecycle,
    referrers,
    repositories,
    room,
    storage_class,
    uploads,
)
from entrepot.registry.context import Registry
from entrepot.store import bin as table
from entrepot.store import images as table_of_images
from entrepot.store import pins

NAME = "team/app"
DAY = 24 * 3600


@pytest.fixture
def reg(reg: Registry) -> Registry:
    kept = replace(reg, keeping=replace(reg.keeping, retention=7 * DAY * 1_000_000))
    a_repository(kept)
    return kept


def delete(reg: Registry, *wanted: ImageId) -> None:
    _, failures = deletion.delete_many(reg, a_caller("ecr:BatchDeleteImage"), KEY, NAME, wanted)
    assert failures == []


def by(digest: str) -> ImageId:
    return ImageId(digest, None)


def in_bin(reg: Registry) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.digest, each.tags) for each in recycling.listing(reg, KEY, NAME)]


def restore(reg: Registry, reference: str) -> list[recycling.Restored]:
    return recycling.restore(reg, a_caller("entrepot:RestoreImage"), KEY, NAME, reference)


def manifest_of(reg: Registry, digest: str) -> bytes:
    return images.get(reg, KEY, NAME, by(digest))[1]


def events(reg: Registry) -> list[tuple[str, str | None]]:
    rows = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
    details = [json.loads(row[0]) for row in rows]
    return [(detail["action-type"], detail.get("image-tag")) for detail in details]


def test_there_and_back(reg: Registry, clock: Clock) -> None:
    """A deleted image is gone for everybody, and comes back as it was, by digest or by a tag that it had."""
    digest = an_image(reg, 1, "a", "b")
    before = images.get(reg, KEY, NAME, by(digest))
    for number, reference in enumerate((digest, "b")):
        clock.forward(1)
        delete(reg, by(digest))
        with pytest.raises(e.ImageNotFound):
            images.get(reg, KEY, NAME, by(digest))
        assert images.tag_page(reg, KEY, NAME, "", 10) == ([], False)
        assert images.list_ids(reg, KEY, NAME, None, None, None, status=None) == ([], None)
        assert in_bin(reg) == [(digest, ("a", "b"))]
        assert restore(reg, reference) == [recycling.Restored(digest, ("a", "b"), ())]
        image, data = images.get(reg, KEY, NAME, ImageId(None, "a"))
        assert (replace(image, activated_at=None), data) == before
        assert in_bin(reg) == []
        assert events(reg)[-4:] == [("DELETE", "a"), ("DELETE", "b"), ("PUSH", "a"), ("PUSH", "b")]
        assert number < 2


def test_nothing_shows(reg: Registry) -> None:
    """A deleted image is no referrer, holds no child, makes no repository full and is no finding of fsck."""
    child = an_image(reg, 1)
    index = push(reg, an_index(manifest_of(reg, child))).digest
    a_blob(reg, b"{}")
    subject = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": child, "size": 2}
    referrer = push(reg, a_manifest(subject=subject)).digest
    delete(reg, by(referrer), by(index))
    assert referrers.page(reg, KEY, NAME, child, None, "", 10) == ([], False)
    delete(reg, by(child))  # which the index would hold
    assert fsck.check(reg).findings == []
    repositories.delete(reg, a_caller(), KEY, NAME, force=False)
    assert list(recycling.listing(reg)) == []


def test_bytes_stay(reg: Registry, clock: Clock) -> None:
    """Garbage collection keeps what an image in the bin names until it is there long enough, and no longer."""
    an_image(reg, 1, "v1")
    delete(reg, ImageId(None, "v1"))
    clock.forward(6.9 * DAY)
    assert garbage.collect(reg, 0).blobs == 0
    assert len(in_bin(reg)) == 1
    clock.forward(0.2 * DAY)
    garbage.collect(reg, 0)
    assert in_bin(reg) == []
    clock.forward(1)
    garbage.collect(reg, 0)
    assert list((reg.blobs.root / "blobs").rglob("*-*")) == []  # type: ignore[attr-defined]


def test_retention_of_nothing(reg: Registry, clock: Clock) -> None:
    """Without a bin a deleted image is gone at once, and so is what is in the bin when it is turned off."""
    off = replace(reg, keeping=replace(reg.keeping, retention=0))
    an_image(reg, 1, "v1")
    an_image(reg, 2, "v2")
    delete(reg, ImageId(None, "v1"))
    delete(off, ImageId(None, "v2"))
    assert len(in_bin(reg)) == 1
    clock.forward(3 * DAY)
    assert garbage.collect(off, 0).blobs > 0
    assert in_bin(reg) == []


def test_pushed_again(reg: Registry, clock: Clock) -> None:
    """A push of what is in the bin is a push like any other: new times, the tags that it brings, nothing in the bin."""
    digest = an_image(reg, 1, "old")
    manifest = manifest_of(reg, digest)
    delete(reg, by(digest))
    clock.forward(60)
    assert push(reg, manifest, "new").changed
    [found], _ = images.describe(reg, KEY, NAME, wanted=[by(digest)], tagged=None, token=None, limit=None)
    assert (found.tags, found.image.pushed_at) == (("new",), clock.at)
    assert in_bin(reg) == []
    delete(reg, by(digest))
    assert in_bin(reg) == [(digest, ("new",))]


def test_tag_that_is_taken(reg: Registry) -> None:
    """A tag that another image has by now stays there, and that is told."""
    first = an_image(reg, 1, "latest", "v1")
    delete(reg, by(first))
    second = an_image(reg, 2, "latest")
    assert restore(reg, first) == [recycling.Restored(first, ("v1",), ("latest",))]
    assert images.head(reg, KEY, NAME, ImageId(None, "latest")).digest == second


def test_tag_of_several(reg: Registry, clock: Clock) -> None:
    """By a tag comes the image that was deleted last under it."""
    for number in (1, 2):
        clock.forward(1)
        last = an_image(reg, number, "latest")
        delete(reg, by(last))
    assert [each.digest for each in restore(reg, "latest")] == [last]


def test_index(reg: Registry) -> None:
    """An index brings back what it names, also below another index; one child that is gone for good keeps all there."""
    children = [an_image(reg, number) for number in (1, 2)]
    inner = push(reg, an_index(manifest_of(reg, children[0]))).digest
    named = [manifest_of(reg, each) for each in (inner, children[1])]
    outer = push(reg, an_index(*named), "all").digest
    delete(reg, by(outer), by(inner), by(children[0]), by(children[1]))
    assert {each.digest for each in restore(reg, "all")} == {outer, inner, *children}
    assert images.head(reg, KEY, NAME, ImageId(None, "all")).digest == outer
    delete(reg, by(outer), by(inner), by(children[0]))
    repository = reg.db.read(lambda tx: repositories.find(tx, KEY, NAME))
    reg.db.write(lambda tx: table.drop(tx, repository.id, children[0]))
    with pytest.raises(e.RestoreIncomplete, match=children[0]):
        restore(reg, outer)
    assert len(in_bin(reg)) == 2


def test_layer_that_was_deleted(reg: Registry) -> None:
    """A layer of an image in the bin can be deleted on its own; then the image cannot come back."""
    digest = an_image(reg, 1)
    layer = digests.of(b"layer 1")
    with pytest.raises(e.LayerReferenced):
        layers.delete(reg, a_caller(), KEY, NAME, layer)
    delete(reg, by(digest))
    with pytest.raises(e.LayerInaccessible):
        layers.download_url(reg, KEY, NAME, layer)
    layers.delete(reg, a_caller(), KEY, NAME, layer)
    with pytest.raises(e.RestoreIncomplete, match=layer):
        restore(reg, digest)


def test_archived(reg: Registry) -> None:
    """An archived image comes back archived."""
    digest = an_image(reg, 1)
    storage_class.update(reg, a_caller(), KEY, NAME, by(digest), ARCHIVE)
    delete(reg, by(digest))
    restore(reg, digest)
    [found], _ = images.describe(reg, KEY, NAME, wanted=[by(digest)], tagged=None, token=None, limit=None)
    assert found.image.status == "ARCHIVED"


def archived(reg: Registry, digest: str) -> None:
    storage_class.update(reg, a_caller(), KEY, NAME, by(digest), ARCHIVE)


def status(reg: Registry, digest: str) -> str:
    [found], _ = images.describe(reg, KEY, NAME, wanted=[by(digest)], tagged=None, token=None, limit=None)
    return found.image.status


def a_referrer(reg: Registry, subject: str, number: int = 0) -> str:
    """An image that refers to another one."""
    config = a_blob(reg, b"{}")
    named = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": subject, "size": 2}
    return push(reg, a_manifest(subject=named, annotations={"number": f"{number} {config}"})).digest


@pytest.mark.parametrize("in_archive", [False, True])
def test_lifecycle_sees_it_as_new(reg: Registry, clock: Clock, in_archive: bool) -> None:
    """What a policy expired and somebody had back stays as long as something new does, in the archive as well."""
    rule = a_rule(1, "any", archived=90) if in_archive else a_rule(1, "any", pushed=14)
    lifecycle.put(reg, a_caller(), KEY, NAME, a_text(rule))
    digest = an_image(reg, 1, "v1")
    if in_archive:
        archived(reg, digest)
    clock.forward(100 * DAY)
    assert lifecycle.run(reg, KEY, NAME).expired == 1
    clock.forward(1)
    restore(reg, digest)
    clock.forward(10 * DAY)
    assert lifecycle.run(reg, KEY, NAME).expired == 0
    clock.forward(90 * DAY)
    assert lifecycle.run(reg, KEY, NAME).expired == 1


def test_referrers_come_back(reg: Registry, clock: Clock) -> None:
    """What referred to an image and left with it, or because of it, comes back with it; what left before stays."""
    lifecycle.put(reg, a_caller(), KEY, NAME, a_text(a_rule(1, "tagged", patterns=["v1"], pushed=1)))
    digest = an_image(reg, 1, "v1")
    before, signature = a_referrer(reg, digest, 1), a_referrer(reg, digest, 2)
    of_signature = a_referrer(reg, signature, 3)
    delete(reg, by(before))
    clock.forward(2 * DAY)
    assert lifecycle.run(reg, KEY, NAME).expired == 3
    assert {each.digest for each in restore(reg, digest)} == {digest, signature, of_signature}
    assert [each[0] for each in in_bin(reg)] == [before]
    clock.forward(1)
    delete(reg, by(digest))
    for expected in (1, 1, 0):
        clock.forward(DAY / 2)
        assert referrers.clean(reg) == expected
    assert {each.digest for each in restore(reg, "v1")} == {digest, signature, of_signature}
    clock.forward(2 * DAY)
    assert referrers.clean(reg) == 0


def test_referrer_that_is_not_whole(reg: Registry, clock: Clock) -> None:
    """A referrer whose layer is gone for good stays in the bin and keeps nothing else there."""
    lifecycle.put(reg, a_caller(), KEY, NAME, a_text(a_rule(1, "tagged", patterns=["v1"], pushed=1)))
    digest = an_image(reg, 1, "v1")
    referrer = a_referrer(reg, digest)
    clock.forward(2 * DAY)
    assert lifecycle.run(reg, KEY, NAME).expired == 2
    layers.delete(reg, a_caller(), KEY, NAME, digests.of(b"{}"))
    assert [each.digest for each in restore(reg, digest)] == [digest]
    assert [each[0] for each in in_bin(reg)] == [referrer]


@pytest.mark.parametrize("child_in_bin", [False, True])
def test_index_of_an_archived_image(reg: Registry, child_in_bin: bool) -> None:
    """An active index comes back with active images, also where one went to the archive since, or before it left."""
    child = an_image(reg, 1)
    inner = push(reg, an_index(manifest_of(reg, child))).digest
    outer = push(reg, an_index(manifest_of(reg, inner)), "all").digest
    delete(reg, by(outer))
    archived(reg, inner)
    archived(reg, child)
    if child_in_bin:
        delete(reg, by(inner), by(child))
    restore(reg, outer)
    assert [status(reg, each) for each in (outer, inner, child)] == ["ACTIVE"] * 3


def test_quota(reg: Registry) -> None:
    """An image for which there is no room stays in the bin, and a push counts what came back."""
    reg = replace(reg, quotas=Quotas(images_per_repository=2))
    first = an_image(reg, 1)
    delete(reg, by(first))
    others = [an_image(reg, number) for number in (2, 3)]
    with pytest.raises(e.LimitExceeded, match="maximum of 2 images"):
        restore(reg, first)
    assert len(in_bin(reg)) == 1
    delete(reg, by(others[0]))
    restore(reg, first)
    with pytest.raises(e.LimitExceeded, match="maximum of 2 images"):
        an_image(reg, 4)


def test_nothing_to_restore(reg: Registry) -> None:
    """What is not in the bin is not found there, by digest or tag; nor is a repository that is not there."""
    digest = an_image(reg, 1, "here")
    for reference in (digest, "here", "never"):
        with pytest.raises(e.ImageNotFound):
            restore(reg, reference)
    with pytest.raises(e.RepositoryNotFound):
        list(recycling.listing(reg, KEY, "team/none"))


def test_empty(reg: Registry, clock: Clock) -> None:
    """Emptied, the bin of one repository or of all has nothing any more, and the bytes are collected."""
    a_repository(reg, "team/other")
    other = an_image(reg, 9, name="team/other")
    deletion.delete(reg, a_caller(), KEY, "team/other", other)
    for number in range(60):
        an_image(reg, number)
    delete(reg, *(by(each.digest or "") for each in images.list_ids(reg, KEY, NAME, None, None, None)[0]))
    assert recycling.empty(reg, a_caller(), KEY, NAME) == 60
    assert [each.name for each in recycling.listing(reg)] == ["team/other"]
    assert recycling.empty(reg, a_caller()) == 1
    assert garbage.collect(reg, 0).blobs == 0
    clock.forward(garbage.waits(reg))
    assert garbage.collect(reg).blobs == 120
    assert garbage.waits(reg) == 0


def test_room(reg: Registry, clock: Clock) -> None:
    """Where there is too little room the bin goes, the image deleted first in front, but not what was just deleted."""
    first, second = an_image(reg, 1), an_image(reg, 2)
    for digest in (first, second):
        delete(reg, by(digest))
        clock.forward(1)
    everything = sizes.parse(2**59)  # more than any disk has
    assert room.make(reg, sizes.parse(0)) == room.make(reg, everything) == 0
    clock.forward(60)
    assert recycling.give_way(reg, 1) == 1
    assert [each[0] for each in in_bin(reg)] == [second]
    assert room.make(reg, everything) == 1
    assert in_bin(reg) == []
    assert garbage.collect(reg, 0) == garbage.Collected()


def test_a_bin_that_cannot_give_way(reg: Registry, clock: Clock) -> None:
    """While a push is under way nothing leaves the bin for want of room: its bytes would not come free."""
    delete(reg, by(an_image(reg, 1)))
    upload = uploads.start(reg, a_caller(), KEY, NAME)
    clock.forward(3600)
    assert recycling.give_way(reg, 1) == 0
    uploads.cancel(reg, a_caller(), KEY, NAME, upload)
    assert recycling.give_way(reg, 1) == 1


def of_layers(reg: Registry, number: int, *layers: bytes, name: str = NAME) -> str:
    """An image with a config of its own, 6 bytes, that names these layers."""
    config = b"cfg%03d" % number
    for data in (*layers, config):
        a_blob(reg, data, name)
    return push(reg, a_manifest(*layers, config=config), name=name).digest


def one_after_the_other(reg: Registry, clock: Clock, *digests: str) -> None:
    for digest in digests:
        delete(reg, by(digest))
        clock.forward(1)
    clock.forward(60)


def left(reg: Registry) -> list[str]:
    return [each[0] for each in in_bin(reg)]


def test_only_what_comes_free_counts(reg: Registry, clock: Clock) -> None:
    """Of what live images, or other repositories, have too nothing comes free: only as many images go as are needed."""
    a_repository(reg, "team/other")
    base, elsewhere = b"b" * 5_000, b"e" * 5_000
    of_layers(reg, 0, base)
    of_layers(reg, 1, elsewhere, name="team/other")
    binned = [of_layers(reg, 2, base), of_layers(reg, 3, elsewhere), of_layers(reg, 4, b"o" * 1_000, base)]
    newest = of_layers(reg, 5, b"n" * 1_000)
    one_after_the_other(reg, clock, *binned, newest)
    assert recycling.give_way(reg, 1_000) == 3  # two configs of 6 bytes, and the layer of the third
    assert left(reg) == [newest]
    assert garbage.collect(reg, 0).bytes == 1_000 + 3 * 6


def test_images_of_which_nothing_comes_free_stay(reg: Registry, clock: Clock) -> None:
    """An image all of whose blobs live images have stays in the bin, whatever is wanted, and others go in its place."""
    a_blob(reg, b"{}")
    a_blob(reg, b"layer")
    live, *same = (push(reg, a_manifest(b"layer", annotations={"n": str(n)})).digest for n in range(5))
    own = of_layers(reg, 1, b"layer")
    one_after_the_other(reg, clock, *same, own)
    everything = sizes.parse(2**59)
    assert room.make(reg, everything) == 1
    assert left(reg) == same
    assert room.make(reg, everything) == 0
    delete(reg, by(live))
    clock.forward(60)
    assert room.make(reg, everything) == 5
    assert left(reg) == []


def test_images_that_share_what_they_have(reg: Registry, clock: Clock) -> None:
    """Images of the bin that keep a blob together go together, also of two repositories; none of them alone would."""
    a_repository(reg, "team/other")
    for name in (NAME, "team/other"):
        a_blob(reg, b"{}", name)
        a_blob(reg, b"s" * 3_000, name)
    shared = [push(reg, a_manifest(b"s" * 3_000, annotations={"n": str(n)})).digest for n in range(60)]
    there = push(reg, a_manifest(b"s" * 3_000), name="team/other").digest
    newest = of_layers(reg, 1, b"n" * 9_000)
    one_after_the_other(reg, clock, *shared)
    deletion.delete(reg, a_caller(), KEY, "team/other", there)
    clock.forward(60)
    one_after_the_other(reg, clock, newest)
    assert recycling.give_way(reg, 1) == 61
    assert left(reg) == [newest]
    assert garbage.collect(reg, 0).bytes == 3_002


def test_what_a_backup_needs(reg: Registry, clock: Clock) -> None:
    """While a backup keeps the bytes nothing leaves the bin for want of room."""
    one_after_the_other(reg, clock, an_image(reg, 1))
    reg.db.write(lambda tx: pins.put(tx, "a backup", clock.at + 1))
    assert room.make(reg, sizes.parse(2**59)) == 0
    reg.db.write(lambda tx: pins.remove(tx, "a backup"))
    assert room.make(reg, sizes.parse(2**59)) == 1


def test_more_blobs_than_are_noted(reg: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of blobs and a small memory give the same in the end: the oldest in front, then the next ones."""
    monkeypatch.setattr(recycling, "_WINDOW", 3)
    monkeypatch.setattr(recycling, "_KEPT", 4)
    digests_ = [of_layers(reg, number, b"%04d" % number) for number in range(8)]
    one_after_the_other(reg, clock, *digests_)
    assert recycling.give_way(reg, 25) == 2
    assert left(reg) == digests_[2:]
    assert [recycling.give_way(reg, 2**59) for _ in range(4)] == [2, 2, 2, 0]


def test_what_is_past_its_time(reg: Registry, clock: Clock) -> None:
    """What is in the bin longer than it is kept is neither listed nor restored, though no collection removed it yet."""
    old, young = an_image(reg, 1, "v1", "old"), an_image(reg, 2, "v2")
    delete(reg, by(old))
    clock.forward(DAY)
    delete(reg, by(young))
    clock.forward(6 * DAY)
    assert left(reg) == [old, young]
    clock.forward(1)
    assert left(reg) == [young]
    assert [each.digest for each in recycling.listing(reg)] == [young]
    for reference in (old, "v1", "old"):
        with pytest.raises(e.ImageNotFound):
            restore(reg, reference)
    assert [each.digest for each in restore(reg, "v2")] == [young]
    assert recycling.expire(reg) == 1


def test_an_index_whose_image_is_past_its_time(reg: Registry, clock: Clock) -> None:
    """An image that is past its time does not come back with its index either: the index would not be whole."""
    child = an_image(reg, 1)
    index = push(reg, an_index(manifest_of(reg, child))).digest
    repository = reg.db.read(lambda tx: repositories.find(tx, KEY, NAME))
    found = reg.db.read(lambda tx: table_of_images.find(tx, repository.id, child))
    assert found is not None
    reg.db.write(lambda tx: table.put(tx, found.id, clock.at))  # as no call deletes it before its index
    clock.forward(DAY)
    delete(reg, by(index))
    clock.forward(6.5 * DAY)
    with pytest.raises(e.RestoreIncomplete, match=child):
        restore(reg, index)
