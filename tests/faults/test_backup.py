"""F39: a backup beside clients that push, move tags and delete is a prefix of what they were told; also killed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from tests.factories import push
from tests.faults import struck
from tests.faults.report import LONG, survived
from tests.faults.workload import NAME, OPERATIONS, Violation, manifest, prepared, registry, seen, settled

from entrepot import app
from entrepot.config import ConfigError, Settings, Storage
from entrepot.domain import digests
from entrepot.domain.errors import RegistryError
from entrepot.registry.context import Registry

CLIENTS = 3
KEPT = 5  # images of a client: older ones are deleted
OWN = 1_000_000  # a client's images have numbers of its own
TRIES = 200  # of an operation whose blobs garbage collection takes before they are named

Tags = dict[str, str]


@dataclass(slots=True)
class Client:
    """What one client did: its tags after each number of operations, and when each was begun and acknowledged."""

    number: int
    states: list[Tags] = field(default_factory=lambda: [{}])
    begun: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def work(self, reg: Registry, ticks: Iterator[int], stop: Event) -> None:
        """Push an image, move a tag to it, delete the oldest one; again and again."""
        images = list[int]()
        for number in count(self.number * OWN):
            images.append(number)
            digest = digests.of(manifest(number))
            self._do(reg, ticks, ("push", number), {**self.states[-1], f"v{number}": digest})
            self._do(reg, ticks, ("move", number), {**self.states[-1], f"moving-{self.number}": digest})
            if len(images) > KEPT:
                gone = digests.of(manifest(images[0]))
                after = {tag: named for tag, named in self.states[-1].items() if named != gone}
                self._do(reg, ticks, ("delete", images.pop(0)), after)
            if stop.wait(0.005):
                return

    def _do(self, reg: Registry, ticks: Iterator[int], what: tuple[str, int], after: Tags) -> None:
        operation, number = what
        self.states.append(after)
        self.begun.append(next(ticks))
        for tried in range(TRIES):
            try:
                if operation == "move":
                    push(reg, manifest(number), f"moving-{self.number}", name=NAME)
                else:
                    OPERATIONS[operation](reg, number)
            except RegistryError:  # its blobs were collected: every lease is over here
                if tried == TRIES - 1:
                    raise
            else:
                break
        self.acknowledged.append(next(ticks))

    def done_in(self, found: Tags) -> int:
        """How many of its operations are in what was found. Raises Violation where that is none of its states."""
        own = {tag: digest for tag, digest in found.items() if self._is_own(tag)}
        for done, state in enumerate(list(self.states)):
            if state == own:
                return done
        raise Violation(f"client {self.number} never had {own}")

    def _is_own(self, tag: str) -> bool:
        return tag == f"moving-{self.number}" or (tag[0] == "v" and int(tag[1:]) // OWN == self.number)


@contextmanager
def clients_at(folder: Path) -> Iterator[list[Client]]:
    """Clients at work, and garbage collection that takes all that no image names."""
    stop, ticks, clients = Event(), count(), [Client(number) for number in range(1, CLIENTS + 1)]

    def collect(reg: Registry) -> None:
        while not stop.wait(0.1):
            OPERATIONS["collect"](reg, 0)

    with registry(folder) as reg, ThreadPoolExecutor(CLIENTS + 1) as pool:
        running = [pool.submit(client.work, reg, ticks, stop) for client in clients]
        running.append(pool.submit(collect, reg))
        try:
            yield clients
        finally:
            stop.set()
        for one in running:
            one.result()


def acknowledged(clients: list[Client]) -> list[int]:
    return [len(client.acknowledged) for client in clients]


def check(found: Tags, clients: list[Client], least: list[int]) -> None:
    """Raise Violation unless what was found is a prefix of the history.

    What was acknowledged before the backup began is in it; and an operation that is in it began after the
    acknowledgement of none that is not.
    """
    done = [client.done_in(found) for client in clients]
    if any(has < wanted for has, wanted in zip(done, least, strict=True)):
        raise Violation(f"acknowledged before the backup: {least}, in it: {done}")
    first_absent = min(
        (client.acknowledged[has] for client, has in zip(clients, done, strict=True) if has < len(client.acknowledged)),
        default=sys.maxsize,
    )
    last_begun = max(client.begun[has - 1] for client, has in zip(clients, done, strict=True) if has)
    if first_absent < last_begun:
        raise Violation(f"{done} are in it: one that began after the end of one that is not")


def process(folder: Path, place: Path, *before: str) -> subprocess.Popen[str]:
    command = [*before, sys.executable, "-m", "entrepot", "backup", str(place), "--data-dir", str(folder)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", "ENTREPOT_STORAGE__DATABASE_RESERVE": "0"}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def back_up(folder: Path, place: Path) -> None:
    with process(folder, place) as done:
        said = done.communicate(timeout=60)
    if done.returncode != 0:
        raise Violation(f"the backup ended {done.returncode}: {said}")


def restored(place: Path, folder: Path) -> Tags:
    """Restore and look at every image and byte; what tags there are. Raises ConfigError, Violation."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    app.restore(Settings(data_dir=str(folder), storage=Storage(database_reserve=0)), place, lambda _: None)
    with registry(folder) as reg:
        found = seen(reg)
        settled(reg, folder)
    return found


@pytest.mark.timeout(3600)
def test_while_clients_work(tmp_path: Path) -> None:
    """Each backup, into a folder again and again and into archives, is whole and a prefix of the history."""
    folder, places = tmp_path / "data", (tmp_path / "backup", tmp_path / "backup.tar")
    prepared(folder)
    rounds = 100 if LONG else 3
    with clients_at(folder) as clients:
        for number in range(2 * rounds):
            place = places[number % 2]
            least = acknowledged(clients)
            back_up(folder, place)
            check(restored(place, tmp_path / "again"), clients, least)
    operations = sum(acknowledged(clients))
    assert operations > 20 * rounds
    survived("F39", 2 * rounds, f"backups beside {CLIENTS} clients ({operations} operations) and garbage collection")


@pytest.mark.timeout(3600)
def test_killed_while_clients_work(tmp_path: Path) -> None:
    """Killed at any moment, the backup before it is still whole, or there is none; run again it is whole."""
    folder, places = tmp_path / "data", (tmp_path / "backup", tmp_path / "backup.tar")
    prepared(folder)
    dice, rounds, whole = random.Random(39), 100 if LONG else 3, dict[Path, list[int]]()
    with clients_at(folder) as clients, registry(folder) as reg:
        for number in range(2 * rounds):
            place = places[number % 2]
            kill_during(reg, folder, place, dice.uniform(0, 0.12))
            try:
                check(restored(place, tmp_path / "again"), clients, whole.get(place, [0] * CLIENTS))
            except ConfigError as error:
                if place in whole:
                    raise Violation(f"the kill took the backup that was there: {error}") from error
            least = acknowledged(clients)
            back_up(folder, place)
            check(restored(place, tmp_path / "again"), clients, least)
            whole[place] = least
    survived("F39", 2 * rounds, "backups killed at a random moment, and run again")


def kill_during(reg: Registry, folder: Path, place: Path, seconds: float) -> None:
    """Start a backup, and kill it so long after it began to keep garbage collection from what it needs."""

    def pins() -> int:
        return len(reg.db.read(lambda tx: tx.all("SELECT id FROM pins")))

    before = pins()
    with process(folder, place) as started:
        while pins() == before and started.poll() is None:
            time.sleep(0.002)
        time.sleep(seconds)
        started.kill()
        started.communicate(timeout=60)


@pytest.mark.timeout(3600)
def test_killed_at_every_call(tmp_path: Path) -> None:
    """Killed at each call that puts a file in its place, the folder holds the earlier backup, or the new one."""
    struck.need_strace()
    folder, place, kept = tmp_path / "data", tmp_path / "backup", tmp_path / "kept"
    prepared(folder)
    back_up(folder, place)
    old = restored(place, tmp_path / "again")
    with registry(folder) as reg:
        OPERATIONS["push"](reg, 1)
        OPERATIONS["delete"](reg, 0)
        OPERATIONS["collect"](reg, 0)
        new = seen(reg)
    place.rename(kept)
    killed = 0
    for call in struck.CHANGES if LONG else ("rename",):  # strace counts each call by itself
        for when in count(1):
            shutil.copytree(kept, place)
            injected = ("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}")
            with process(folder, place, "strace", "-f", "-qq", "-o", str(tmp_path / "calls"), *injected) as done:
                said = done.communicate(timeout=60)
            found = restored(place, tmp_path / "again")
            if found not in ((new,) if done.returncode == 0 else (old, new)):
                raise Violation(f"killed at {call} {when}: {said}: {found}")
            if done.returncode == 0:
                shutil.rmtree(place)
                break
            killed += 1
            back_up(folder, place)
            if restored(place, tmp_path / "again") != new:
                raise Violation(f"run again after a kill at {call} {when}")
            if left := [path.name for path in place.iterdir() if path.name.startswith(".")]:
                raise Violation(f"left over after a kill at {call} {when}: {left}")
            shutil.rmtree(place)
    assert killed > 5
    what = "changing system call" if LONG else "rename"
    survived("F39", killed, f"kill -9 at every {what} of a backup into a folder that has one")
