"""The wall clock jumps while images are pushed, garbage is collected and uploads are swept: nothing is lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.factories import KEY, Clock, a_registry, a_repository, push
from tests.faults.report import LONG, survived
from tests.faults.workload import CALLER, NAME, Violation, config, layer, manifest, push_image, seen, settled

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.registry import garbage, housekeeping, images, layers, uploads
from entrepot.registry.context import Registry
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

MINUTE, HOUR, DAY = 60.0, 3600.0, 24 * 3600.0
JUMPS = (16 * MINUTE, -16 * MINUTE, DAY, -DAY, -365 * DAY)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    made = a_registry(db, tmp_path, clock)
    a_repository(made)
    push_image(made, 0)
    yield made
    db.close()


def run_jobs(reg: Registry) -> None:
    """What the jobs process does, with the grace that it has by default."""
    garbage.collect(reg)
    housekeeping.sweep_uploads(reg)
    housekeeping.trim(reg)


def look(reg: Registry, data: bytes) -> bool:
    """HEAD of a blob, as a client asks before it pushes."""
    digest = digests.of(data)
    try:
        _, due = layers.look(reg, KEY, NAME, digest)
    except e.LayerNotFound:
        return False
    return not due or not layers.renew(reg, KEY, NAME, [digest])


def steps(reg: Registry, number: int) -> list[Callable[[], object]]:
    """A push of an image, step by step: POST, two PATCHes, PUT, the configuration, HEAD, the manifest."""
    data, half, place = layer(number), len(layer(number)) // 2, list[str]()

    def append(start: int, piece: bytes) -> None:
        with uploads.receiving(reg, CALLER, KEY, NAME, place[0], start) as held:
            held.bytes.write(piece)
            uploads.keep(reg, held)

    def finish() -> None:
        with uploads.receiving(reg, CALLER, KEY, NAME, place[0], len(data)) as held:
            uploads.finish(reg, CALLER, held, digests.of(data))

    def head() -> None:
        if not (look(reg, data) and look(reg, config(number))):
            raise Violation("a blob was pushed and is not there")

    return [
        lambda: place.append(uploads.start(reg, CALLER, KEY, NAME)),
        lambda: append(0, data[:half]),
        lambda: append(half, data[half:]),
        finish,
        lambda: _push_config(reg, number),
        head,
        lambda: push(reg, manifest(number), f"v{number}", name=NAME),
    ]


def _push_config(reg: Registry, number: int) -> None:
    upload = uploads.start(reg, CALLER, KEY, NAME)
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, 0) as held:
        held.bytes.write(config(number))
        uploads.finish(reg, CALLER, held, digests.of(config(number)))


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_during_a_push(reg: Registry, tmp_path: Path, clock: Clock, jump: float) -> None:
    """The clock jumps between two steps of a push and jobs run: the push goes on as if nothing had been."""
    tried = 0
    for number in range(1, 8):
        for at, step in enumerate(steps(reg, number)):
            clock.forward(MINUTE)
            if at == number - 1:
                clock.forward(jump)
                tried += 1
            run_jobs(reg)
            step()
        run_jobs(reg)
        clock.forward(-jump)
        run_jobs(reg)
        assert set(seen(reg)) == {f"v{one}" for one in range(number + 1)}
    settled(reg, tmp_path)
    survived(
        "F33", tried, f"pushes during which the clock jumps by {jump / MINUTE:.0f} minutes, jobs run after each step"
    )


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_after_an_answer(reg: Registry, clock: Clock, jump: float) -> None:
    """A client that was told hours after a push that its blob is there, and then the clock jumps, still finds it."""
    for hours in range(0, 24, 1 if LONG else 5):
        number = 100 + hours
        for step in steps(reg, number)[:-1]:
            step()
        clock.forward(hours * HOUR)
        assert look(reg, layer(number))
        assert look(reg, config(number))
        clock.forward(jump)
        run_jobs(reg)
        push(reg, manifest(number), f"v{number}", name=NAME)
        clock.forward(-jump)
        run_jobs(reg)
    seen(reg)
    survived("F33", 24 if LONG else 5, f"HEADs of a blob after which the clock jumps by {jump / MINUTE:.0f} minutes")


@pytest.mark.timeout(3600)
def test_jumps_at_any_time(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """The clock jumps to and fro beside pushes and jobs: a push is done or refused, what was acknowledged is whole."""
    rounds, over, dice = 1000 if LONG else 40, threading.Event(), random.Random(33)
    acknowledged: set[int] = set()
    refused = [0] * 3

    def pusher(at: int) -> None:
        turn = 0
        while not over.is_set():
            number, turn = 1 + at + 3 * (turn % 30), turn + 1
            try:
                push_image(reg, number)
            except (e.LayersNotFound, e.UploadNotFound, e.UploadLost, e.UploadBusy):
                refused[at] += 1
            else:
                acknowledged.add(number)

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(pusher, at) for at in range(3)]
        try:
            for _ in range(rounds):
                clock.forward(dice.choice((*JUMPS, 2 * DAY, 365 * DAY)))
                run_jobs(reg)
                _check(reg, set(acknowledged))
        finally:
            over.set()
        for one in running:
            one.result(60)
    assert len(seen(reg)) >= 1 + len(acknowledged)
    settled(reg, tmp_path)
    survived("F33", rounds, f"jumps beside pushes: {len(acknowledged)} images, {sum(refused)} pushes refused")


def _check(reg: Registry, acknowledged: set[int]) -> None:
    for number in acknowledged:
        if images.get(reg, KEY, NAME, ImageId(None, f"v{number}"))[1] != manifest(number):
            raise Violation(f"image {number}")
