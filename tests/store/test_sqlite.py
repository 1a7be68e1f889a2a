"""What SqliteDatabase promises beside Database: many processes, forks, full disks and lost files."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store import sqlite
from entrepot.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from entrepot.store.db import Tx

_PREPARE = """
import os, signal, sys, time
from pathlib import Path
from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.sqlite import SqliteDatabase
db = SqliteDatabase(Path(sys.argv[1]))
def add(tx, text=""):
    return tx.run("INSERT INTO t (text) VALUES (:text)", text=text)
def count(tx):
    return tx.one("SELECT count(*) FROM t")[0]
"""


def _start(path: Path, code: str, *before: str) -> subprocess.Popen[str]:
    """Run `code` after _PREPARE in a process of its own, with warnings as errors."""
    command = [*before, sys.executable, "-W", "error", "-c", _PREPARE + code, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out + err
    return out


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with one table; no connection is open."""
    path = tmp_path / "store.db"
    db = SqliteDatabase(path)
    db.migrate(lambda tx: tx.run("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)"))
    db.close()
    return path


def _count(path: Path) -> int:
    db = SqliteDatabase(path)
    row = db.read(lambda tx: tx.one("SELECT count(*) FROM t"))
    db.close()
    assert row is not None
    return int(row[0])


def test_processes_take_turns(path: Path) -> None:
    """Six processes write 150 times each: no row is lost, nobody gets an error, nobody waits as if forgotten."""
    code = """
sys.stdin.readline()
longest = 0.0
for i in range(150):
    start = time.monotonic()
    db.write(add)
    longest = max(longest, time.monotonic() - start)
print(longest)
"""
    processes = [_start(path, code) for _ in range(6)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    longest = [float(_finish(process)) for process in processes]
    assert _count(path) == 900
    assert max(longest) < 8  # busy_timeout alone lets a process wait until it gives up


def test_writers_queue_before_sqlite_sees_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that may not wait inside SQLite at all never find it busy: flock has put them in a row."""
    monkeypatch.setattr(sqlite, "_BUSY_MS", 0)
    db = SqliteDatabase(path)
    db.check()  # keeps a connection open: the last to close and the first to open do exclude each other

    def work(_: int) -> None:
        for _ in range(50):
            db.write(lambda tx: tx.run("INSERT INTO t (text) VALUES ('x')"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert db.read(lambda tx: tx.one("SELECT count(*) FROM t")) == (200,)
    db.close()


def test_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """Eight processes that all find no file all get a database."""
    path = tmp_path / "new.db"
    code = """
sys.stdin.readline()
db.migrate(lambda tx: tx.run("CREATE TABLE IF NOT EXISTS t (text TEXT)"))
db.write(add)
"""
    processes = [_start(path, code) for _ in range(8)]
    for process in processes:
        _finish(process)
    assert _count(path) == 8
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_killed_writer_frees_the_queue(path: Path) -> None:
    """A kill -9 in the middle of a write leaves nothing of it, and the next writer does not wait."""
    process = _start(path, "db.write(lambda tx: (add(tx), print('inside', flush=True), time.sleep(60)))")
    assert process.stdout
    assert process.stdout.readline() == "inside\n"
    process.kill()
    process.communicate()
    db = SqliteDatabase(path)
    start = time.monotonic()
    db.write(lambda tx: tx.run("INSERT INTO t (text) VALUES ('after')"))
    assert time.monotonic() - start < 5
    db.close()
    assert _count(path) == 1


def test_a_foreign_writer_is_waited_for_and_then_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process outside the queue, such as the sqlite3 shell, makes a write wait, then StorageUnavailable."""
    foreign = apsw.Connection(str(path))
    db = SqliteDatabase(path)
    add = "INSERT INTO t (text) VALUES ('x')"
    foreign.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, foreign.execute, ["COMMIT"])
    timer.start()
    assert db.write(lambda tx: tx.run(add)) == 1
    timer.join()
    db.close()
    monkeypatch.setattr(sqlite, "_BUSY_MS", 100)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable) as caught:
        db.write(lambda tx: tx.run(add))
    assert "BusyError" in caught.value.detail
    assert db.read(lambda tx: tx.one("SELECT count(*) FROM t")) == (1,)
    foreign.execute("COMMIT")
    assert db.write(lambda tx: tx.run(add)) == 1
    foreign.close()
    db.close()


_FORK = """
db.write(add)
child = os.fork()
if child == 0:
    ACT
    sys.exit(0)  # collects what is left, unlike os._exit
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
db.write(add)
print(child, db.read(count))
db.close()
"""


def test_a_forked_child_opens_its_own_connections(path: Path) -> None:
    """A child that uses the database and ends harms neither its own writes nor its parent's."""
    out = _finish(_start(path, _FORK.replace("ACT", "db.write(add); db.close()")))
    assert out.split()[1] == "3"
    assert _count(path) == 3


@pytest.mark.parametrize("act", ["pass", "db.close()"])
def test_a_forked_child_leaves_inherited_connections_alone(path: Path, tmp_path: Path, act: str) -> None:
    """No system call of a child that ends names the database: closing would check in and delete its parent's WAL."""
    calls = tmp_path / "calls"
    trace = (_strace(), "-f", "-qq", "-y", "-o", str(calls), "-e", "trace=%file,%desc")
    child = _finish(_start(path, _FORK.replace("ACT", act), *trace)).split()[0]
    lines = calls.read_text().splitlines()
    touched = [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{child} ") and str(path) in line]
    assert len(touched) == 1, touched
    assert re.fullmatch(rf"close\(\d+<{re.escape(str(path))}\.lock>\)\s+= 0", touched[0])


def _strace() -> str:
    found = shutil.which("strace")
    if found is None:
        missing = "strace is not installed: no system call can be watched or made to fail"
        if os.environ.get("CI") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def test_a_forked_child_does_not_hold_its_parents_place(path: Path) -> None:
    """A writer that forks and is killed does not block the queue while its child lives on."""
    code = """
def fork(tx):
    if os.fork() == 0:
        print("forked", flush=True)
        sys.stdin.readline()
        os._exit(0)
    time.sleep(60)
db.write(fork)
"""
    process = _start(path, code)
    assert process.stdout
    assert process.stdin
    assert process.stdout.readline() == "forked\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    db = SqliteDatabase(path)
    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(db.write, lambda tx: tx.run("INSERT INTO t (text) VALUES ('x')")).result(timeout=10)
        finally:
            process.communicate("end\n")
            pool.submit(db.close)


def test_threads_that_end_leave_no_open_files(path: Path) -> None:
    """The connection of a thread goes with it."""

    def files() -> int:
        links = Path("/proc/self/fd").iterdir()
        return sum(str(path) in str(link.readlink()) for link in links if link.is_symlink())

    db = SqliteDatabase(path)
    for _ in range(10):
        thread = threading.Thread(target=db.write, args=(lambda tx: tx.run("DELETE FROM t"),))
        thread.start()
        thread.join()
    db.check()
    assert files() <= 4  # this thread's own: the file, -wal, -shm and .lock
    db.close()
    assert files() == 0


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
    trace = (_strace(), "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={fault}")
    lines = _finish(_start(path, code, *trace)).split()
    assert error in lines
    assert set(lines) <= {error, *map(str, range(60))}
    acknowledged = [line for line in lines if line != error]
    assert acknowledged[-1] == "59", "writes work again when the disk does"
    db = SqliteDatabase(path)
    assert [row[0] for row in db.read(lambda tx: tx.all("SELECT text FROM t ORDER BY id"))] == acknowledged
    db.close()


def test_a_file_that_is_gone_or_none_is_unavailable(path: Path, tmp_path: Path) -> None:
    """A file moved away under a running server, a missing folder and a file of something else do not answer."""
    db = SqliteDatabase(path)
    db.check()
    path.rename(tmp_path / "moved.db")
    with pytest.raises(StorageUnavailable):
        db.check()
    path.write_text("something else")
    with pytest.raises(StorageUnavailable):
        db.check()
    db.close()
    for wrong in (path, tmp_path / "no" / "folder.db", tmp_path):
        broken = SqliteDatabase(wrong)
        with pytest.raises(StorageUnavailable):
            broken.check()


def test_a_schema_change_may_not_break_references(path: Path) -> None:
    """A step may rebuild a table that others refer to, and is undone where a reference then hangs."""
    db = SqliteDatabase(path)

    def refer(tx: Tx) -> None:
        tx.run("INSERT INTO t (id, text) VALUES (1, 'x')")
        tx.run("CREATE TABLE child (t BIGINT NOT NULL REFERENCES t (id) ON DELETE CASCADE)")
        tx.run("INSERT INTO child (t) VALUES (1)")

    def rebuild(tx: Tx) -> None:
        tx.run("CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)")
        tx.run("INSERT INTO new (id, text) SELECT id, text FROM t")
        tx.run("DROP TABLE t")
        tx.run("ALTER TABLE new RENAME TO t")

    db.migrate(refer)
    db.migrate(rebuild)
    assert db.read(lambda tx: tx.all("SELECT t FROM child")) == [(1,)]
    with pytest.raises(RuntimeError, match="a row of child refers to a row of t"):
        db.migrate(lambda tx: tx.run("DELETE FROM t"))
    assert db.read(lambda tx: tx.all("SELECT t FROM child")) == [(1,)]
    with pytest.raises(apsw.ConstraintError):
        db.write(lambda tx: tx.run("INSERT INTO child (t) VALUES (9)"))
    db.close()
