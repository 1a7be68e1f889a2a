"""What SqliteDatabase promises beside Database: many processes, forks, full disks and lost files."""

from __future__ import annotations

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from entrepot.domain.errors import StorageUnavailable
from entrepot.store import sqlite, sqlite_session
from entrepot.store.sqlite import SqliteDatabase

from .writers import count, finish, new_file, start, strace

if TYPE_CHECKING:
    from entrepot.store.db import Tx


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database file with one table; no connection is open."""
    return new_file(tmp_path)


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
    processes = [start(path, code) for _ in range(6)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    longest = [float(finish(process)) for process in processes]
    assert count(path) == 900
    assert max(longest) < 8  # busy_timeout alone lets a process wait until it gives up


def test_writers_queue_before_sqlite_sees_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that may not wait inside SQLite at all never find it busy: flock has put them in a row."""
    monkeypatch.setattr(sqlite_session, "BUSY_MS", 0)
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
    processes = [start(path, code) for _ in range(8)]
    for process in processes:
        finish(process)
    assert count(path) == 8
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_killed_writer_frees_the_queue(path: Path) -> None:
    """A kill -9 in the middle of a write leaves nothing of it, and the next writer does not wait."""
    process = start(path, "db.write(lambda tx: (add(tx), print('inside', flush=True), time.sleep(60)))")
    assert process.stdout
    assert process.stdout.readline() == "inside\n"
    process.kill()
    process.communicate()
    db = SqliteDatabase(path)
    begun = time.monotonic()
    db.write(lambda tx: tx.run("INSERT INTO t (text) VALUES ('after')"))
    assert time.monotonic() - begun < 5
    db.close()
    assert count(path) == 1


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
    monkeypatch.setattr(sqlite_session, "BUSY_MS", 100)
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
    out = finish(start(path, _FORK.replace("ACT", "db.write(add); db.close()")))
    assert out.split()[1] == "3"
    assert count(path) == 3


@pytest.mark.parametrize("act", ["pass", "db.close()"])
def test_a_forked_child_leaves_inherited_connections_alone(path: Path, tmp_path: Path, act: str) -> None:
    """No system call of a child that ends names the database: closing would check in and delete its parent's WAL."""
    calls = tmp_path / "calls"
    trace = (strace(), "-f", "-qq", "-y", "-o", str(calls), "-e", "trace=%file,%desc")
    child = finish(start(path, _FORK.replace("ACT", act), *trace)).split()[0]
    lines = calls.read_text().splitlines()
    touched = [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"{child} ") and str(path) in line]
    assert len(touched) == 1, touched
    assert re.fullmatch(rf"close\(\d+<{re.escape(str(path))}\.lock>\)\s+= 0", touched[0])


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
    process = start(path, code)
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


def test_a_stopped_writer_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped in the middle of a write makes others wait, then StorageUnavailable; reads go on."""
    monkeypatch.setattr(sqlite, "TURN_SECONDS", 0.3)
    process = start(path, "db.write(lambda tx: (add(tx), print('inside', flush=True), sys.stdin.readline()))")
    assert process.stdout
    assert process.stdout.readline() == "inside\n"
    process.send_signal(signal.SIGSTOP)
    db = SqliteDatabase(path)
    said = list[object]()

    def write() -> None:
        try:
            said.append(db.write(lambda tx: tx.run("INSERT INTO t (text) VALUES ('x')")))
        except StorageUnavailable as error:
            said.append(error.detail)

    for _ in range(2):
        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert db.read(lambda tx: tx.one("SELECT count(*) FROM t")) == (0,)
        for thread in threads:
            thread.join(20)
    assert set(said) == {"SQLite: another process has been writing for 0.3 s"}
    assert len(said) == 16
    said.clear()
    monkeypatch.undo()
    process.send_signal(signal.SIGCONT)
    process.communicate("go\n")
    write()
    assert said == [1]
    db.close()
    assert count(path) == 2


def test_a_forked_child_does_not_wait_for_its_parent(path: Path) -> None:
    """A child that is forked while a thread waits for its turn has none of the lock's descriptors."""
    holder = start(path, "db.write(lambda tx: (print('inside', flush=True), sys.stdin.readline()))")
    assert holder.stdout
    assert holder.stdout.readline() == "inside\n"
    code = """
def locks():
    found = 0
    for fd in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{fd}").endswith(".lock")
        except FileNotFoundError:  # closed meanwhile, as that of the listing itself
            pass
    return found
thread = threading.Thread(target=db.write, args=(add,))
thread.start()
while locks() < 2:
    time.sleep(0.01)
child = os.fork()
if child == 0:
    os._exit(locks())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
thread.join()
"""
    waiting = start(path, code)
    assert waiting.stdout
    assert waiting.stdout.readline() == "0\n"
    holder.communicate("go\n")
    assert finish(waiting) == ""
    assert count(path) == 1
