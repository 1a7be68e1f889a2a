"""Garbage collection: what goes, what stays, and what happens beside it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tests.factories import (
    KEY,
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
from tests.registry.steps import CALLER, NAME, append, files, start, stored

from entrepot.domain import digests, manifests
from entrepot.domain import errors as e
from entrepot.domain.blobs import LEASE
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, garbage, images, layers, repositories, uploads
from entrepot.registry.context import Registry
from entrepot.store import counters, pins, trash
from entrepot.store import garbage as table

LEASED = LEASE / 1_000_000


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def later(clock: Clock, seconds: float = LEASED + garbage.GRACE + 1) -> None:
    clock.forward(seconds)


def test_a_blob_that_nothing_needs(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """A blob that no image names goes when its lease and the grace are over, not before."""
    digest = a_blob(reg, b"never named")
    for seconds in (LEASED, garbage.GRACE - 1):
        later(clock, seconds)
        assert garbage.collect(reg) == garbage.Collected()
    later(clock, 2)
    seen = garbage.collect(reg, dry_run=True)
    assert files(tmp_path) == (0, 1)
    assert seen == garbage.collect(reg) == garbage.Collected(memberships=1, blobs=1, bytes=11, deleted=1)
    assert files(tmp_path) == (0, 0)
    with pytest.raises(e.LayerNotFound):
        stored(reg, digest)
    assert garbage.collect(reg) == garbage.Collected()


def test_every_image_is_a_root(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Tagged and untagged images, children, nested indexes, referrers and those whose subject never came: all stay."""
    an_image(reg, 1, "tagged")
    an_image(reg, 2)
    a_blob(reg, b"{}")
    child = a_manifest(annotations={"a": "child"})
    push(reg, child)
    inner = an_index(child)
    push(reg, inner)
    outer = an_index(manifests=[a_descriptor(inner, manifests.OCI_INDEX)])
    push(reg, outer)
    lost = a_descriptor(b"not there", manifests.OCI_MANIFEST)
    push(reg, a_manifest(subject=lost))
    before = files(tmp_path)
    later(clock)
    assert garbage.collect(reg, 0) == garbage.Collected()
    assert files(tmp_path) == before
    assert len(images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=None, limit=None)[0]) == 6


def test_a_deleted_image(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """What only a deleted image named goes after the grace that a pull may still need; shared layers stay."""
    a_blob(reg, b"{}")
    for layer in (b"own", b"shared"):
        a_blob(reg, layer)
    gone, kept = a_manifest(b"own", b"shared"), a_manifest(b"shared")
    push(reg, gone, "gone")
    push(reg, kept, "kept")
    later(clock)
    deletion.delete(reg, a_caller(), KEY, NAME, digests.of(gone))
    assert garbage.collect(reg) == garbage.Collected()
    later(clock, garbage.GRACE + 1)
    assert garbage.collect(reg).blobs == 1
    assert stored(reg, digests.of(b"shared")) == b"shared"
    assert files(tmp_path) == (0, 2)


def test_without_a_bin_bytes_come_free_at_once(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Half a minute after its image was deleted for good a blob goes, however young; not if others were told of it."""
    for layer in (b"{}", b"own", b"told", b"shared"):
        a_blob(reg, layer)
    gone, kept = a_manifest(b"own", b"told", b"shared"), a_manifest(b"shared")
    for data in (gone, kept):
        push(reg, data)
    deletion.delete(reg, a_caller(), KEY, NAME, digests.of(gone))
    assert layers.look(reg, KEY, NAME, digests.of(b"told"))[1]
    assert layers.renew(reg, KEY, NAME, [digests.of(b"told")]) == set()
    assert garbage.waits(reg) == 30.000001
    later(clock, 30)
    assert garbage.free(reg) == garbage.Collected()
    later(clock, 1)
    assert garbage.collect(reg, dry_run=True).bytes == len(b"own")
    assert garbage.free(reg) == garbage.Collected(memberships=1, blobs=1, bytes=3, deleted=1)
    assert files(tmp_path) == (0, 3)
    later(clock)
    assert garbage.collect(reg).blobs == 1


@pytest.mark.parametrize("what", ["an open upload", "another blob"])
def test_a_push_under_way_keeps_what_it_was_told_of(reg: Registry, clock: Clock, what: str) -> None:
    """A client that was told of a layer, and sends others, finds it though its image is removed for good meanwhile."""
    a_blob(reg, b"{}")
    told = a_blob(reg, b"layer")
    push(reg, first := a_manifest(b"layer"))
    deletion.delete(reg, a_caller(), KEY, NAME, digests.of(first))
    later(clock, 25)
    upload = start(reg)
    later(clock, 3600)
    if what == "another blob":
        uploads.cancel(reg, CALLER, KEY, NAME, upload)
        a_blob(reg, b"another")
        later(clock, 25)
    assert garbage.free(reg) == garbage.Collected()
    push(reg, a_manifest(b"layer", b"another") if what == "another blob" else first, "v1")
    later(clock, 2 * 24 * 3600)
    garbage.collect(reg, 0)
    assert stored(reg, told) == b"layer"


def test_an_upload_that_stands_still(reg: Registry, clock: Clock) -> None:
    """An upload that its client left keeps nothing for longer than six hours."""
    an_image(reg, 1, "v1")
    start(reg)
    deletion.delete_many(reg, a_caller(), KEY, NAME, [ImageId(None, "v1")])
    later(clock, 6 * 3600)
    assert garbage.free(reg).blobs == 0
    later(clock, 31)
    assert garbage.free(reg).blobs == 2


def test_a_blob_of_two_repositories(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """A repository that needs a blob no more loses it; the bytes stay for the other."""
    a_repository(reg, "other")
    digest = a_blob(reg, b"{}")
    a_blob(reg, b"{}", "other")
    push(reg, a_manifest(), name="other")
    later(clock)
    assert garbage.collect(reg) == garbage.Collected(memberships=1)
    with pytest.raises(e.LayerNotFound):
        layers.find(reg, KEY, NAME, digest)
    assert layers.find(reg, KEY, "other", digest).size == 2
    assert files(tmp_path) == (0, 1)


def test_a_deleted_repository(reg: Registry, tmp_path: Path) -> None:
    """The blobs of a repository that is gone go at once: nobody can ask for them."""
    an_image(reg, 1, "v1")
    repositories.delete(reg, CALLER, KEY, NAME, force=True)
    assert garbage.collect(reg).blobs == 2
    assert files(tmp_path) == (0, 0)


@pytest.mark.parametrize("how", ["head", "availability", "mount", "push"])
def test_who_was_told_that_a_blob_is_there_finds_it(reg: Registry, clock: Clock, how: str) -> None:
    """HEAD, BatchCheckLayerAvailability, mount and push keep a blob for the manifest that follows."""
    digest = a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    later(clock)
    for blob in (digest, digests.of(b"{}")):
        match how:
            case "head":
                assert layers.look(reg, KEY, NAME, blob)[1]
                assert layers.renew(reg, KEY, NAME, [blob]) == set()
            case "availability":
                assert layers.availability(reg, KEY, NAME, [blob])[0][0].blob is not None
            case "mount":
                assert uploads.mount(reg, CALLER, KEY, NAME, blob, NAME) is not None
            case _:
                a_blob(reg, b"layer" if blob == digest else b"{}")
    garbage.collect(reg, 0)
    later(clock, LEASED / 2 - 1)
    garbage.collect(reg, 0)
    push(reg, a_manifest(b"layer"), "v1")
    later(clock)
    garbage.collect(reg, 0)
    assert stored(reg, digest) == b"layer"


def test_a_lease_that_is_over_is_not_there(reg: Registry, clock: Clock) -> None:
    """Looking finds a blob or does not; what a collector takes between look and renewal is told as not there."""
    digest = a_blob(reg, b"layer")
    later(clock)
    _, due = layers.look(reg, KEY, NAME, digest)
    assert due
    garbage.collect(reg, 0)
    assert layers.renew(reg, KEY, NAME, [digest]) == {digest}


def test_bytes_that_no_row_names(reg: Registry, tmp_path: Path) -> None:
    """A file left by a crash between storing and naming goes as soon as its upload is gone, however young it is."""
    upload = start(reg)
    append(reg, upload, b"bytes")
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
        held.bytes.commit(digests.of(b"bytes"))  # and here the process dies
    assert files(tmp_path) == (0, 1)
    assert garbage.collect(reg).orphans == 0  # the upload may still be finished
    uploads.cancel(reg, CALLER, KEY, NAME, upload)
    assert garbage.collect(reg, dry_run=True).orphans == 1
    assert garbage.collect(reg).orphans == 1
    assert files(tmp_path) == (0, 0)


def test_a_pin_keeps_bytes(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """While a backup runs bytes stay in the trash; they go with the first run after it, also when it was killed."""
    a_blob(reg, b"bytes")
    later(clock)
    reg.db.write(lambda tx: pins.put(tx, "backup", reg.now() + 60_000_000))
    taken = garbage.collect(reg)
    assert (taken.blobs, taken.deleted, taken.orphans, files(tmp_path)) == (1, 0, 0, (0, 1))
    assert garbage.collect(reg, dry_run=True).deleted == 0
    later(clock, 61)
    assert garbage.collect(reg, dry_run=True) == garbage.collect(reg) == garbage.Collected(deleted=1)
    assert files(tmp_path) == (0, 0)


def test_a_file_that_cannot_be_deleted(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """One bad file keeps no other from being deleted; it is told, and tried again by the next run."""
    for number in range(3):
        a_blob(reg, b"%d" % number)
    later(clock)
    bad = next(path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    bad.rename(tmp_path / "aside")
    bad.mkdir()
    taken = garbage.collect(reg)
    assert (taken.blobs, taken.deleted, taken.failed, files(tmp_path)) == (3, 2, 1, (0, 0))
    assert "deleting a blob" in taken.failure
    bad.rmdir()
    (tmp_path / "aside").rename(bad)
    assert garbage.collect(reg) == garbage.Collected(deleted=1)
    assert files(tmp_path) == (0, 0)


def test_a_run_that_is_stopped_goes_on(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """A run that ends after any of its transactions leaves nothing half done, and the next one finishes."""
    for number in range(3 * garbage.BATCH + 1):
        a_blob(reg, b"%d" % number)
    later(clock)
    for stops in range(100):
        turns = iter([False] * stops)
        taken = garbage.collect(reg, rest=lambda _: next(turns, True))  # noqa: B023  # called before the next round
        if next(turns, None) is not None:
            break
    assert taken == garbage.Collected()
    assert not reg.db.read(lambda tx: trash.page(tx, "", 1))
    assert files(tmp_path) == (0, 0)
    assert reg.db.read(lambda tx: tx.one("SELECT count(*) FROM blobs")) == (0,)


def test_it_rests_for_others_only(reg: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each turn that somebody else has written beside, it rests; in an idle registry it does not."""
    for number in range(3 * garbage.BATCH):
        a_blob(reg, b"%d" % number)
    later(clock)
    rests = list[float]()
    monkeypatch.setattr(garbage, "BUSY", 0.0)

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        if busy:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(reg.db.write, lambda tx: counters.add(tx, "beside", 1)).result()
        return False

    busy = False
    half = garbage.collect(reg, dry_run=True, rest=rest)
    assert half.memberships == 3 * garbage.BATCH
    if reg.db.local:
        garbage.collect(reg, rest=rest, orphans=False)
        assert not any(rests)
    for number in range(3 * garbage.BATCH):
        a_blob(reg, b"again %d" % number)
    later(clock)
    busy, rests = True, []
    monkeypatch.setattr(garbage, "BUSY", 60.0)
    garbage.collect(reg, rest=rest, orphans=False)
    assert sum(seconds > 0 for seconds in rests) >= 6


def test_a_removal_asks_again(reg: Registry, clock: Clock) -> None:
    """What a push came to need after the collector had seen it free stays, and what it only looked at as well."""
    digest, config, other = (a_blob(reg, data) for data in (b"layer", b"{}", b"looked at"))
    later(clock)
    seen, _ = reg.db.read(lambda tx: table.memberships(tx, (0, 0), reg.now(), 100))
    unowned, _ = reg.db.read(lambda tx: table.unowned(tx, 0, reg.now(), 100))
    assert (len(seen), len(unowned)) == (3, 3)
    layers.renew(reg, KEY, NAME, [other])
    push(reg, a_manifest(b"layer"), "v1")
    for repository, blob in seen:
        assert not reg.db.write(partial(table.drop_membership, repository=repository, blob=blob, before=reg.now()))
    assert [reg.db.write(partial(table.drop_blob, blob=blob)) for blob, _ in unowned] == [None] * 3
    for wanted in (digest, config, other):
        assert layers.find(reg, KEY, NAME, wanted).digest == wanted


def test_pushes_beside_a_collector(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Two hundred images pushed, looked up and deleted beside a collector without grace: none is ever broken."""
    clock.at += 1
    stop, errors = threading.Event(), list[BaseException]()

    def collect() -> None:
        while not stop.wait(0.01):
            try:
                garbage.collect(reg, -2 * LEASED)  # leases are over before they begin: nothing protects but images
            except BaseException as error:  # noqa: BLE001  # shown below
                errors.append(error)

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        refused = sum(not _push_and_check(reg, number) for number in range(100))
    finally:
        stop.set()
        collector.join()
    assert errors == []
    garbage.collect(reg, -2 * LEASED)
    named = {digest for image in _all(reg) for digest in image}
    assert files(tmp_path) == (0, len(named))
    assert refused < 100


def _push_and_check(reg: Registry, number: int) -> bool:
    """Push an image of a shared and an own layer; False where a blob was collected under it, which it was told."""
    layer = b"layer %d" % number
    for data in (b"shared", b"{}", layer):
        a_blob(reg, data)
    try:
        put = push(reg, a_manifest(b"shared", layer), f"v{number}")
    except e.LayersNotFound:
        return False
    for data in (b"shared", b"{}", layer):
        assert stored(reg, digests.of(data)) == data
    if number % 2:
        deletion.delete(reg, a_caller(), KEY, NAME, put.digest)
    return True


def _all(reg: Registry) -> list[list[str]]:
    found, _ = images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=None, limit=1000)
    documents = [json.loads(images.get(reg, KEY, NAME, ImageId(one.image.digest, None))[1]) for one in found]
    return [[item["digest"] for item in (document["config"], *document["layers"])] for document in documents]
