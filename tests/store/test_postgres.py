"""What PostgresDatabase promises beside Database: conflicts, lost servers, few connections, forks."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store import postgres as module
from entrepot.store.postgres import PostgresDatabase, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import PostgresServer

    from entrepot.store.db import Tx


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """A database of this test, with one table."""
    url = postgres.new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
        connection.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    return url


@pytest.fixture
def db(url: str) -> Iterator[PostgresDatabase]:
    """That database."""
    db = PostgresDatabase(url)
    yield db
    db.close()


def _sum(tx: Tx) -> int:
    row = tx.one("SELECT SUM(n) FROM t")
    return int(row[0]) if row else -1


def _connections(url: str) -> int:
    text = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'entrepot'"
    with psycopg.connect(url) as connection:
        row = connection.execute(text).fetchone()
    return int(row[0]) if row else -1


def _end_all(url: str) -> None:
    """Have the server end every connection but ours, as a restart does."""
    text = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'entrepot'"
    with psycopg.connect(url) as connection:
        connection.execute(text)


def test_a_conflict_runs_the_transaction_again(db: PostgresDatabase) -> None:
    """Two that each read all and write one row (write skew) end as if one had come after the other."""
    both_have_read = threading.Barrier(2)
    runs: list[int] = []

    def add_sum_to(key: int) -> None:
        def fn(tx: Tx) -> None:
            runs.append(key)
            total = _sum(tx)
            if runs.count(key) == 1:
                both_have_read.wait(10)
            tx.run("UPDATE t SET n = :n WHERE id = :id", n=total + 1, id=key)

        db.write(fn)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_sum_to, (1, 2)))
    assert len(runs) == 3
    assert sorted(row[0] for row in db.read(lambda tx: tx.all("SELECT n FROM t"))) == [1, 2]


def test_a_deadlock_runs_the_transaction_again(db: PostgresDatabase) -> None:
    """Two that update the same rows in opposite order both succeed."""
    both_hold_one = threading.Barrier(2)
    runs: list[int] = []

    def update(first: int) -> None:
        def fn(tx: Tx) -> None:
            runs.append(first)
            tx.run("UPDATE t SET n = n + 1 WHERE id = :id", id=first)
            if runs.count(first) == 1:
                both_hold_one.wait(10)
            tx.run("UPDATE t SET n = n + 1 WHERE id = :id", id=3 - first)

        db.write(fn)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(update, (1, 2)))
    assert db.read(lambda tx: tx.all("SELECT n FROM t ORDER BY id")) == [(2,), (2,)]
    assert len(runs) > 2


def test_conflicts_without_end_are_given_up(db: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """What conflicts every time ends in StorageUnavailable after a bounded number of attempts."""
    monkeypatch.setattr(module, "_ATTEMPTS", 3)
    runs: list[None] = []

    def fn(tx: Tx) -> None:
        runs.append(None)
        tx.one("SELECT n FROM t WHERE id = 1")
        with ThreadPoolExecutor(1) as other:
            other.submit(db.write, lambda tx: tx.run("UPDATE t SET n = n + 1 WHERE id = 1")).result()
        tx.run("UPDATE t SET n = 0 WHERE id = 1")

    with pytest.raises(StorageUnavailable, match="not available"):
        db.write(fn)
    assert len(runs) == 3


def test_an_error_that_fn_catches_does_not_pass_for_success(db: PostgresDatabase) -> None:
    """PostgreSQL answers COMMIT of a broken transaction by undoing it; that is an error here."""

    def fn(tx: Tx) -> None:
        tx.run("UPDATE t SET n = 9")
        with pytest.raises(psycopg.IntegrityError):
            tx.run("INSERT INTO t VALUES (1, 1)")

    with pytest.raises(RuntimeError, match="cannot commit"):
        db.write(fn)
    assert db.read(_sum) == 0


def test_a_persistent_duplicate_passes(db: PostgresDatabase) -> None:
    """A unique violation is tried again, as it may be a conflict, and passes when it stays."""
    runs: list[None] = []

    def insert(tx: Tx) -> None:
        runs.append(None)
        tx.run("INSERT INTO t VALUES (1, 1)")

    with pytest.raises(psycopg.errors.UniqueViolation):
        db.write(insert)
    assert len(runs) == 3


def test_connections_that_the_server_ended_are_replaced(db: PostgresDatabase, url: str) -> None:
    """After a restart of the server the next transaction works, without an error in between."""
    barrier = threading.Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: db.read(lambda _: barrier.wait(10)), range(3)))
    assert _connections(url) == 3
    _end_all(url)
    assert db.write(lambda tx: tx.run("UPDATE t SET n = 1")) == 2
    assert _connections(url) == 1


def test_a_connection_lost_inside_a_transaction_is_unavailable(db: PostgresDatabase, url: str) -> None:
    """Nothing of the transaction is kept, the caller is told, and the next one works."""

    def lose(tx: Tx) -> None:
        tx.run("UPDATE t SET n = 5")
        _end_all(url)
        tx.run("UPDATE t SET n = 6")

    with pytest.raises(StorageUnavailable) as caught:
        db.write(lose)
    assert caught.value.detail.startswith("PostgreSQL: AdminShutdown: ")

    def lose_at_commit(tx: Tx) -> None:
        tx.run("UPDATE t SET n = 7")
        _end_all(url)

    with pytest.raises(StorageUnavailable):
        db.write(lose_at_commit)
    assert db.read(_sum) == 0


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """Connecting is refused at once, and the answer names neither user nor password."""
    db = PostgresDatabase("postgresql://someone:secret@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailable) as caught:
        db.check()
    assert "secret" not in caught.value.detail
    with pytest.raises(ValueError, match=r"^the PostgreSQL URL cannot be read$"):
        PostgresDatabase("postgresql://someone:secret@host:5432/x?nonsense")


def test_waiting_for_a_lock_has_an_end(db: PostgresDatabase) -> None:
    """A lock, a statement and an idle transaction are limited; beyond the limit storage is unavailable."""
    limits = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
    assert db.read(lambda tx: tx.one(limits)) == ("10s", "30s")

    def blocked(tx: Tx) -> None:
        tx.run("SET LOCAL lock_timeout = '50ms'")
        tx.run("UPDATE t SET n = 1")

    def hold(tx: Tx) -> None:
        tx.run("UPDATE t SET n = 2")
        with ThreadPoolExecutor(1) as other, pytest.raises(StorageUnavailable):
            other.submit(db.write, blocked).result()

    db.write(hold)
    with pytest.raises(StorageUnavailable):
        db.read(lambda tx: (tx.run("SET LOCAL statement_timeout = '50ms'"), tx.one("SELECT pg_sleep(5)")))

    def idle(tx: Tx) -> None:
        tx.run("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        time.sleep(0.3)
        tx.run("UPDATE t SET n = 3")

    with pytest.raises(StorageUnavailable):
        db.write(idle)
    assert db.read(_sum) == 4


def test_a_full_disk_and_a_standby_are_told(db: PostgresDatabase) -> None:
    """The server's own codes: 53100 is StorageFull, 25006 in a write means that another server has taken over."""

    def full(tx: Tx) -> None:
        tx.run("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$")

    with pytest.raises(StorageFull):
        db.write(full)
    with pytest.raises(StorageUnavailable):
        db.write(lambda tx: (tx.run("SET TRANSACTION READ ONLY"), tx.run("UPDATE t SET n = 1")))


def test_connections_are_bounded_and_used_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many threads share two connections; one that finds none free in time is told so."""
    db = PostgresDatabase(url, connections=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: db.read(_sum), range(100)))
    assert 1 <= _connections(url) <= 2
    monkeypatch.setattr(module, "_SLOT_SECONDS", 0.1)
    release = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        inside = threading.Barrier(3)
        held = [pool.submit(db.read, lambda _: (inside.wait(10), release.wait(10))) for _ in range(2)]
        inside.wait(10)
        with pytest.raises(StorageUnavailable) as caught:
            db.check()
        release.set()
        assert [future.exception() for future in held] == [None, None]
    assert "all 2 connections" in caught.value.detail
    db.check()
    db.close()


_FORK = """
import os, sys
from entrepot.store.postgres import PostgresDatabase
db = PostgresDatabase(sys.argv[1])
add = lambda tx: tx.run("UPDATE t SET n = n + 1 WHERE id = 1")
db.write(add)
backend = lambda tx: tx.one("SELECT pg_backend_pid()")
mine = db.read(backend)
child = os.fork()
if child == 0:
    db.write(add)
    same = db.read(backend) == mine
    db.close()
    sys.exit(int(same))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert db.read(backend) == mine
db.write(add)
db.close()
"""


def test_a_forked_child_opens_its_own_connections(db: PostgresDatabase, url: str) -> None:
    """The child's end does not end its parent's connection, and neither uses the other's."""
    status = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-W", "error", "-c", _FORK, url])
    assert status == 0
    assert db.read(_sum) == 3


def test_placeholders_are_written_for_psycopg() -> None:
    """`:name` outside strings, quoted names and comments becomes `%(name)s`, every percent sign is doubled."""
    assert placeholders("a=:a AND b=:b_2-:a") == b"a=%(a)s AND b=%(b_2)s-%(a)s"
    assert placeholders("':a%' \":b\" -- :c\n/* :d\n*/ 5 % :e") == b"':a%%' \":b\" -- :c\n/* :d\n*/ 5 %% %(e)s"
    assert placeholders("''':a' :b") == b"''':a' %(b)s"
