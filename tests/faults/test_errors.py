"""Disks that are full or broken, files that cannot be opened, bytes that rot: at every call that changes something."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from tests.factories import KEY
from tests.faults import struck
from tests.faults.report import LONG, survived
from tests.faults.struck import Forge
from tests.faults.workload import (
    CALLER,
    NAME,
    SIZE,
    Violation,
    layer,
    manifest,
    prepared,
    push_blob,
    push_image,
    registry,
    seen,
    settled,
)

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.registry import scrub, uploads

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate", "fallocate", "mkdir")
STEP = 4


@pytest.fixture
def before(tmp_path: Path) -> Path:
    struck.need_strace()
    folder = tmp_path / "before"
    prepared(folder)
    return folder


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT"])
@pytest.mark.parametrize("call", CALLS)
def test_an_error_at_every_write(before: Path, tmp_path: Path, forge: Forge, call: str, error: str) -> None:
    """A push that cannot write fails as a whole or succeeds; the same process pushes the next time."""
    new = {f"v{number}": digests.of(manifest(number)) for number in (0, 9)}
    tried, when = 0, 1
    while True:
        folder = tmp_path / "struck"
        shutil.copytree(before, folder)
        outcome = forge.run(folder, "push", 9, f"{call}:error={error}:when={when}", again=True)
        if set(outcome.said[:-1]) - {"StorageFull", "StorageUnavailable"} or outcome.said[-1:] != ["ok"]:
            raise Violation(f"{error} at {call} {when}: {outcome.said}")
        with registry(folder) as reg:
            if seen(reg) != new:
                raise Violation(f"{error} at {call} {when}: {seen(reg)}")
            settled(reg, folder)
        shutil.rmtree(folder)
        if not outcome.struck:
            break
        tried += 1
        when += 1 if LONG else STEP
    survived("F11" if error == "EIO" else "F9-F10", tried, f"{error} at changing system calls of a push")


# --- small and strange file systems ------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data folder on a file system of its own, with the options of the parameter."""
    struck.need_strace()
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", request.param, "tmpfs", str(place)], check=True)
    try:
        yield place / "data"
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("small", ["size=3m"], indirect=True)
def test_a_full_disk(small: Path) -> None:
    """A push that does not fit is refused, gives its room back at once, and the next small one succeeds."""
    prepared(small)
    with registry(small) as reg:
        free = shutil.disk_usage(small).free
        for _ in range(10):
            with pytest.raises(e.StorageFull):
                push_blob(reg, bytes(4 * 1024 * 1024))
        assert shutil.disk_usage(small).free > free - 600_000  # what is missing is the database's log
        push_blob(reg, b"a small one")
        push_image(reg, 1)
        assert set(seen(reg)) == {"v0", "v1"}
    survived("F9", 10, "pushes into a full file system")


@pytest.mark.parametrize("small", ["nr_inodes=330"], indirect=True)
def test_no_inodes(small: Path) -> None:
    """Without room for another file pushes are refused and pulls go on; with room again they succeed."""
    prepared(small)
    fillers = list[Path]()
    with registry(small) as reg:
        try:
            while True:
                filler = small.parent / f"filler-{len(fillers)}"
                filler.touch()
                fillers.append(filler)
        except OSError:
            pass
        for _ in range(5):
            with pytest.raises((e.StorageFull, e.StorageUnavailable)):
                push_image(reg, 1)
        assert set(seen(reg)) == {"v0"}
        for filler in fillers:
            filler.unlink()
        push_image(reg, 1)
        assert set(seen(reg)) == {"v0", "v1"}
        settled(reg, small)
    survived("F12", 5, "pushes without an inode left")


def test_no_descriptors(tmp_path: Path) -> None:
    """At the limit of open files work is refused as unavailable, and goes on when some are closed."""
    prepared(tmp_path / "data")
    with registry(tmp_path / "data") as reg:
        assert set(seen(reg)) == {"v0"}
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = len(list(Path("/proc/self/fd").iterdir()))
        for more in range(6):
            resource.setrlimit(resource.RLIMIT_NOFILE, (used + more, hard))
            try:
                push_image(reg, 1)
            except e.StorageUnavailable:
                pass
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        push_image(reg, 1)
        assert set(seen(reg)) == {"v0", "v1"}
        settled(reg, tmp_path / "data")
    survived("F12", 6, "pushes at the limit of open files")


def test_a_locked_database(tmp_path: Path) -> None:
    """A process that holds the database makes writers wait, not fail; readers go on meanwhile."""
    prepared(tmp_path / "data")
    seconds = 10 if LONG else 1
    with registry(tmp_path / "data") as reg:
        other = apsw.Connection(str(tmp_path / "data" / "entrepot.db"))
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(seconds, lambda: other.execute("COMMIT")).start()
        began = time.monotonic()
        assert set(seen(reg)) == {"v0"}
        assert time.monotonic() - began < seconds
        try:
            push_image(reg, 1)
        except e.StorageUnavailable:
            time.sleep(1)
            push_image(reg, 1)
        assert time.monotonic() - began >= seconds
        assert set(seen(reg)) == {"v0", "v1"}
        other.close()
    survived("F13", 1, f"a push while another process holds the database for {seconds} s")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_bytes_that_rot(tmp_path: Path, harm: str) -> None:
    """Every stored byte that rots: never served, always found, healed by the next push."""
    folder = tmp_path / "data"
    prepared(folder)
    tried = 0
    with registry(folder) as reg:
        push_image(reg, 1)
        for path in sorted(path for path in (folder / "storage" / "blobs").rglob("*") if path.is_file()):
            whole = path.read_bytes()
            for at in range(0, len(whole), max(1, len(whole) // (200 if LONG else 7))):
                _harm(path, whole, at, harm)
                assert scrub.scrub(reg, days=-1, bytes_per_second=0).damaged == 1
                with pytest.raises(Violation):
                    seen(reg)
                tried += 1
                path.write_bytes(whole)
                scrub.scrub(reg, days=-1, bytes_per_second=0)
                if harm in ("empty", "remove"):
                    break
            _harm(path, whole, 0, harm)
            scrub.scrub(reg, days=-1, bytes_per_second=0)
            push_image(reg, 0)
            push_image(reg, 1)
            assert set(seen(reg)) == {"v0", "v1"}
        settled(reg, folder)
    survived("F20", tried, f"{harm} in stored blobs: found by the scrub, refused to readers, healed by a push")


def _harm(path: Path, whole: bytes, at: int, harm: str) -> None:
    match harm:
        case "flip":
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        case "cut":
            path.write_bytes(whole[:at])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()


def test_manifests_that_rot(tmp_path: Path) -> None:
    """Manifest bytes that rot in the database are not served, are found, and are healed by the next push."""
    folder = tmp_path / "data"
    prepared(folder)
    for harm in (b"", b"x", manifest(0)[:-1], manifest(0) + b" "):
        with registry(folder) as reg:  # another process each time: one that has the right bytes in memory serves them
            reg.db.write(lambda tx, harm=harm: tx.run("UPDATE manifests SET bytes = :harm", harm=harm))  # type: ignore[misc]
            with pytest.raises(e.ManifestCorrupt):
                seen(reg)
            push_image(reg, 0)
            assert set(seen(reg)) == {"v0"}
    survived("F20", 4, "wrong manifest bytes in the database: refused, healed by a push")


def test_a_push_that_breaks_off(tmp_path: Path) -> None:
    """64 pushers of one blob, some of which break off: one copy, and nothing of the others is left."""
    folder = tmp_path / "data"
    prepared(folder)
    errors: list[BaseException] = []

    def pusher(number: int) -> None:
        try:
            if number % 8:
                push_blob(reg, layer(5))
                return
            upload = uploads.start(reg, CALLER, KEY, NAME)
            with uploads.receiving(reg, CALLER, KEY, NAME, upload, 0) as held:
                held.bytes.write(layer(5)[: SIZE // 2])
            uploads.cancel(reg, CALLER, KEY, NAME, upload)
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    with registry(folder) as reg:
        threads = [threading.Thread(target=pusher, args=(number,)) for number in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert json.loads(manifest(0))
        settled_files = [path for path in (folder / "storage" / "blobs").rglob("*") if path.is_file()]
        assert len(settled_files) == 3
        settled(reg, folder)
    survived("F24", 64, "pushers of one blob, eight of which break off")
