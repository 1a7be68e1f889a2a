"""Two servers on one folder, commands beside a running server, and starts that are killed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.clients.processes import free_port
from tests.faults import serving as served
from tests.faults import struck
from tests.faults.report import LONG, survived
from tests.faults.serving import Site, children, kill_all, prepare, push_blob, put_manifest, serving, wait_gone
from tests.faults.workload import NAME, collect, config, layer, manifest, registry, seen, settled

from entrepot.registry import fsck

SERVE = (sys.executable, "-m", "entrepot", "serve", "--workers", "2")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return prepare(tmp_path)


def entrepot(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "entrepot", *words]
    return subprocess.run(command, env=site.env, capture_output=True, text=True, timeout=60, check=False)


def push_image(site: Site, number: int) -> None:
    push_blob(site, layer(number))
    push_blob(site, config(number))
    put_manifest(site, manifest(number), f"v{number}")


def test_a_second_server(site: Site) -> None:
    """It says who has the folder and ends with 2, also on another port, and the first goes on serving."""
    with serving(site) as process:
        tried = 5
        for _ in range(tried):
            second = entrepot(replace(site, port=free_port()), "serve")
            assert second.returncode == 2
            assert f"is in use by another server (process {process.pid}): stop it or choose" in second.stderr
            push_image(site, 1)
    with registry(site.folder) as reg:
        assert set(seen(reg)) == {"v0", "v1"}
        settled(reg, site.folder)
    survived("F25", tried, "starts of a second server on the same folder: refused, in one line that says what to do")


def test_commands_beside_a_server(site: Site, tmp_path: Path) -> None:
    """gc, fsck and backup beside a server that is pushed to: each succeeds, no push fails, the backup is whole."""
    over, pushed, rounds = threading.Event(), list[int](), 20 if LONG else 2

    def pusher() -> None:
        while not over.is_set():
            push_image(site, 1 + len(pushed) % 100)
            pushed.append(1 + len(pushed) % 100)

    with serving(site), ThreadPoolExecutor(1) as pool:
        running = pool.submit(pusher)
        try:
            for _ in range(rounds):
                for words in (("gc", "--json"), ("fsck", "--json"), ("backup", str(tmp_path / "backup"))):
                    done = entrepot(site, *words)
                    assert done.returncode == 0, (words, done)
        finally:
            over.set()
        running.result(60)
    with registry(site.folder) as reg:
        found = seen(reg)
        settled(reg, site.folder)
    assert set(found) == {"v0", *(f"v{number}" for number in pushed)}
    restored = replace(site, folder=tmp_path / "restored")
    assert entrepot(restored, "restore", str(tmp_path / "backup")).returncode == 0
    with registry(restored.folder) as reg:
        assert seen(reg).items() <= found.items()
    survived("F28", 3 * rounds, f"gc, fsck and backup beside a server with {len(pushed)} image pushes meanwhile")


def test_a_pull_of_what_is_collected(site: Site) -> None:
    """A pull from a server ends with the right bytes although its image is deleted and collected meanwhile."""
    data, rounds = os.urandom(24 * 1024 * 1024), 10 if LONG else 2
    digest = served.digest_of(data)
    for _ in range(rounds):
        with serving(site), registry(site.folder) as reg:
            push_blob(site, data)
            with closing(site.begin("GET", f"/v2/{NAME}/blobs/{digest}", 0)) as connection:
                response = connection.getresponse()
                first = response.read(65536)
                collect(reg, 0)
                assert served.stored(site, digest) is None
                assert not list((site.folder / "storage" / "blobs").rglob(f"{digest[7:]}*"))
                assert hashlib.sha256(first + response.read()).hexdigest() == digest[7:]
    survived("F31", rounds, "pulls from a server whose blob is collected meanwhile")


def test_a_killed_parent(site: Site) -> None:
    """The parent alone is killed: its children end by themselves, and the next start works at once."""
    rounds, longest = 20 if LONG else 3, 0.0
    for number in range(rounds):
        with serving(site) as process:
            push_image(site, number + 1)
            orphans = children(process.pid)
            process.kill()
            process.wait(30)
            longest = max(longest, wait_gone(orphans))
    with serving(site):
        push_image(site, rounds + 1)
    with registry(site.folder) as reg:
        assert set(seen(reg)) == {f"v{number}" for number in range(rounds + 2)}
        settled(reg, site.folder)
    survived(
        "F27", rounds, f"kill -9 of the parent alone: the folder was free {longest * 1000:.0f} ms later at the latest"
    )


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fresh", [True, False])
def test_starts_that_are_killed(site: Site, tmp_path: Path, fresh: bool) -> None:
    """Killed at random moments of starting, in a new folder and in one with data: the next start works."""
    rounds, dice, spent = 200 if LONG else 20, random.Random(8), 0.6
    for number in range(rounds):
        here = replace(site, folder=tmp_path / f"fresh-{number // 10}") if fresh else site
        with (tmp_path / "starts.log").open("wb") as log:
            process = subprocess.Popen(
                SERVE, env=here.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        time.sleep(dice.random() * spent)
        kill_all(process)
        if number % 10 == 9:
            _starts(here)
    if not fresh:
        with registry(site.folder) as reg:
            assert set(seen(reg)) == {"v0"}
            settled(reg, site.folder)
    where = "a new folder" if fresh else "a folder with data"
    survived("F3", rounds, f"kill -9 at random moments of starting in {where}: it started after that")


def _starts(site: Site) -> None:
    """The server starts and its database is sound."""
    with serving(site):
        pass
    with registry(site.folder) as reg:
        assert not fsck.check(reg).findings


def start_struck(site: Site, inject: str) -> bool:
    """Start a server that strace kills at a system call; whether it came to that before it was ready."""
    log = str(site.home / "calls")
    command = ("strace", "-f", "-qq", "-o", log, "-e", f"trace={inject.partition(':')[0]}", "-e", f"inject={inject}")
    with (site.home / "struck.log").open("wb") as output:
        tracer = subprocess.Popen([*command, *SERVE], env=site.env, stdin=subprocess.DEVNULL, stderr=output)
    deadline = time.monotonic() + 60
    while tracer.poll() is None:
        assert time.monotonic() < deadline
        if served.is_ready(site):
            for pid in children(tracer.pid):
                os.kill(pid, signal.SIGTERM)
            tracer.wait(60)
            return False
        time.sleep(0.02)
    return True


@pytest.mark.timeout(3600)
def test_a_first_start_killed_at_every_call(site: Site, tmp_path: Path) -> None:
    """Killed at system calls that change something in a first start: the next one makes a registry that works.

    At each of them where there are few of a kind, else at the first, the last, and some between them.
    """
    struck.need_strace()
    tried, made = 0, struck.counted(_start_traced(replace(site, folder=tmp_path / "counted")))
    for call in struck.CHANGES if LONG else ("fsync", "rename", "mkdir"):
        for when in struck.spread(made[call], 30 if LONG else 3):
            here = replace(site, folder=tmp_path / f"first-{call}-{when}")
            tried += start_struck(here, f"{call}:signal=KILL:when={when}")
            _starts(here)
            shutil.rmtree(here.folder)
    assert tried > 2
    what = f"kill -9 at changing system calls of a first start, which makes {made.total()}: the next one works"
    survived("F3", tried, what)


def _start_traced(site: Site) -> Path:
    """Start a server that nothing strikes; the record of its system calls."""
    assert not start_struck(site, f"{','.join(struck.CHANGES)}:signal=KILL:when=65535")
    return site.home / "calls"


def test_secrets_of_a_killed_start(site: Site, tmp_path: Path) -> None:
    """A start that is killed while it writes the credentials leaves no copy of them after the next start."""
    struck.need_strace()
    here = replace(site, folder=tmp_path / "first")
    start_struck(here, "rename:signal=KILL:when=1")
    with serving(here):
        pass
    assert [path.name for path in here.folder.iterdir() if path.name.startswith(".")] == []
