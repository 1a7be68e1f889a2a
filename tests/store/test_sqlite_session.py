"""What a connection to the SQLite file makes of full and failing disks, and of descriptors that run out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from entrepot.domain.errors import StorageFull
from entrepot.store.sqlite import SqliteDatabase

from .writers import finish, new_file, start, strace, texts

if TYPE_CHECKING:
    from entrepot.store.db import Tx


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with one table; no connection is open."""
    return new_file(tmp_path)


def test_a_full_disk_is_said_and_survived(path: Path) -> None:
    """SQLite's own limit stands in for the disk's: StorageFull, nothing kept, and later writes work."""
    db = SqliteDatabase(path)

    def fill(tx: Tx) -> None:
        tx.one("PRAGMA max_page_count=20")
        for _ in range(100):
            tx.run("INSERT INTO t (text) VALUES (:text)", text="x" * 4000)

    with pytest.raises(StorageFull):
        db.write(fill)
    assert db.read(lambda tx: tx.one("SELECT count(*) FROM t")) == (0,)
    assert db.write(lambda tx: tx.run("INSERT INTO t (text) VALUES ('x')")) == 1
    db.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("pwrite64:error=ENOSPC:when=40..60", "StorageFull"),
        ("pwrite64:error=EIO:when=40..60", "StorageUnavailable"),
        ("fdatasync:error=EIO:when=10..12", "StorageUnavailable"),
        ("fdatasync:error=ENOSPC:when=10..12", "StorageFull"),
    ],
)
def test_a_failing_disk_keeps_what_was_acknowledged(path: Path, fault: str, error: str) -> None:
    """System calls that fail under a writer are told as what they are; what was acknowledged stays."""
    code = """
for i in range(60):
    try:
        db.write(lambda tx: add(tx, str(i)))
        print(i)
    except (StorageFull, StorageUnavailable) as error:
        print(type(error).__name__)
db.close()
"""
    call = fault.split(":", 1)[0]
    trace = (strace(), "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={fault}")
    lines = finish(start(path, code, *trace)).split()
    assert error in lines
    assert set(lines) <= {error, *map(str, range(60))}
    acknowledged = [line for line in lines if line != error]
    assert acknowledged[-1] == "59", "writes work again when the disk does"
    assert texts(path) == acknowledged


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("pwrite64:error=ENOSPC:when=12..40", "StorageFull"),
        ("pwrite64:error=EIO:when=12..40", "StorageUnavailable"),
        ("fdatasync:error=EIO:when=10..12", "StorageUnavailable"),
        ("fdatasync:error=EDQUOT:when=10..12", "StorageFull"),
    ],
)
def test_writers_together_on_a_failing_disk(path: Path, fault: str, error: str) -> None:
    """Of threads that share transactions each learns what became of its own write, and what was acknowledged stays."""
    code = """
said = []
def work(name):
    for i in range(60):
        try:
            db.write(lambda tx: add(tx, f"{name}-{i}"))
            said.append(f"{name}-{i}")
        except (StorageFull, StorageUnavailable) as error:
            said.append(type(error).__name__)
threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
db.write(lambda tx: add(tx, "l-ast"))
print(*said, "l-ast")
"""
    call = fault.split(":", 1)[0]
    trace = (strace(), "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={fault}")
    said = finish(start(path, code, *trace)).split()
    assert len(said) == 481
    assert error in said
    acknowledged = [word for word in said if "-" in word]
    assert set(said) - set(acknowledged) == {error}
    assert sorted(texts(path)) == sorted(acknowledged)
    assert said[-1] == "l-ast", "writes work again when the disk does"


def _synced(path: Path, tmp_path: Path, code: str) -> int:
    """How often a process waited for the disk while it ran `code`."""
    calls = tmp_path / "calls"
    trace = (strace(), "-f", "-qq", "-o", str(calls), "-e", "trace=fsync,fdatasync,write")
    finish(start(path, f"db.write(add)\nprint('begin', flush=True)\n{code}\nprint('end', flush=True)\n", *trace))
    lines = calls.read_text().splitlines()
    begin, end = (next(n for n, line in enumerate(lines) if f'"{word}' in line) for word in ("begin", "end"))
    return sum("sync(" in line for line in lines[begin:end])


def test_one_wait_for_the_disk_is_for_many(path: Path, tmp_path: Path) -> None:
    """Alone a durable write waits once; 16 threads that write 160 times wait far fewer times than that."""
    assert _synced(path, tmp_path, "[db.write(add) for _ in range(10)]") == 10
    together = """
def work():
    [db.write(add) for _ in range(10)]
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    assert 1 <= _synced(path, tmp_path, together) <= 100  # each thread's connection syncs the folder once
    assert len(texts(path)) == 172


def test_what_is_not_durable_waits_for_no_disk(path: Path, tmp_path: Path) -> None:
    """Writes that only tell how far a work has come make no system call that waits; the next durable one makes one."""
    assert _synced(path, tmp_path, "[db.write(add, durable=False) for _ in range(20)]") == 0
    assert _synced(path, tmp_path, "db.write(add, durable=False); db.write(add)") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[str, ...]:
    """A command line under which a folder is a disk of 1 MiB, for what follows it alone: the mount ends with it."""
    folder = tmp_path / "small"
    folder.mkdir()
    namespaces = "-m" if os.geteuid() == 0 else "-rm"
    command = ("unshare", namespaces, "sh", "-c", 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', str(folder))
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as refused:
        pytest.skip(f"mounting is not allowed here, the faults injected by strace stand for it: {refused}")
    return command


def test_a_disk_that_is_full_and_then_is_not(small_disk: tuple[str, ...]) -> None:
    """Writers together fill a real disk: StorageFull is said, reads go on, and once there is room all works."""
    code = """
db.migrate(lambda tx: tx.run("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)"))
said = []
def work():
    for _ in range(40):
        try:
            db.write(lambda tx: add(tx, "x" * 20000))
            said.append("done")
        except StorageFull:
            said.append("full")
ballast = Path(sys.argv[1]).with_name("ballast")
ballast.write_bytes(bytes(300_000))
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert db.read(count) == said.count("done"), said
ballast.unlink()
db.write(add)
print(len(said), said.count("full") > 0, said.count("done") > 0, db.read(lambda tx: tx.one("PRAGMA integrity_check")))
"""
    file = Path(small_disk[-1]) / "store.db"
    assert finish(start(file, code, *small_disk)) == "320 True True ('ok',)\n"


def test_descriptors_that_run_out(path: Path) -> None:
    """Threads that cannot open the file are told StorageUnavailable, those that have it go on, and it comes back."""
    code = """
def elsewhere(act):
    said = []
    def work():
        try:
            said.append(act())
        except StorageUnavailable as error:
            said.append(type(error).__name__)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return said[0]
db.write(add)
most = resource.getrlimit(resource.RLIMIT_NOFILE)
used = len(os.listdir("/proc/self/fd")) - 1
for more in range(4):
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + more, most[1]))
    print(elsewhere(lambda: db.write(add)), elsewhere(lambda: db.read(count)), db.write(add), db.read(count) > 1)
resource.setrlimit(resource.RLIMIT_NOFILE, most)
print(elsewhere(lambda: db.write(add)))
"""
    lines = finish(start(path, code)).splitlines()
    assert lines[0] == "StorageUnavailable StorageUnavailable 1 True"
    assert {line.split(maxsplit=2)[2] for line in lines[:-1]} == {"1 True"}
    assert lines[-1] == "1"
