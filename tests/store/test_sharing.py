"""Writers that share a transaction: each gets its own outcome, and none waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
import pytest

from entrepot.domain.errors import RepositoryNotFound, StorageFull, StorageUnavailable
from entrepot.store import counters, sharing
from entrepot.store.db import Database, Tx
from entrepot.store.migrate import migrate
from entrepot.store.sharing import MOST, Queue, Wish
from entrepot.store.sqlite import SqliteDatabase
from entrepot.store.sqlite_session import LONGEST_SECONDS, Session


def together(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture
def sqlite(tmp_path: Path) -> SqliteDatabase:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    return db


class Gate:
    """Holds the first writer until all others have queued behind it."""

    def __init__(self, db: SqliteDatabase, others: int) -> None:
        self.db = db
        self.others = others
        self.inside = threading.Event()

    def first(self, tx: Tx) -> None:
        del tx
        self.inside.set()
        while len(self.db._queue._waiting) < self.others:  # the point is that they wait
            threading.Event().wait(0.001)


def run_behind_gate(db: SqliteDatabase, writes: list[Callable[[Tx], object]]) -> list[object]:
    """Have all writes in one transaction; what each returned or raised."""
    gate, outcomes = Gate(db, len(writes)), list[object]([None] * len(writes))

    def follow(number: int) -> None:
        gate.inside.wait(10)
        try:
            outcomes[number] = db.write(writes[number])
        except Exception as error:  # noqa: BLE001  # looked at by the test
            outcomes[number] = error

    together(lambda: db.write(gate.first), *(lambda n=n: follow(n) for n in range(len(writes))))
    return outcomes


def test_everybody_is_served(db: Database) -> None:
    """Hundreds of writes from many threads are all done, once each."""
    together(*[lambda: [db.write(lambda tx: counters.add(tx, "n", 1)) for _ in range(25)]] * 16)
    assert db.read(counters.read) == {"n": 400}


def test_one_transaction(sqlite: SqliteDatabase) -> None:
    """Writers that wait together are one transaction: readers see all of them or none."""
    ids = run_behind_gate(sqlite, [lambda tx: tx.one("SELECT count(*) FROM pins")] * 10)
    assert ids == [(0,)] * 10

    def add(tx: Tx) -> int:
        counters.add(tx, "n", 1)
        return counters.read(tx)["n"]

    assert sorted(map(str, run_behind_gate(sqlite, [add] * 10))) == sorted(map(str, range(1, 11)))
    assert sqlite.read(counters.read) == {"n": 10}


def test_an_error_is_one_writers_own(sqlite: SqliteDatabase) -> None:
    """What one raises, or a statement that is refused, undoes its own part and nothing else."""

    def good(tx: Tx) -> str:
        counters.add(tx, "n", 1)
        return "done"

    def raises(tx: Tx) -> None:
        counters.add(tx, "n", 100)
        raise RepositoryNotFound("x", "y")

    def refused(tx: Tx) -> None:
        counters.add(tx, "n", 100)
        tx.run("INSERT INTO counters (name, value) VALUES ('n', 1)")

    outcomes = run_behind_gate(sqlite, [good, raises, good, refused, good])
    assert [outcome for outcome in outcomes if outcome == "done"] == ["done"] * 3
    assert isinstance(outcomes[1], RepositoryNotFound)
    assert isinstance(outcomes[3], apsw.ConstraintError)
    assert sqlite.read(counters.read) == {"n": 3}


def test_what_undoes_everything_is_tried_apart(sqlite: SqliteDatabase) -> None:
    """Where SQLite undoes the whole transaction, the others' writes are done again, each in its own."""

    def good(tx: Tx) -> None:
        counters.add(tx, "n", 1)

    def spoils(tx: Tx) -> None:
        tx.run("ROLLBACK")
        raise RepositoryNotFound("x", "y")

    def spoils_and_goes_on(tx: Tx) -> None:
        tx.run("ROLLBACK")

    outcomes = run_behind_gate(sqlite, [good, spoils, good, spoils_and_goes_on])
    assert isinstance(outcomes[1], RepositoryNotFound)
    assert isinstance(outcomes[3], apsw.SQLError)
    assert [outcomes[0], outcomes[2]] == [None, None]
    assert sqlite.read(counters.read) == {"n": 2}


def test_a_failed_commit_is_everybodys(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the transaction cannot be committed every writer of it is told, and nothing is kept."""
    whole = Session.transact

    def full(session: Session, begin: str, fn: Callable[[Tx], object]) -> object:
        def fail(tx: Tx) -> object:
            fn(tx)
            if counters.read(tx):
                raise apsw.FullError("no space")
            return None

        return whole(session, begin, fail)

    monkeypatch.setattr(Session, "transact", full)
    outcomes = run_behind_gate(sqlite, [lambda tx: counters.add(tx, "n", 1)] * 5)
    assert [type(outcome) for outcome in outcomes] == [StorageFull] * 5
    monkeypatch.undo()
    assert sqlite.read(counters.read) == {}


def test_a_leader_that_fails_leaves_nobody_waiting() -> None:
    """Whatever goes wrong while one works for others, all of them hear of it and the next one leads."""
    queue, told = Queue(), list[str]()

    def broken(take: Callable[[], list[Wish]]) -> None:
        del take
        raise MemoryError

    for _ in range(3):
        with pytest.raises(MemoryError):
            queue.carry_out(Wish(lambda _: None, durable=True), broken)

    def work(take: Callable[[], list[Wish]]) -> None:
        for wish in take():
            wish.result = "done"

    together(*[lambda: told.append(queue.carry_out(Wish(lambda _: None, durable=True), work))] * 8)
    assert told == ["done"] * 8


def test_a_transaction_has_a_size() -> None:
    """No more than MOST writers share a transaction, and those left over are not forgotten."""
    queue, sizes = Queue(), list[int]()
    release = threading.Event()

    def work(take: Callable[[], list[Wish]]) -> None:
        release.wait(10)
        sizes.append(len(take()))

    threads = [
        threading.Thread(target=queue.carry_out, args=(Wish(lambda _: None, durable=True), work))
        for _ in range(2 * MOST + 1)
    ]
    for thread in threads:
        thread.start()
    while len(queue._waiting) < len(threads):
        threading.Event().wait(0.001)
    release.set()
    for thread in threads:
        thread.join(10)
    assert sizes == [MOST, MOST, 1]


def test_a_slow_transaction_takes_in_no_more(sqlite: SqliteDatabase) -> None:
    """Once a transaction has lasted, those left wait for the next: the first is not made to wait for all."""
    gates = list[int]()

    def slow(tx: Tx) -> int:
        counters.add(tx, "n", 1)
        threading.Event().wait(LONGEST_SECONDS * 1.5)
        return counters.read(tx)["n"]

    def look() -> None:
        while len(gates) < 6:
            gates.append(sqlite.read(counters.read).get("n", 0))
            threading.Event().wait(LONGEST_SECONDS)

    watcher = threading.Thread(target=look)
    watcher.start()
    outcomes = run_behind_gate(sqlite, [slow] * 4)
    watcher.join()
    assert sorted(map(str, outcomes)) == ["1", "2", "3", "4"]
    assert set(gates) & {1, 2, 3}, "others saw the first writes before the last was done"


def test_what_is_left_keeps_its_order() -> None:
    """Wishes that were left come first in the next transaction, whatever came meanwhile."""
    queue, carried = Queue(), list[list[int]]()
    wishes = [Wish(lambda _: None, durable=True) for _ in range(7)]
    everybody = threading.Event()

    def work(take: Callable[[], list[Wish]]) -> None:
        everybody.wait(10)
        batch = take()
        for wish in batch[2:]:
            wish.left = True
        carried.append([wishes.index(wish) for wish in batch[:2]])

    threads = list[threading.Thread]()
    for wish in wishes:
        threads.append(threading.Thread(target=queue.carry_out, args=(wish, work)))
        threads[-1].start()
        while len(queue._waiting) < len(threads):
            threading.Event().wait(0.001)
    everybody.set()
    for thread in threads:
        thread.join(10)
    assert carried == [[0, 1], [2, 3], [4, 5], [6]]


def test_a_writer_that_gives_up_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting has an end, for those who follow; who gave up is not worked for, and the rest go on."""
    monkeypatch.setattr(sharing, "WAIT_SECONDS", 0.1)
    queue, done, inside, release = Queue(), list[str](), threading.Event(), threading.Event()

    def work(take: Callable[[], list[Wish]]) -> None:
        batch = take()
        inside.set()
        release.wait(10)
        done.extend("done" for _ in batch)

    leader = threading.Thread(target=queue.carry_out, args=(Wish(lambda _: None, durable=True), work))
    leader.start()
    inside.wait(10)
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            queue.carry_out(Wish(lambda _: None, durable=True), work)
    release.set()
    leader.join(10)
    queue.carry_out(Wish(lambda _: None, durable=True), work)
    assert done == ["done"] * 2


class Interrupted(Wish):
    """Its writer is interrupted at the very moment when it is to lead."""

    def wait(self, seconds: float) -> bool:
        super().wait(seconds)
        raise KeyboardInterrupt


def test_an_interrupted_writer_passes_the_lead_on() -> None:
    """One that does not lead when its turn has come wakes the next, so that nobody waits for ever."""
    queue, release, ended = Queue(), threading.Event(), list[str]()

    def work(take: Callable[[], list[Wish]]) -> None:
        release.wait(10)
        for wish in take()[1:]:
            wish.left = True

    def write(wish: Wish) -> None:
        try:
            queue.carry_out(wish, work)
            ended.append("done")
        except KeyboardInterrupt:
            ended.append("interrupted")

    threads = list[threading.Thread]()
    for kind in (Wish, Interrupted, Interrupted, Wish):
        threads.append(threading.Thread(target=write, args=(kind(lambda _: None, durable=True),)))
        threads[-1].start()
        while len(queue._waiting) < len(threads):
            threading.Event().wait(0.001)
    release.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(ended) == ["done", "done", "interrupted", "interrupted"]
    write(Wish(lambda _: None, durable=True))
    assert ended[-1] == "done"


def test_one_failure_is_not_one_object(sqlite: SqliteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a transaction is raised in each thread as an exception of its own, with the same cause."""
    gone = StorageUnavailable("gone")

    def fail(session: Session, wishes: Sequence[Wish]) -> None:
        if len(wishes) > 1:
            raise gone
        session._one(wishes[0])

    monkeypatch.setattr(Session, "write_all", fail)
    outcomes = run_behind_gate(sqlite, [lambda _: None] * 4)
    assert [str(outcome) for outcome in outcomes] == [str(gone)] * 4
    assert len({id(outcome) for outcome in outcomes}) == 4


def test_what_is_not_durable_is_seen_at_once(db: Database) -> None:
    """Work in progress is there for every reader, and for every writer that follows."""
    db.write(lambda tx: counters.add(tx, "n", 1), durable=False)
    assert db.read(counters.read) == {"n": 1}
    db.write(lambda tx: counters.add(tx, "n", 1))
    assert db.read(counters.read) == {"n": 2}
