"""The local store on a file system that fails, by no room, no descriptors, bad disks; and the order of its syncs."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from entrepot.blobs.local import LocalBlobStore
from entrepot.blobs.store import Stored, digest_of
from entrepot.domain.digests import of
from entrepot.domain.errors import StorageUnavailable

from .uses import content, files, new_id, payload, process, said, stored, unfinished

if TYPE_CHECKING:
    from .uses import Opener

DATA = payload(300_000)
DIGEST = of(DATA)


@pytest.fixture(scope="module")
def strace() -> str:
    """The path of strace. Where it is missing, or may not trace, a loud skip; with CI=1 a failure."""
    found = shutil.which("strace")
    if found and subprocess.run([found, "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0:
        return found
    missing = "strace, which `make tools` installs, is missing or may not trace here"
    if os.environ.get("CI") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def inject(strace: str, log: Path, *injections: str) -> tuple[str, ...]:
    """A command line under which system calls of what follows it fail."""
    return (strace, "-f", "-o", str(log), *(part for each in injections for part in ("-e", f"inject={each}")))


class TestDisk:
    """A disk that fails: each fault is injected by strace into another process, at its own system call."""

    def test_bytes_are_durable_before_the_name_and_the_name_before_the_answer(
        self, strace: str, opener: Opener, root: Path, tmp_path: Path
    ) -> None:
        """A commit: fsync of the file, new folders synced in their parents, rename, fsync of the folder."""
        log = tmp_path / "calls"
        opener()
        trace = (
            strace,
            "-f",
            "-y",
            "-o",
            str(log),
            "-e",
            "trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,write",
        )
        upload_id = new_id()
        with process(opener, "push", upload_id, trace=trace) as other:
            answer = said(other).split()
            assert other.wait() == 0
        assert answer[0] == "stored"
        folder = (root / "blobs" / answer[1]).parent
        calls = log.read_text()

        def at(pattern: str) -> int:
            found = re.search(pattern, calls)
            assert found is not None, f"{pattern} in {calls}"
            return found.start()

        order = [
            at(rf"fsync\(\d+<{root}/uploads/{upload_id}>\) += 0"),
            at(rf'mkdir\("{folder.parent}", 0700\) += 0'),
            at(rf"fsync\(\d+<{root}/blobs>\) += 0"),
            at(rf'mkdir\("{folder}", 0700\) += 0'),
            at(rf"fsync\(\d+<{folder.parent}>\) += 0"),
            at(rf'rename\("{root}/uploads/{upload_id}", "{root}/blobs/{answer[1]}"\) += 0'),
            at(rf"fsync\(\d+<{folder}>\) += 0"),
            at(r"write\(1<.*\"stored\""),
        ]
        # The first sync of blobs/ is the one of start-up: what counts is the last before the rename.
        order[2] = calls.rindex(f"<{root}/blobs>) ", 0, order[5])
        assert order == sorted(order), calls

    @pytest.mark.parametrize(
        ("injection", "outcome"),
        [
            *[(f"pwrite64:error=ENOSPC:when={n}+", "StorageFull") for n in (1, 2, 3, 20, 40)],
            ("pwrite64:error=EDQUOT:when=7", "StorageFull"),
            ("pwrite64:error=EFBIG:when=7", "StorageFull"),
            ("pwrite64:error=EIO:when=7", "StorageUnavailable"),
            ("fallocate:error=ENOSPC", "StorageFull"),
            ("fallocate:error=EIO", "StorageUnavailable"),
            ("fallocate:error=EOPNOTSUPP", "stored"),
            ("fallocate:error=EINTR:when=1..3", "stored"),
            ("rename:error=ENOSPC", "StorageFull"),
            ("rename:error=EIO", "StorageUnavailable"),
            ("mkdir:error=ENOSPC:when=1", "StorageFull"),
            ("flock:error=ENOLCK", "StorageUnavailable"),
            *[(f"fsync:error=EIO:when={n}", "StorageUnavailable") for n in (1, 2, 3, 4)],
            *[(f"fsync:error=ENOSPC:when={n}", "StorageFull") for n in (1, 2, 3, 4)],
        ],
    )
    def test_a_fault_leaves_nothing(
        self, strace: str, opener: Opener, root: Path, tmp_path: Path, injection: str, outcome: str
    ) -> None:
        """Whatever call of a push fails, the error is of the right kind, no byte is left, the next push succeeds."""
        opener()
        # Opening the store makes two calls of either; what fails here comes after it.
        shifted = re.sub(
            r"(?<=^fsync:error=|^mkdir:error=)(\w+):when=(\d)", lambda m: f"{m[1]}:when={2 + int(m[2])}", injection
        )
        with process(opener, "push", new_id(), trace=inject(strace, tmp_path / "calls", shifted)) as other:
            answer = said(other).split()
            assert other.wait() == 0
        assert answer[0] == outcome, (tmp_path / "calls").read_text()[-3000:]
        if outcome != "stored":
            assert files(root) == []
        assert content(opener(), stored(opener(), DATA), DIGEST) == DATA

    @pytest.mark.parametrize(
        "call",
        [*[f"pwrite64:signal=KILL:when={n}" for n in (1, 2, 40)], "fallocate:signal=KILL", "rename:signal=KILL"]
        + [f"fsync:signal=KILL:when={n}" for n in (3, 4, 5, 6)],
    )
    def test_kill_9_in_a_push_leaves_a_whole_blob_or_none(
        self, strace: str, opener: Opener, root: Path, tmp_path: Path, call: str
    ) -> None:
        """Killed at any call of a push: what is in blobs/ is whole, and all the rest is listed to be discarded."""
        opener()
        upload_id = new_id()
        with process(opener, "push", upload_id, trace=inject(strace, tmp_path / "calls", call)) as other:
            assert said(other) == ""
            other.wait()
        store = opener()
        assert unfinished(store) == {path.name for path in (root / "uploads").iterdir()}
        for each in unfinished(store):
            store.discard(each)
        after_rename = call.endswith("when=6")
        assert len(files(root)) == after_rename
        for path in files(root):
            blob = Stored(str(path.relative_to(root / "blobs")), path.stat().st_size, "")
            content(store, blob, f"sha256:{path.name[:64]}")

    @pytest.mark.parametrize("error", ["EIO", "EBADMSG", "EUCLEAN"])
    def test_bytes_that_the_disk_cannot_read_are_damage(
        self, strace: str, opener: Opener, tmp_path: Path, error: str
    ) -> None:
        """One bad place on the disk is damage of the blob there, and the blobs after it are verified all the same."""
        store = opener()
        digests = [digest_of(stored(store, payload(size)).location) for size in (10, 20, 30)]
        bad = inject(strace, tmp_path / "calls", f"preadv,preadv2:error={error}:when=2")
        with process(opener, "verify", new_id(), trace=bad) as other:
            answers = dict(said(other).split() for _ in digests)
            assert other.wait() == 0
        assert sorted(answers) == sorted(digests)
        assert [answers[digest] for digest in sorted(digests)] == ["right", "BlobCorrupt", "right"]

    def test_a_stored_blob_is_never_taken_for_its_upload(
        self, strace: str, opener: Opener, root: Path, tmp_path: Path
    ) -> None:
        """A request that opened the upload before it was committed, and locks it after, has nothing to write to."""
        store = opener()
        upload = store.create(new_id())
        upload.write(DATA)
        slow = inject(strace, tmp_path / "calls", "flock:delay_enter=1000000")
        with process(opener, "append", upload.upload_id, len(DATA), DIGEST, trace=slow) as other:
            time.sleep(0.3)
            blob = upload.commit(DIGEST)
            assert said(other) == "UploadLost"
            assert other.wait() == 0
        assert content(store, blob, DIGEST) == DATA
        assert files(root) == [root / "blobs" / blob.location]


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[str, ...]:
    """A command line under which a folder is a disk of 4 MiB, for what follows it alone: the mount ends with it."""
    folder = tmp_path / "small"
    folder.mkdir()
    namespaces = "-m" if os.geteuid() == 0 else "-rm"
    mount = 'mount -t tmpfs -o size=4m none "$0" && exec "$@"'
    command = ("unshare", namespaces, "sh", "-c", mount, str(folder))
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as refused:
        pytest.skip(f"mounting is not allowed here, the faults injected by strace stand for it: {refused}")
    return command


def test_a_full_disk_gives_back_at_once_what_it_took(small_disk: tuple[str, ...]) -> None:
    """A push that does not fit, reserved or grown over many requests, gives all of it back; a small one then fits."""
    opener = partial(LocalBlobStore, Path(small_disk[-1]) / "data")
    with process(opener, "fill", new_id(), trace=small_disk) as other:
        assert said(other).startswith("stored ")
        assert said(other) == "StorageFull"
        assert said(other) == "StorageFull"
        assert said(other) == "given back 0"
        assert said(other) == "65536"
        assert other.wait() == 0
    assert files(Path(small_disk[-1])) == []


def test_a_reserve_stays_free_on_a_small_disk(small_disk: tuple[str, ...]) -> None:
    """Uploads that grow unannounced are stopped before the disk is full; what is free then is the reserve."""
    opener = partial(LocalBlobStore, Path(small_disk[-1]) / "data", 1024 * 1024)
    with process(opener, "grow", new_id(), trace=small_disk) as other:
        kind, taken, left = said(other).split()
        assert other.wait() == 0
    assert kind == "StorageFull"
    assert 1024 * 1024 <= int(taken) <= 3 * 1024 * 1024
    assert int(left) >= 3 * 1024 * 1024, "all of it was given back"


def test_descriptors_that_run_out_are_told_and_come_back(store: LocalBlobStore) -> None:
    """EMFILE is StorageUnavailable, and the store works again when there are descriptors."""
    blob = stored(store, DATA)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        for call in (lambda: store.create(new_id()), lambda: store.open(blob, DIGEST)):
            with pytest.raises(StorageUnavailable):
                call()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert content(store, blob, DIGEST) == DATA
