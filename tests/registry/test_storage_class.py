"""The archive, on both databases: there and back, what goes along, what can be had from it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.factories import (
    KEY,
    LAYER_TYPE,
    Clock,
    a_blob,
    a_caller,
    a_descriptor,
    a_manifest,
    a_repository,
    an_image,
    an_index,
    push,
)

from entrepot.domain import digests, manifests
from entrepot.domain import errors as e
from entrepot.domain.images import ACTIVATING, ACTIVE, ARCHIVE, ARCHIVED, STANDARD, ImageId
from entrepot.registry import deletion, images, layers, referrers, storage_class
from entrepot.registry.context import Registry

NAME = "team/app"


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def move(reg: Registry, digest: str, target: str) -> str:
    return storage_class.update(reg, a_caller("ecr:UpdateImageStorageClass"), KEY, NAME, ImageId(digest, None), target)[
        1
    ]


def status(reg: Registry, digest: str) -> str:
    wanted = [ImageId(digest, None)]
    [found], _ = images.describe(reg, KEY, NAME, wanted=wanted, tagged=None, token=None, limit=None)
    return found.image.status


def manifest_of(reg: Registry, digest: str) -> bytes:
    return images.get(reg, KEY, NAME, ImageId(digest, None))[1]


def a_referrer(reg: Registry, subject: bytes, kind: str = "application/x.signature") -> str:
    """Push an artifact that refers to a manifest."""
    a_blob(reg, b"{}")
    about = a_descriptor(subject, manifests.OCI_MANIFEST)
    return push(reg, a_manifest(subject=about, artifactType=kind, annotations={"of": kind})).digest


def events(reg: Registry) -> list[tuple[str, str, str, str]]:
    """Storage class updates in the outbox: type, target, digest, whether a time of activation is told."""
    rows = reg.db.read(lambda tx: tx.all("SELECT type, detail FROM outbox ORDER BY id"))
    details = [(row[0], json.loads(row[1])) for row in rows]
    return [
        (kind, detail["target-storage-class"], detail["image-digest"], detail.get("last-activated-at", ""))
        for kind, detail in details
        if detail.get("action-type") == "UPDATE_STORAGE_CLASS"
    ]


def test_there_and_back(reg: Registry, clock: Clock) -> None:
    """ACTIVE, ARCHIVED at once, ACTIVATING until the job has seen it for long enough, ACTIVE; with times and events."""
    digest = an_image(reg, 1, "v1")
    assert move(reg, digest, ARCHIVE) == ARCHIVED == status(reg, digest)
    clock.forward(60)
    assert move(reg, digest, STANDARD) == ACTIVATING == status(reg, digest)
    assert storage_class.activate_due(reg, 10) == 0
    clock.forward(10)
    assert storage_class.activate_due(reg, 10) == 1
    assert storage_class.activate_due(reg, 10) == 0
    found = images.head(reg, KEY, NAME, ImageId(None, "v1"))
    assert (found.status, found.archived_at, found.activated_at) == (ACTIVE, clock.at - 70_000_000, clock.at)
    assert [each[:3] for each in events(reg)] == [
        ("ECR Image Action", ARCHIVE, digest),
        ("ECR Image Action", STANDARD, digest),
    ]
    assert [bool(each[3]) for each in events(reg)] == [False, True]


def test_activation_is_recorded(reg: Registry) -> None:
    """What the registry does by itself is in the audit trail and in the outbox as CloudTrail has it."""
    digest = an_image(reg, 1)
    move(reg, digest, ARCHIVE)
    move(reg, digest, STANDARD)
    storage_class.activate_due(reg, 0)
    [row] = reg.db.read(lambda tx: tx.all("SELECT parameters FROM audit WHERE action = 'ecr:ImageActivationEvent'"))
    assert json.loads(row[0])["imageStatus"] == ACTIVE
    rows = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox ORDER BY id"))
    [told] = [found for found in (json.loads(row[0]) for row in rows) if found.get("eventName")]
    assert told["eventName"] == "ImageActivationEvent"
    assert told["serviceEventDetails"] == {
        "repositoryName": NAME,
        "imageDigest": digest,
        "targetStorageClass": STANDARD,
        "result": "SUCCESS",
        "imageStatus": ACTIVE,
    }


def test_wrong_state(reg: Registry) -> None:
    """To where an image is, or is on its way to, it cannot be moved; an image that is not there neither."""
    digest = an_image(reg, 1)
    for before, target in ((None, STANDARD), (ARCHIVE, ARCHIVE), (STANDARD, STANDARD), (None, ARCHIVE)):
        if before:
            move(reg, digest, before)
        with pytest.raises(e.ImageStorageClassUpdateNotSupported):
            move(reg, digest, target)
    with pytest.raises(e.ImageNotFound):
        move(reg, "sha256:" + "0" * 64, ARCHIVE)


def test_not_to_be_pulled(reg: Registry) -> None:
    """An archived image is described, but neither pulled nor listed among tags; nor while it is on its way back."""
    digest, other = an_image(reg, 1, "v1"), an_image(reg, 2, "v2")
    move(reg, digest, ARCHIVE)
    for _ in range(2):
        for wanted in (ImageId(digest, None), ImageId(None, "v1")):
            with pytest.raises(e.ImageNotFound):
                images.get(reg, KEY, NAME, wanted)
            with pytest.raises(e.ImageNotFound):
                images.head(reg, KEY, NAME, wanted)
        both = [ImageId(digest, None), ImageId(other, None)]
        found, failures = images.get_many(reg, a_caller(), KEY, NAME, both)
        assert ([got.image_id.digest for got in found], [each.code for each in failures]) == (
            [other],
            ["ImageNotFound"],
        )
        assert images.tag_page(reg, KEY, NAME, "", 10) == (["v2"], False)
        if status(reg, digest) == ARCHIVED:
            move(reg, digest, STANDARD)


@pytest.mark.parametrize("activating", [False, True])
def test_pushed_again(reg: Registry, clock: Clock, activating: bool) -> None:
    """A push restores an image at once, with what refers to it, and is a change."""
    digest = an_image(reg, 1, "v1")
    manifest = manifest_of(reg, digest)
    signature = a_referrer(reg, manifest)
    move(reg, digest, ARCHIVE)
    if activating:
        move(reg, digest, STANDARD)
    clock.forward(5)
    assert push(reg, manifest, "v1").changed
    assert (status(reg, digest), status(reg, signature)) == (ACTIVE, ACTIVE)
    assert images.head(reg, KEY, NAME, ImageId(None, "v1")).activated_at == clock.at
    assert not push(reg, manifest, "v1").changed


def test_referrers_follow(reg: Registry) -> None:
    """What refers to an image, and to that, goes with it and comes back with it; others stay where they are."""
    digest = an_image(reg, 1)
    manifest = manifest_of(reg, digest)
    first = a_referrer(reg, manifest)
    second = a_referrer(reg, manifest_of(reg, first), "application/x.other")
    stays = a_referrer(reg, b"another subject")
    move(reg, digest, ARCHIVE)
    assert [status(reg, each) for each in (first, second, stays)] == [ARCHIVED, ARCHIVED, ACTIVE]
    assert referrers.page(reg, KEY, NAME, digest, None, "", 10) == ([], False)
    assert {each[:3] for each in events(reg)} == {
        ("ECR Image Action", ARCHIVE, digest),
        ("ECR Referrer Action", ARCHIVE, first),
        ("ECR Referrer Action", ARCHIVE, second),
    }
    move(reg, digest, STANDARD)
    assert {status(reg, each) for each in (digest, first, second)} == {ACTIVATING}
    assert storage_class.activate_due(reg, 0) == 3


def test_images_that_refer_to_each_other(reg: Registry) -> None:
    """Referrers in a ring, which only digests of other manifests make, end the walk all the same."""
    subject = an_image(reg, 1)
    for number in range(30):  # each refers to the same subject: many, over several levels
        a_referrer(reg, manifest_of(reg, subject), f"application/x.{number}")
    assert len(referrers.page(reg, KEY, NAME, subject, None, "", 100)[0]) == 30
    move(reg, subject, ARCHIVE)
    assert len(events(reg)) == 31


def test_children(reg: Registry) -> None:
    """A child of an active index cannot be archived; after the index it can, and it comes back with the index."""
    child = an_image(reg, 1)
    index = push(reg, an_index(manifest_of(reg, child)), "all").digest
    with pytest.raises(e.ImageStorageClassUpdateNotSupported, match=index):
        move(reg, child, ARCHIVE)
    move(reg, index, ARCHIVE)
    assert status(reg, child) == ACTIVE
    move(reg, child, ARCHIVE)
    move(reg, index, STANDARD)
    storage_class.activate_due(reg, 0)
    assert (status(reg, index), status(reg, child)) == (ACTIVE, ACTIVE)


def test_index_of_archived_images(reg: Registry) -> None:
    """An index is not taken while an image that it names is in the archive; pushing that image brings it back."""
    child = an_image(reg, 1)
    manifest = manifest_of(reg, child)
    move(reg, child, ARCHIVE)
    with pytest.raises(e.ReferencedImagesNotFound):
        push(reg, an_index(manifest))
    push(reg, manifest)
    push(reg, an_index(manifest))


def test_deleted(reg: Registry) -> None:
    """An archived image can be deleted."""
    digest = an_image(reg, 1)
    move(reg, digest, ARCHIVE)
    gone, failures = deletion.delete_many(reg, a_caller(), KEY, NAME, [ImageId(digest, None)])
    assert (gone, failures) == ([ImageId(digest, None)], [])


def test_layers(reg: Registry) -> None:
    """A layer is ARCHIVED while only archived images name it: it is told so, and there is no URL for it."""
    layer, config = b"shared", b"{}"
    a_blob(reg, layer)
    a_blob(reg, config)
    first = push(reg, a_manifest(layer)).digest
    second = push(reg, a_manifest(layer, annotations={"a": "b"})).digest
    digest = digests.of(layer)

    def archived() -> bool:
        [found], _ = layers.availability(reg, KEY, NAME, [digest])
        assert (found.blob is not None, found.media_type) == (True, LAYER_TYPE)
        return found.archived

    move(reg, first, ARCHIVE)
    assert not archived()
    assert layers.download_url(reg, KEY, NAME, digest)
    move(reg, second, ARCHIVE)
    assert archived()
    with pytest.raises(e.LayerArchived):
        layers.download_url(reg, KEY, NAME, digest)
    move(reg, second, STANDARD)
    storage_class.activate_due(reg, 0)
    assert not archived()


def test_pages(reg: Registry) -> None:
    """Lists have images of the status that is asked for, in whole pages, and a token is good for its status only."""
    every = [an_image(reg, number, *([f"t{number}"] if number % 2 else [])) for number in range(12)]
    moved = set(every[::3])
    for digest in moved:
        move(reg, digest, ARCHIVE)
    for wanted, expected in ((ACTIVE, set(every) - moved), (ARCHIVED, moved), (None, set(every)), (ACTIVATING, set())):
        for tagged in (None, True, False):
            fits = {each for each in expected if tagged in (None, bool(every.index(each) % 2))}
            assert _walk(reg, tagged, wanted) == (sorted(fits), sorted(fits))
    _, token = images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=None, limit=2, status=ACTIVE)
    with pytest.raises(e.InvalidParameter):
        images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=token, limit=2, status=None)


def _walk(reg: Registry, tagged: bool | None, wanted: str | None) -> tuple[list[str], list[str]]:
    """The digests that pages of two have, described and listed; only the last may be shorter."""
    described: list[str] = []
    listed: list[str] = []
    token: str | None = None
    while True:
        page, token = images.describe(reg, KEY, NAME, wanted=None, tagged=tagged, token=token, limit=2, status=wanted)
        described += [each.image.digest for each in page]
        assert token is None or len(page) == 2
        if token is None:
            break
    while True:
        ids, token = images.list_ids(reg, KEY, NAME, tagged, token, 2, status=wanted)
        listed += [each.digest or "" for each in ids]
        if token is None:
            return described, listed


def test_activation_of_a_repository_that_goes(reg: Registry) -> None:
    """An image of the bin is not activated, and does not keep others from it."""
    kept = replace(reg, keeping=replace(reg.keeping, retention=10**12))
    gone, other = an_image(reg, 1), an_image(reg, 2)
    for digest in (gone, other):
        move(reg, digest, ARCHIVE)
        move(reg, digest, STANDARD)
    deletion.delete(kept, a_caller(), KEY, NAME, gone)
    assert storage_class.activate_due(reg, 0) == 1
