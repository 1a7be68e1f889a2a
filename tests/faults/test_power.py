"""Power cuts: whatever of a recorded run was not synced is lost or torn, and nothing acknowledged is."""

from __future__ import annotations

import os
import random
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, combinations
from pathlib import Path

import pytest
from tests.factories import KEY, a_repository
from tests.faults import power, struck
from tests.faults.power import Cut, Marked, Recording
from tests.faults.report import LONG, survived
from tests.faults.workload import (
    AGES,
    CALLER,
    NAME,
    OPERATIONS,
    Violation,
    begin_upload,
    config,
    layer,
    manifest,
    push_blob,
    registry,
    seen,
    settled,
)

from entrepot import app
from entrepot.config import ConfigError, Settings, Storage
from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.registry import garbage, layers, uploads
from entrepot.registry.context import Registry

# --- what is recorded --------------------------------------------------------------------------------------------

Step = tuple[str, int]
History = tuple[tuple[Step, ...], ...]

FIRST: History = (
    (("prepare", 0),),
    (("restart", 0),),
    (("create", 0),),
    (("push", 0),),
    (("push", 1),),
    (("tag", 1),),
    (("layer", 5),),
    (("config", 5),),
    (("tag", 0),),
    (("push", 5), ("push", 6), ("layer", 7)),
    (("delete", 5),),
    (("begin", 8),),
    (("collect", 0),),
    (("restart", 0),),
    (("push", 5),),
    (("delete", 6), ("push", 7), ("tag", 1)),
    (("sweep", 0),),
    (("collect", 0),),
    (("push", 6),),
    (("restart", 0),),
    (("delete", 1), ("layer", 9)),
    (("push", 1),),
)
"""Each step begins when those before are done; those in a row are done at the same time. A number is an image's."""

SECOND: History = (
    (("prepare", 0),),
    (("restart", 0),),
    (("sweep", 0),),
    (("collect", 0),),
    (("push", 9), ("push", 0), ("layer", 5)),
    (("delete", 0),),
    (("collect", 0),),
    (("restart", 0),),
)
"""What is done on what a power cut left, until the next one."""

START: History = ((("prepare", 0),), (("restart", 0),), (("create", 0),))

HISTORIES = {"first": FIRST, "second": SECOND, "start": START}
BLOBS = {"layer": layer, "config": config}
NUMBERS = sorted({number for _, number in chain.from_iterable(FIRST + SECOND)})
CHECKPOINT = 40  # pages: far more often than by itself, for what a checkpoint leaves is to be seen


def settings(folder: Path) -> Settings:
    return Settings(data_dir=str(folder), storage=Storage(database_reserve=0))


def perform(folder: Path, history: History) -> None:
    """Do all of it, telling /dev/null when a step begins and when it is done."""
    told = os.open(os.devnull, os.O_WRONLY)
    with ExitStack() as opened:
        reg: list[Registry] = []

        def do(number: int, step: Step) -> None:
            os.write(told, b"begin %d" % number)
            if step[0] == "prepare":
                app.prepare(settings(folder))
            elif step[0] == "restart":
                opened.close()
                reg[:] = [opened.enter_context(registry(folder))]
            else:
                reg[0].db.read(lambda tx: tx.one(f"PRAGMA wal_autocheckpoint={CHECKPOINT}"))
                act(reg[0], step)
            os.write(told, b"done %d" % number)

        number = 0
        for row in history:
            threads = [threading.Thread(target=do, args=(number + i, step)) for i, step in enumerate(row[1:], 1)]
            for thread in threads:
                thread.start()
            do(number, row[0])
            for thread in threads:
                thread.join()
            number += len(row)


def act(reg: Registry, step: Step) -> None:
    operation, number = step
    if operation == "create":
        a_repository(reg, NAME)
    elif operation in BLOBS:
        push_blob(reg, BLOBS[operation](number))
    elif operation == "begin":
        begin_upload(reg, layer(number)[:150_000])
    else:
        OPERATIONS[operation](reg, number)


if __name__ == "__main__":
    perform(Path(sys.argv[2]), HISTORIES[sys.argv[1]])


# --- what has to be true after a cut -----------------------------------------------------------------------------

Tags = dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded history, and the tags that there were before it (None: no repository)."""

    recording: Recording
    steps: tuple[Step, ...]
    before: Tags = None
    there: bool = False
    """Whether there was a registry before it."""

    def without(self, forgotten: Callable[[str], bool]) -> Run:
        return replace(self, recording=self.recording.without(forgotten))


def recorded(history: str, folder: Path, log: Path, before: Tags = None, *, there: bool = False) -> Run:
    """Do a history in a data folder, and note what changes; also in the folder above where there is no folder yet."""
    struck.need_strace()
    watched = folder if folder.exists() else folder.parent
    recording = power.record([sys.executable, "-m", __name__, history, str(folder)], watched, log)
    run = Run(recording, tuple(chain.from_iterable(HISTORIES[history])), before, there)
    done, under_way = known(run, len(recording.events))
    assert (sorted(done), under_way) == (sorted(run.steps), [])
    return run


def after(tags: Tags, steps: Sequence[Step]) -> Tags:
    """The tags when the steps were done on top; None while there is no repository."""
    for operation, number in steps:
        digest = image(number)
        if operation == "create":
            tags = {}
        elif operation in {"push", "tag"}:
            tags = {**(tags or {}), "latest" if operation == "tag" else f"v{number}": digest}
        elif operation == "delete":
            tags = {tag: named for tag, named in (tags or {}).items() if named != digest}
    return tags


@cache
def image(number: int) -> str:
    return digests.of(manifest(number))


def known(run: Run, at: int) -> tuple[list[Step], list[Step]]:
    """The steps that were acknowledged before an event, and those that were under way."""
    begun: dict[int, Step] = {}
    done: list[Step] = []
    for event in run.recording.events[:at]:
        if isinstance(event, Marked):
            word, number = event.text.split()
            if word == "begin":
                begun[int(number)] = run.steps[int(number)]
            else:
                done.append(begun.pop(int(number)))
    return done, list(begun.values())


def judge(run: Run, at: int, folder: Path) -> Tags:
    """Start on what a cut left, and compare with what was known; the tags. Raises Violation, or any other error."""
    done, under_way = known(run, at)
    base = after(run.before, done)
    possible = [after(base, some) for n in range(len(under_way) + 1) for some in combinations(under_way, n)]
    kept = _secrets(folder) if run.there or done else {}
    app.prepare(settings(folder))
    if kept and kept != _secrets(folder):
        raise Violation("other secrets than before")
    with registry(folder) as reg:
        tags = look(reg)
        if tags not in possible:
            raise Violation(f"{tags} after {done} and some of {under_way}")
        if tags is None:
            a_repository(reg, NAME)
        for data in uncollected(done, under_way):
            read_blob(reg, data)
        go_on(reg)
        settled(reg, folder)
        garbage.collect(reg, AGES)
        if look(reg) != (tags or {}):
            raise Violation(f"{look(reg)} after a collection, {tags} before")
        again = [step for step in under_way if step[0] in {"push", "begin", *BLOBS}]
        for step in again:
            act(reg, step)
        if look(reg) != after(tags or {}, again):
            raise Violation(f"{look(reg)} after {again} was done again")
    return tags


def _secrets(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("credentials", "sealing.key")}


def look(reg: Registry) -> Tags:
    try:
        return seen(reg)
    except e.RepositoryNotFound:
        return None


def uncollected(done: Sequence[Step], under_way: Sequence[Step]) -> Iterator[bytes]:
    """Blobs that were acknowledged and that no collection has come by since: no image need name them."""
    blobs: set[bytes] = set()
    for operation, number in done:
        if operation in BLOBS:
            blobs.add(BLOBS[operation](number))
        elif operation == "collect":
            blobs.clear()
    if ("collect", 0) not in under_way:
        yield from blobs


def read_blob(reg: Registry, data: bytes) -> None:
    blob = layers.open_blob(reg, KEY, NAME, digests.of(data))
    if blob.read(0, blob.size) != data:
        raise Violation("the bytes of a blob are wrong")
    blob.close()


def go_on(reg: Registry) -> None:
    """Continue each upload that is still known where it says it stands: its bytes are there, or it is lost."""
    rows = reg.db.read(lambda tx: tx.all("SELECT id, received, digest FROM uploads"))
    for upload, received, digest in rows:
        pushed = (blob(number) for number in NUMBERS for blob in BLOBS.values())
        data = next(data for data in pushed if digests.of(data[: int(received)]) == digest)
        with suppress(e.UploadLost), uploads.receiving(reg, CALLER, KEY, NAME, str(upload), int(received)) as held:
            held.bytes.write(data[int(received) :])
            uploads.finish(reg, CALLER, held, digests.of(data))
            read_blob(reg, data)


# --- the tests ---------------------------------------------------------------------------------------------------

STATES = 200
PARTS = 4
SEEDS = 2
TWICE = 24 if LONG else 2
AFTER_TWICE = 100 if LONG else 25

BROKEN = (Violation, e.RegistryError, ConfigError, OSError)
"""What a test that is to find something may find: not a mistake of its own."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("power")
    folder = place / "data"
    folder.mkdir()
    return recorded("first", folder, place / "log")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands are made in it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as made:
        yield Path(made) / "data"


def cuts(run: Run, count: int | None = None) -> list[Cut]:
    """Every moment with each extreme and some of the rest; or so many of all these."""
    moments = range(run.recording.start, len(run.recording.events) + 1)
    every = [cut for at in moments for cut in (*power.extremes(at), *(power.some(at, seed) for seed in range(SEEDS)))]
    return every if count is None else random.Random(1).sample(every, count)


def violation(run: Run, cut: Cut, place: Path) -> Exception | None:
    """What is wrong after a cut."""
    power.rebuild(run.recording, cut, place)
    try:
        judge(run, cut.at, place)
    except Exception as error:  # noqa: BLE001  # whatever it is, a server would not have started or answered
        return error
    finally:
        shutil.rmtree(place)
    return None


def try_all(run: Run, tried: Sequence[Cut], place: Path, kept: Path) -> None:
    """Raises Violation; what that cut left is in `kept` then."""
    for cut in tried:
        error = violation(run, cut, place)
        if error is not None:
            power.rebuild(run.recording, cut, kept)
            raise Violation(f"{cut}, left in {kept}: {error!r}\n{run.recording.near(cut.at)}") from error


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS if LONG else 1))
def test_a_power_cut(first: Run, place: Path, tmp_path: Path, part: int) -> None:
    """Whenever the power goes: what was acknowledged is there, what was under way is done or not, nothing is half."""
    tried = cuts(first)[part::PARTS] if LONG else cuts(first, STATES)
    try_all(first, tried, place, tmp_path / "left")
    survived("F8", len(tried), "states that a power cut can leave: unsynced writes and names lost or torn")


def test_the_data_folder_itself(place: Path, tmp_path: Path) -> None:
    """A data folder that the first start made is there after a power cut, once that start is done."""
    root = tmp_path / "root"
    root.mkdir()
    run = recorded("start", root / "data", tmp_path / "log")
    for at in range(len(run.recording.events) + 1):
        if known(run, at)[0]:
            for cut in power.extremes(at):
                power.rebuild(run.recording, cut, place)
                judge(run, at, place / "data")
                shutil.rmtree(place)


@pytest.mark.timeout(3600)
def test_a_second_power_cut(first: Run, place: Path, tmp_path: Path) -> None:
    """The start after a power cut, and what is done then, survive the next one as well."""
    begun = next(at for at in range(len(first.recording.events)) if len(known(first, at)[0]) > 3)
    tried = 0
    for number, cut in enumerate(cut for cut in cuts(first, 1000) if cut.at > begun):
        if number == TWICE:
            break
        power.rebuild(first.recording, cut, place)
        tags = judge(first, cut.at, place)
        shutil.rmtree(place)
        power.rebuild(first.recording, cut, place)
        run = recorded("second", place, tmp_path / "log", tags, there=True)
        shutil.rmtree(place)
        try_all(run, cuts(run, AFTER_TWICE), place, tmp_path / "left")
        tried += AFTER_TWICE
    survived("F8", tried, "states that a second power cut can leave, after the start that followed the first")


@pytest.mark.parametrize(
    "forgotten",
    [
        r"storage/uploads/[^/]*",  # the bytes of blobs
        r"storage/blobs/sha256/..",
        r"storage/blobs/sha256",
        r"storage/blobs",
        r"storage",
        r"\.",
        r"entrepot\.db-wal",
        r"entrepot\.db",
        r"\.credentials-.*",
        r"\.sealing\.key-.*",
    ],
)
def test_a_missing_sync_is_found(first: Run, place: Path, forgotten: str) -> None:
    """Leaving out what syncs one kind of file or folder is found among the states: each of these calls is needed."""
    run = first.without(lambda path: re.fullmatch(forgotten, path) is not None)
    assert run.recording.events != first.recording.events
    errors = (violation(run, cut, place) for cut in cuts(first, STATES))
    found = next(error for error in errors if error is not None)
    assert isinstance(found, BROKEN), repr(found)
