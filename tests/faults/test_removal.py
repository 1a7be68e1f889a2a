"""Images removed for good while others push what they share: who was told that a layer is there finds it there."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.factories import KEY, Clock, a_registry, a_repository, push
from tests.faults.report import LONG, survived
from tests.faults.test_cycles import IMAGES, OTHER, image, parts, read_whole, whole
from tests.faults.workload import CALLER, NAME, Violation, settled

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.blobs import LEASE, PAUSED, SILENCE, TRACED
from entrepot.registry import bin as recycling
from entrepot.registry import deletion, garbage, images, layers, uploads
from entrepot.registry.context import Registry
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

STEPS = 150_000 if LONG else 3000
PAUSE = (SILENCE - TRACED) // 1_000_000 - 1  # seconds that a client that has no upload open waits at most
JUMPS = (1.0, 20.0, float(PAUSE), float(PAUSE), 100.0, 3600.0, 5 * 3600.0)
PATIENCE = LEASE * 3 // 4 - 3600 * 1_000_000  # microseconds that a push takes at most
STANDSTILL = PAUSED - 60 * 1_000_000  # microseconds that an open upload gets nothing at most
DAY = 24 * 3600 * 1_000_000

Pushing = Iterator[bool | None]
"""A push, one step for each request; says whether an upload is open after it, None in the middle of one."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    made = a_registry(db, tmp_path, clock)
    for name in (NAME, OTHER):
        a_repository(made, name)
    yield made
    db.close()


def config_of(number: int) -> bytes:
    return b'{"number": %d}' % number


def pushing(reg: Registry, name: str, number: int, source: str | None) -> Pushing:
    """Ask for each part, mount it or send it, then send the manifest, which has to find them all."""
    for data in (*parts(number), config_of(number)):
        told = yield from _asked(reg, name, digests.of(data))
        if not told and source is not None:
            told = uploads.mount(reg, CALLER, KEY, name, digests.of(data), source) is not None
            if told:  # the request that does not mount begins an upload
                yield False
        if not told:
            yield from _sent(reg, name, data)
    try:
        push(reg, image(number), f"v{number}", name=name)
    except e.LayersNotFound as error:
        raise Violation(f"image {number} of {name}: a layer went that its client was told of") from error
    for data in (*parts(number), config_of(number)):
        read_whole(reg, name, digests.of(data))


def _asked(reg: Registry, name: str, digest: str) -> Generator[bool | None, None, bool]:
    """HEAD; where it renews the lease, anything may happen between its look and that, but in no time."""
    try:
        _, due = layers.look(reg, KEY, name, digest)
    except e.LayerNotFound:
        return False
    if due:
        yield None
        due = digest in layers.renew(reg, KEY, name, [digest])
    yield False
    return not due


def _sent(reg: Registry, name: str, data: bytes) -> Pushing:
    upload = uploads.start(reg, CALLER, KEY, name)
    yield True
    with uploads.receiving(reg, CALLER, KEY, name, upload, None) as held:
        held.bytes.write(data)
        uploads.keep(reg, held)
    yield True
    with uploads.receiving(reg, CALLER, KEY, name, upload, None) as held:
        uploads.finish(reg, CALLER, held, digests.of(data))
    yield False


@dataclass(slots=True)
class Client:
    """Somebody who pushes: since when, when the last request was, and whether an upload is open."""

    steps: Pushing
    began: int
    last: int
    is_open: bool | None = False


@dataclass(slots=True)
class World:
    """Clients that take turns with those who delete, empty the bin, restore and collect, in an order that dice give."""

    reg: Registry
    clock: Clock
    dice: random.Random
    clients: list[Client] = field(default_factory=list)
    pushed: int = 0
    removed: int = 0
    collected: int = 0

    def begin(self) -> None:
        if len(self.clients) < 3:
            name, other = self.dice.sample((NAME, OTHER), 2)
            source = self.dice.choice((None, other))
            steps = pushing(self.reg, name, self.dice.randrange(IMAGES), source)
            self.clients.append(Client(steps, self.clock.at, self.clock.at))

    def go_on(self) -> None:
        for client in self.dice.sample(self.clients, min(1, len(self.clients))):
            client.last = self.clock.at
            try:
                client.is_open = next(client.steps)
            except StopIteration:
                self.clients.remove(client)
                self.pushed += 1

    def pass_time(self) -> None:
        """As much as all clients keep to that are between two requests."""
        seconds = self.dice.choice(JUMPS)
        if any(client.is_open is None for client in self.clients):
            return
        for client in self.clients:
            until = client.last + PAUSE * 1_000_000
            if client.is_open:
                until = min(client.began + PATIENCE, client.last + STANDSTILL)
            seconds = min(seconds, (until - self.clock.at) / 1_000_000)
        self.clock.forward(max(seconds, 0.0))

    def delete(self) -> None:
        """Delete an image, into a recycle bin or for good."""
        name, number = self.dice.choice((NAME, OTHER)), self.dice.randrange(IMAGES)
        keeping = replace(self.reg.keeping, retention=self.dice.choice((0, DAY)))
        with suppress(e.ImageNotFound):
            deletion.delete(replace(self.reg, keeping=keeping), CALLER, KEY, name, digests.of(image(number)))
            self.removed += not keeping.retention

    def empty(self) -> None:
        self.removed += recycling.empty(self.reg, CALLER) + recycling.give_way(self.reg, 1)

    def restore(self) -> None:
        """A restored image is whole, or says that it cannot be."""
        name, number = self.dice.choice((NAME, OTHER)), self.dice.randrange(IMAGES)
        with suppress(e.ImageNotFound):
            recycling.restore(self.reg, CALLER, KEY, name, f"v{number}")

    def collect(self) -> None:
        """Collect all, or only what was removed for good, and stop somewhere."""
        turns = iter([False] * self.dice.randrange(1, 30))
        if self.dice.random() < 0.5:
            self.collected += garbage.free(self.reg).blobs
        else:
            self.collected += garbage.collect(self.reg, 0.0, orphans=False, rest=lambda _: next(turns, True)).blobs


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2])
def test_who_was_told_of_a_layer_finds_it(reg: Registry, tmp_path: Path, clock: Clock, seed: int) -> None:
    """However pushes, deletions, an emptied bin and collections mix, no push misses a layer that it was told of."""
    world = World(reg, clock, random.Random(seed))
    acts: dict[Callable[[], None], int] = {world.begin: 3, world.go_on: 16, world.pass_time: 10, world.delete: 8}
    acts |= {world.empty: 4, world.restore: 1, world.collect: 8}
    for act in world.dice.choices(list(acts), list(acts.values()), k=STEPS // 2):
        act()
    assert min(world.pushed, world.removed, world.collected) > STEPS // 400
    while world.clients:
        world.go_on()
    whole(reg)
    recycling.empty(reg, CALLER)
    listed, _ = images.describe(reg, KEY, NAME, wanted=None, tagged=None, token=None, limit=1000)
    for one in listed:
        deletion.delete(reg, CALLER, KEY, NAME, one.image.digest)
    clock.forward(SILENCE / 1_000_000 + 1)
    garbage.collect(reg, 0.0)
    settled(reg, tmp_path)
    survived(
        "F28",
        STEPS // 2,
        f"requests in a random order: {world.pushed} pushes and mounts find each layer that they were told of beside "
        f"{world.removed} images removed for good and {world.collected} blobs collected",
    )
