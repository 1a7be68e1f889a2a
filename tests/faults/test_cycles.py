"""Garbage collection in a loop beside pushes, mounts, pulls and deletes: no image is ever without its blobs."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.clients.processes import environment
from tests.factories import KEY, Clock, a_blob, a_descriptor, a_manifest, a_registry, a_repository, an_index, push
from tests.faults import workload
from tests.faults.report import LONG, survived
from tests.faults.workload import AGES, CALLER, NAME, Violation, prepared, registry, settled

from entrepot.domain import digests, manifests
from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, fsck, garbage, images, layers, referrers, repositories, uploads
from entrepot.registry.context import Registry
from entrepot.store import blobs as table
from entrepot.store.db import Tx
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

CYCLES = 10_000 if LONG else 300
OTHER = "team/other"
HOUR = 3600.0
IMAGES = 6
SIZE = 20_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    made = a_registry(db, tmp_path, clock)
    a_repository(made, NAME)
    a_repository(made, OTHER)
    yield made
    db.close()


def blob(number: int) -> bytes:
    return hashlib.shake_128(b"blob %d" % number).digest(SIZE)


def parts(number: int) -> tuple[bytes, ...]:
    """The layers of an image: each of them is in three images."""
    return tuple(blob((number + more) % IMAGES) for more in range(3))


def image(number: int) -> bytes:
    return a_manifest(*parts(number), config=b'{"number": %d}' % number)


def has(reg: Registry, name: str, data: bytes) -> bool:
    """Ask as `docker push` does, by HEAD."""
    try:
        _, due = layers.look(reg, KEY, name, digests.of(data))
    except e.LayerNotFound:
        return False
    return not due or not layers.renew(reg, KEY, name, [digests.of(data)])


def push_image(reg: Registry, name: str, number: int, *, mount: str | None = None) -> int:
    """Push what is not there, then the manifest, and again from the start where blobs went meanwhile; how often."""
    for attempt in range(1, 500):
        for data in (*parts(number), b'{"number": %d}' % number):
            if has(reg, name, data):
                continue
            if mount is None or uploads.mount(reg, CALLER, KEY, name, digests.of(data), mount) is None:
                a_blob(reg, data, name)
        try:
            push(reg, image(number), f"v{number}", name=name)
        except e.LayersNotFound:
            continue
        return attempt
    raise Violation(f"image {number} could not be pushed in 500 attempts")


def read_whole(reg: Registry, name: str, digest: str) -> None:
    """Pull a blob. Raises Violation when its bytes are wrong, and LayerNotFound."""
    found = hashlib.sha256()
    with closing(layers.open_blob(reg, KEY, name, digest)) as opened:
        for at in range(0, opened.size, 4096):
            found.update(opened.read(at, 4096))
    if f"sha256:{found.hexdigest()}" != digest:
        raise Violation(f"the bytes of {digest} are wrong")


@contextmanager
def beside(*works: Callable[[threading.Event], object]) -> Iterator[threading.Event]:
    """Do things in threads until the block ends; what one of them raises is raised."""
    over = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        running: list[Future[object]] = [pool.submit(work, over) for work in works]
        try:
            yield over
        finally:
            over.set()
        for one in running:
            one.result(60)


# --- F28 ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Crowd:
    """Clients of two repositories; a lock for each image, so that it is not deleted while it is being checked."""

    reg: Registry
    locks: dict[tuple[str, int], threading.Lock] = field(
        default_factory=lambda: {(name, n): threading.Lock() for name in (NAME, OTHER) for n in range(IMAGES)}
    )
    pushed: int = 0
    repeated: int = 0
    deleted: int = 0
    checked: int = 0

    def pusher(self, over: threading.Event) -> None:
        dice = random.Random(1)
        while not over.is_set():
            self.repeated += push_image(self.reg, NAME, dice.randrange(IMAGES)) - 1
            self.pushed += 1

    def mounter(self, over: threading.Event) -> None:
        dice = random.Random(2)
        while not over.is_set():
            self.repeated += push_image(self.reg, OTHER, dice.randrange(IMAGES), mount=NAME) - 1
            self.pushed += 1

    def deleter(self, over: threading.Event) -> None:
        dice = random.Random(3)
        while not over.wait(0.001):
            name, number = dice.choice((NAME, OTHER)), dice.randrange(IMAGES)
            with self.locks[name, number]:
                try:
                    deletion.delete(self.reg, CALLER, KEY, name, digests.of(image(number)))
                except e.ImageNotFound:
                    continue
                self.deleted += 1

    def checker(self, over: threading.Event) -> None:
        """Whatever is listed is whole: no blob of an image that is there is missing or wrong."""
        dice = random.Random(4)
        while not over.is_set():
            name, number = dice.choice((NAME, OTHER)), dice.randrange(IMAGES)
            with self.locks[name, number]:
                try:
                    _, data = images.get(self.reg, KEY, name, ImageId(digests.of(image(number)), None))
                except e.ImageNotFound:
                    continue
                if data != image(number):
                    raise Violation(f"manifest {number} of {name}")
                for part in (*parts(number), b'{"number": %d}' % number):
                    read_whole(self.reg, name, digests.of(part))
                self.checked += 1


@pytest.mark.timeout(3600)
def test_collections_beside_clients(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Leases run out between collections while images are pushed, mounted, deleted and pulled: none is broken."""
    crowd, dice, collected = Crowd(reg), random.Random(5), 0
    with beside(crowd.pusher, crowd.pusher, crowd.mounter, crowd.deleter, crowd.deleter, crowd.checker):
        for number in range(CYCLES):
            clock.forward(dice.choice((0, HOUR, 6 * HOUR, 13 * HOUR, 25 * HOUR)))
            collected += garbage.collect(reg, 0, orphans=number % 10 == 0).blobs
            if number % 100 == 0:
                uploads.sweep(reg, 2 * 24 * 3600 * 1_000_000)
            time.sleep(0.004)  # as a collection rests
    assert min(crowd.pushed, crowd.deleted, crowd.checked, collected) > 20
    whole(reg)
    settled(reg, tmp_path)
    survived(
        "F28",
        CYCLES,
        f"collections beside {crowd.pushed} pushes ({crowd.repeated} begun again), {crowd.deleted} deletes and "
        f"{crowd.checked} checks of whole images; {collected} blobs collected",
    )


def whole(reg: Registry) -> None:
    """Every image of both repositories has its manifest and all its blobs."""
    for name in (NAME, OTHER):
        described, _ = images.describe(reg, KEY, name, wanted=None, tagged=None, token=None, limit=1000)
        for one in described:
            document = json.loads(images.get(reg, KEY, name, ImageId(one.image.digest, None))[1])
            for item in (*document.get("layers", ()), *([document["config"]] if "config" in document else ())):
                read_whole(reg, name, item["digest"])


@pytest.mark.timeout(3600)
def test_the_time_of_pushes_beside_a_collection(tmp_path: Path) -> None:
    """How long pushes take with nothing beside them, and while another process collects all that was left here."""
    folder, many = tmp_path / "data", 20_000 if LONG else 2000
    settings = prepared(folder)
    with registry(folder) as reg:
        _litter(reg, folder, many)
        command = (sys.executable, "-m", "entrepot", "gc", "--grace", "0", "--json", "--data-dir", settings.data_dir)
        collector = subprocess.Popen(
            command, env=environment(tmp_path), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        busy = _times(reg, lambda done: collector.poll() is not None)
        told = json.loads(collector.communicate()[0])
        assert (told["blobs"], told["deleted"]) == (many, many)
        quiet = _times(reg, lambda done: done == len(busy))
        settled(reg, folder)
    p99, middle = (busy[len(busy) * part // 100] / quiet[len(quiet) * part // 100] for part in (99, 50))
    survived(
        "F28",
        len(busy),
        f"pushes beside a process that collected {many} blobs: p99 {busy[len(busy) * 99 // 100] * 1000:.1f} ms, "
        f"{p99:.2f} times what it was without, median {middle:.2f} times",
    )


def _litter(reg: Registry, folder: Path, many: int) -> None:
    """Blobs that the repository has, that no image names and whose leases are over."""

    def insert(tx: Tx) -> None:
        repository = repositories.find(tx, KEY, NAME).id
        for number in range(many):
            data = b"garbage %d" % number
            digest = hashlib.sha256(data).hexdigest()
            location = f"sha256/{digest[:2]}/{digest}-00000000-0000-4000-8000-{number:012x}"
            path = folder / "storage" / "blobs" / location
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            row = table.put(tx, "", f"sha256:{digest}", len(data), location, "", 0)
            table.join(tx, repository, row, 0)

    reg.db.write(insert)


def _times(reg: Registry, ended: Callable[[int], bool]) -> list[float]:
    """The seconds that pushes of an image take, sorted."""
    times: list[float] = []
    while not times or not ended(len(times)):
        began = time.monotonic()
        workload.push_image(reg, len(times) % 50)
        times.append(time.monotonic() - began)
    return sorted(times)


# --- F29 ---------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(3600)
def test_mounts_beside_deletes_and_collections(reg: Registry, tmp_path: Path) -> None:
    """A mount that is answered keeps the blob, though its source goes and is collected in the same moment."""
    rounds, together, mounted = 2000 if LONG else 150, threading.Barrier(3), 0

    def together_do(work: Callable[[], object]) -> object:
        together.wait(30)
        return work()

    with ThreadPoolExecutor(2) as pool:
        for number in range(rounds):
            data = blob(100 + number)
            digest = a_blob(reg, data)
            gone = pool.submit(together_do, lambda digest=digest: layers.delete(reg, CALLER, KEY, NAME, digest))  # type: ignore[misc]
            swept = pool.submit(together_do, lambda: garbage.collect(reg, 0, orphans=False))
            got = together_do(lambda digest=digest: uploads.mount(reg, CALLER, KEY, OTHER, digest, NAME))  # type: ignore[misc]
            gone.result(30)
            swept.result(30)
            garbage.collect(reg, 0)
            if got is not None:
                mounted += 1
                read_whole(reg, OTHER, digest)
            else:
                with pytest.raises(e.LayerNotFound):
                    layers.find(reg, KEY, OTHER, digest)
    assert mounted
    settled(reg, tmp_path)
    survived("F29", rounds, f"mounts beside the delete of their source and a collection, {mounted} of them mounted")


# --- F30 ---------------------------------------------------------------------------------------------------------


def index_of(*children: bytes) -> bytes:
    return an_index(manifests=[a_descriptor(child, manifests.OCI_INDEX) for child in children])


def test_roots(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Children, nested indexes, referrers, and those whose subject never came stay for ever with their blobs."""
    for number in range(4):
        push_image(reg, NAME, number)
        deletion.untag(reg, CALLER, KEY, NAME, f"v{number}")
    inner = an_index(image(0), image(1))
    outer = an_index(
        manifests=[a_descriptor(inner, manifests.OCI_INDEX), a_descriptor(image(2), manifests.OCI_MANIFEST)]
    )
    a_blob(reg, b"a signature")
    subjects = (image(3), outer, b"this one never came")
    signatures = [
        a_manifest(b"a signature", config=b'{"number": 0}', subject=a_descriptor(one, manifests.OCI_MANIFEST))
        for one in subjects
    ]
    for data in (inner, outer, *signatures):
        push(reg, data)
    rounds = 200 if LONG else 20
    for _ in range(rounds):
        clock.forward(10 * 24 * HOUR)
        garbage.collect(reg, 0)
    whole(reg)
    for data in (image(0), image(1), image(2), image(3), inner, outer, *signatures):
        assert images.get(reg, KEY, NAME, ImageId(digests.of(data), None))[1] == data
    for one in subjects:
        found, _ = referrers.page(reg, KEY, NAME, digests.of(one), None, "", 10)
        assert len(found) == 1
    settled(reg, tmp_path)
    survived("F30", rounds, "collections: untagged children, nested indexes, referrers, a subject that is not there")


def test_an_index_of_exponentially_many_paths(reg: Registry, clock: Clock) -> None:
    """30 levels of two indexes that each name both below: 2^30 paths, and everything takes the time of 60 indexes."""
    push_image(reg, NAME, 0)
    push_image(reg, NAME, 1)
    began, level = time.monotonic(), (image(0), image(1))
    for _ in range(30):
        level = (index_of(*level), index_of(*reversed(level)))
        for data in level:
            push(reg, data)
    pushed = time.monotonic() - began
    clock.forward(10 * 24 * HOUR)
    garbage.collect(reg, 0)
    whole(reg)
    assert not fsck.check(reg).findings
    took = time.monotonic() - began
    assert took < 10
    survived(
        "F30", 60, f"indexes in 30 levels, 2^30 paths: pushed in {pushed:.2f} s, all collected and checked {took:.2f} s"
    )


# --- F31 ---------------------------------------------------------------------------------------------------------


def test_a_pull_of_what_is_deleted(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """A pull that is under way when its image is deleted and collected ends with the right bytes."""
    rounds = 500 if LONG else 30
    for number in range(rounds):
        data = blob(1000 + number) * 20
        digest = a_blob(reg, data)
        a_blob(reg, b"{}")
        sent = push(reg, a_manifest(data), "pulled")
        with closing(layers.open_blob(reg, KEY, NAME, digest)) as opened:
            begun = opened.read(0, number * 1000)
            deletion.delete(reg, CALLER, KEY, NAME, sent.digest)
            clock.forward(3 * 24 * HOUR)
            assert garbage.collect(reg, 0).blobs == 2
            assert begun + opened.read(len(begun), len(data)) == data
        with pytest.raises(e.LayerNotFound):
            layers.open_blob(reg, KEY, NAME, digest)
    settled(reg, tmp_path)
    survived("F31", rounds, "pulls whose image is deleted and collected meanwhile")


# --- F24 ---------------------------------------------------------------------------------------------------------


def test_a_blob_that_many_push_and_a_collector_takes(reg: Registry, tmp_path: Path) -> None:
    """32 pushers of one blob beside a collector that takes it at once, again and again: one copy, never wrong."""
    rounds, data = 100 if LONG else 4, blob(7)

    def pusher(_: int) -> None:
        digest = a_blob(reg, data)
        try:
            read_whole(reg, NAME, digest)
        except e.LayerNotFound:
            return  # it was collected

    def collector(over: threading.Event) -> None:
        while not over.wait(0.002):
            garbage.collect(reg, AGES)

    with beside(collector), ThreadPoolExecutor(32) as pool:
        for _ in range(rounds):
            list(pool.map(pusher, range(32)))
    a_blob(reg, data)
    read_whole(reg, NAME, digests.of(data))
    settled(reg, tmp_path)
    survived("F24", 32 * rounds, "pushes of one blob beside a collector that takes it at once")
