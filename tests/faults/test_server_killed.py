"""kill -9 of a whole server, or of one of its processes, while clients push: what was answered is there for ever."""

from __future__ import annotations

import hashlib
import http
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from tests.factories import a_manifest
from tests.faults.report import LONG, survived
from tests.faults.serving import (
    KIB64,
    Broken,
    Site,
    append,
    begin_upload,
    children,
    digest_of,
    finish,
    kill_all,
    prepare,
    push_blob,
    put_manifest,
    serving,
    stored,
    tagged,
)
from tests.faults.workload import Violation, config, layer, manifest, registry, seen, settled

from entrepot.domain import digests

PIECES = 24
"""The pieces of 64 KiB that a broken upload has."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return prepare(tmp_path)


def judged(site: Site, tags: set[str] | None = None) -> None:
    """After the end of the last server: every image is whole, the tags are these, nothing is left over."""
    with registry(site.folder) as reg:
        found = seen(reg)
        if tags is not None and set(found) != tags:
            raise Violation(f"tags {sorted(found)}, not {sorted(tags)}")
        settled(reg, site.folder)


def noise(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)


# --- uploads -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Struck:
    """An upload that a kill met: of its bytes so many were acknowledged, and so many sent."""

    place: str
    data: bytes
    acknowledged: int
    sent: int


def after_post(site: Site, name: str) -> Struck:
    return Struck(begin_upload(site), noise(name, KIB64), 0, 0)


def after_patch(site: Site, name: str) -> Struck:
    data, place = noise(name, 3 * KIB64), begin_upload(site)
    append(site, place, data, 0)
    return Struck(place, data, len(data), len(data))


def in_patch(site: Site, name: str, pieces: int, held: ExitStack) -> Struck:
    """A first PATCH of one piece is acknowledged, of a second one only so many pieces are sent."""
    data, place = noise(name, PIECES * KIB64), begin_upload(site)
    append(site, place, data[:KIB64], 0)
    rest, sent = data[KIB64:], (1 + pieces) * KIB64
    connection = site.begin("PATCH", place, len(rest), Content_Range=f"{KIB64}-{len(data) - 1}")
    connection.send(data[KIB64:sent])
    held.enter_context(closing(connection))
    return Struck(place, data, KIB64, sent)


def in_put(site: Site, name: str, held: ExitStack) -> Struck:
    """All but the last bytes are acknowledged; of the PUT that brings these only a part is sent."""
    data, place = noise(name, 4 * KIB64), begin_upload(site)
    append(site, place, data[: 2 * KIB64], 0)
    connection = site.begin("PUT", f"{place}?digest={digest_of(data)}", 2 * KIB64)
    connection.send(data[2 * KIB64 : 3 * KIB64])
    held.enter_context(closing(connection))
    return Struck(place, data, 2 * KIB64, 3 * KIB64)


def resume(site: Site, struck: Struck) -> None:
    """Ask where the upload stands, go on from there, and finish it."""
    said = site.call("GET", struck.place)
    last = int((said.headers["Range"] or "0-0").partition("-")[2])
    offset = last + 1 if last else 0
    if said.status != http.HTTPStatus.NO_CONTENT or not struck.acknowledged <= offset <= struck.sent:
        raise Violation(f"{struck.acknowledged} acknowledged, {struck.sent} sent, now {said.status} {offset}")
    if stored(site, digest_of(struck.data)) is not None:
        raise Violation(f"{struck.place} was never finished, and its blob is there")
    if offset < len(struck.data):
        append(site, struck.place, struck.data[offset:], offset)
    done = finish(site, struck.place, struck.data)
    if done.status != http.HTTPStatus.CREATED or stored(site, digest_of(struck.data)) != struck.data:
        raise Violation(f"resumed at {offset}: {done}")


@pytest.mark.timeout(3600)
def test_uploads_go_on_after_a_kill(site: Site) -> None:
    """Killed after POST, in PATCH at each 64 KiB, between PATCH and PUT, in PUT: every upload is resumed."""
    each, rounds = 6, 34 if LONG else 2
    points = [number % PIECES for number in range(rounds * each)]
    dice, struck = random.Random(4), list[Struck]()
    for number in range(rounds + 1):
        with serving(site) as process, ExitStack() as held:
            for one in struck:
                resume(site, one)
            if number == rounds:
                break
            struck = [after_post(site, f"post {number}"), after_patch(site, f"patch {number}")]
            struck.append(in_put(site, f"put {number}", held))
            for at, pieces in enumerate(points[number * each : (number + 1) * each]):
                struck.append(in_patch(site, f"{number} {at}", min(pieces, PIECES - 2), held))
            time.sleep(dice.random() * 0.02)
            kill_all(process)
    judged(site, {"v0"})
    survived("F1", rounds, "kill -9 of the server after POST: the upload goes on at byte 0")
    survived("F2", rounds * each, "kill -9 of the server at a 64 KiB boundary of a PATCH: resumed, right digest")
    survived("F3", 2 * rounds, "kill -9 of the server between PATCH and PUT, and while a PUT's body comes: resumed")


@dataclass(slots=True)
class Told:
    """What clients were told until the server was killed: lists of what was asked and of what was acknowledged."""

    asked: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def until_killed(self, numbers: range, do: Callable[[int], object]) -> None:
        """Do things one after the other until the server goes away."""
        for number in numbers:
            self.asked.append(number)
            try:
                do(number)
            except Broken:
                return
            self.acknowledged.append(number)


@pytest.mark.timeout(3600)
def test_puts_of_blobs_when_killed(site: Site) -> None:
    """Killed while PUTs are answered: a blob that was acknowledged is there, another is whole or not, all can go on."""
    rounds, many = (100, 40) if LONG else (8, 24)
    dice, acknowledged, anew = random.Random(5), 0, 0
    ready: dict[int, tuple[str, bytes]] = {}
    told = [Told() for _ in range(4)]
    for number in range(rounds + 1):
        with serving(site) as process:
            acknowledged += sum(len(one.acknowledged) for one in told)
            anew += _retry(site, ready, {one for each in told for one in each.acknowledged})
            if number == rounds:
                break
            ready = {at: _patched(site, noise(f"{number} {at}", 20_000)) for at in range(many)}
            told = [Told() for _ in range(4)]
            with ThreadPoolExecutor(4) as pool:
                for at, one in enumerate(told):
                    pool.submit(one.until_killed, range(at, many, 4), partial(_finished, site, ready))
                _wait_for(told, dice.randrange(many // 2))
                time.sleep(dice.random() * 0.01)
                kill_all(process)
    judged(site, {"v0"})
    survived("F3", rounds, f"kill -9 of the server during PUTs, {acknowledged} acknowledged, {anew} begun anew")


def _patched(site: Site, data: bytes) -> tuple[str, bytes]:
    place = begin_upload(site)
    append(site, place, data, 0)
    return place, data


def _finished(site: Site, ready: dict[int, tuple[str, bytes]], at: int) -> None:
    said = finish(site, *ready[at])
    assert said.status == http.HTTPStatus.CREATED, said


def _retry(site: Site, ready: dict[int, tuple[str, bytes]], acknowledged: set[int]) -> int:
    """Every blob is there or can be finished, the upload or a new one; how many had to begin anew."""
    anew = 0
    for at, (place, data) in ready.items():
        found = stored(site, digest_of(data))
        if found not in ((data,) if at in acknowledged else (data, None)):
            raise Violation(f"blob {at}, acknowledged: {at in acknowledged}, there: {found is not None}")
        if found is None and finish(site, place, data).status != http.HTTPStatus.CREATED:
            anew += 1
            push_blob(site, data)
        if stored(site, digest_of(data)) != data:
            raise Violation(f"blob {at} was pushed again and is not there")
    return anew


# --- manifests and tags ------------------------------------------------------------------------------------------


def image(number: int) -> bytes:
    return a_manifest(layer(0), config=config(0), annotations={"number": str(number)})


@pytest.mark.timeout(3600)
def test_manifests_and_tags_when_killed(site: Site) -> None:
    """Killed at any moment of manifest PUTs and tag moves: the tag is the last acknowledged or the one under way."""
    kills, moves = (20, 1000) if LONG else (3, 60)
    dice, moved, pushed = random.Random(6), 0, 1000
    names: dict[int, str] = {}
    mover, pusher = Told([0], [0]), Told()
    for number in range(kills + 1):
        with serving(site) as process:
            _check_told(site, mover, pusher, names)
            moved, pushed = max(moved, *mover.acknowledged), max(pushed, *pusher.asked, 0)
            if number == kills:
                break
            mover, pusher = Told([moved], [moved]), Told()
            with ThreadPoolExecutor(2) as pool:
                last = moves if number == kills - 1 else moved + moves
                pool.submit(mover.until_killed, range(moved + 1, last + moves), lambda to: _move(site, to))
                pool.submit(pusher.until_killed, range(pushed + 1, pushed + moves), lambda of: _push_new(site, of))
                _wait_for([mover], 1 + min(moves // kills, dice.randrange(moves // kills, 2 * moves // kills)))
                time.sleep(dice.random() * 0.01)
                kill_all(process)
    assert moved >= moves // 2
    judged(site)
    survived("F4", kills, f"kill -9 of the server during manifest PUTs, {len(names)} acknowledged")
    survived("F5", moved, f"acknowledged moves of a tag, with {kills} times kill -9 of the server")


def _move(site: Site, to: int) -> None:
    put_manifest(site, image(to % 16), "moved")


def _push_new(site: Site, of: int) -> None:
    put_manifest(site, image(of), f"n{of}")


def _wait_for(told: list[Told], many: int) -> None:
    deadline = time.monotonic() + 60
    while sum(len(one.acknowledged) for one in told) < many and time.monotonic() < deadline:
        time.sleep(0.001)


def _check_told(site: Site, mover: Told, pusher: Told, names: dict[int, str]) -> None:
    found, last = tagged(site, "moved"), mover.acknowledged[-1]
    allowed = {digests.of(image(number % 16)) for number in (last, mover.asked[-1])} if last else {found}
    if found not in allowed:
        raise Violation(f"the tag names {found}; the last acknowledged move was to {last}, then {mover.asked[-1]}")
    names |= {number: digests.of(image(number)) for number in pusher.acknowledged}
    for number, digest in names.items():
        if tagged(site, f"n{number}") != digest:
            raise Violation(f"image {number} was acknowledged and is not there")
    for number in set(pusher.asked) - set(pusher.acknowledged):
        if tagged(site, f"n{number}") not in (None, digests.of(image(number))):
            raise Violation(f"image {number} is half there")


# --- one process of the server -----------------------------------------------------------------------------------


@pytest.mark.timeout(3600)
def test_one_process_of_the_server_is_killed(site: Site) -> None:
    """Workers are killed one after the other while clients push: who repeats what broke off succeeds."""
    kills, clients = (40, 4) if LONG else (6, 4)
    over, repeats, pushed = threading.Event(), [0] * clients, [0] * clients

    def client(at: int) -> None:
        while not over.is_set():
            number = 10 + at + clients * (pushed[at] % 50)
            repeats[at] += _until_done(lambda number=number: push_blob(site, layer(number)))  # type: ignore[misc]
            repeats[at] += _until_done(lambda number=number: push_blob(site, config(number)))  # type: ignore[misc]
            repeats[at] += _until_done(lambda number=number: put_manifest(site, manifest(number), f"v{number}"))  # type: ignore[misc]
            pushed[at] += 1

    with serving(site) as process, ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client, at) for at in range(clients)]
        try:
            _kill_children(process, kills)
        finally:
            over.set()
        for one in running:
            one.result(60)
    numbers = {10 + at + clients * (turn % 50) for at in range(clients) for turn in range(pushed[at])}
    judged(site, {"v0", *(f"v{number}" for number in numbers)})
    survived(
        "F27", kills, f"kill -9 of one process during {sum(pushed)} image pushes, {sum(repeats)} requests repeated"
    )


def _kill_children(process: subprocess.Popen[bytes], kills: int) -> None:
    """Kill one after the other, but never the last that is there: the parent waits before it starts many again."""
    dice, deadline = random.Random(7), time.monotonic() + 30 * kills
    while kills and time.monotonic() < deadline:
        time.sleep(0.2 + dice.random() * 0.2)
        found = children(process.pid)
        if len(found) > 1:
            os.kill(dice.choice(found), signal.SIGKILL)
            kills -= 1
    assert not kills


def _until_done(do: Callable[[], object]) -> int:
    """Repeat what broke off, as clients do; how often."""
    for attempt in range(60):
        try:
            do()
        except Broken:
            time.sleep(0.05 * min(attempt, 10))
        else:
            return attempt
    raise Violation("no success in 60 attempts")
