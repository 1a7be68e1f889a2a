"""What every Database promises, on each of them."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.store.db import Database, Row, Tx


@pytest.fixture
def db(empty_db: Database) -> Database:
    """A database with one table of numbered notes and one of replies to them."""

    def create(tx: Tx) -> None:
        paged, data = empty_db.dialect.words["paged"], empty_db.dialect.words["bytes"]
        key = empty_db.dialect.words["id"]
        tx.run(f"CREATE TABLE notes (id {key}, n BIGINT NOT NULL, text {paged} UNIQUE, raw {data})")
        tx.run(f"CREATE TABLE replies (id {key}, note BIGINT NOT NULL REFERENCES notes (id) ON DELETE CASCADE)")

    empty_db.migrate(create)
    return empty_db


def _add(tx: Tx, n: int = 0, text: str | None = None, raw: bytes | None = None) -> int:
    row = tx.one("INSERT INTO notes (n, text, raw) VALUES (:n, :text, :raw) RETURNING id", n=n, text=text, raw=raw)
    return int(row[0]) if row else 0


def _count(tx: Tx) -> int:
    row = tx.one("SELECT count(*) FROM notes")
    return int(row[0]) if row else -1


def _caught(db: Database, fn: Callable[[Tx], object]) -> BaseException | None:
    """Run `fn` in a transaction on another thread and return what it raised."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(db.write, fn).exception()


def test_values_come_back_as_they_went_in(db: Database) -> None:
    """Integers of 64 bits, any text, any bytes and NULL survive the way in and out with their type."""
    numbers = (0, -1, 2**31, 2**63 - 1, -(2**63))
    texts = (None, "", "sha256:ab", "ünïcødé 🐳", "100%(n)s :n 'quoted' \"twice\" \\")
    raws = (None, b"", bytes(range(256)))
    db.write(lambda tx: tx.run("CREATE TABLE plain (n BIGINT, text TEXT, raw " + db.dialect.words["bytes"] + ")"))
    for values in itertools.product(numbers, texts, raws):
        n, text, raw = values
        db.write(lambda tx, v=values: tx.run("INSERT INTO plain VALUES (:n, :t, :r)", n=v[0], t=v[1], r=v[2]))  # type: ignore[misc]
        row = db.read(lambda tx: tx.one("SELECT n, text, raw FROM plain"))
        assert row == values
        assert [type(value) for value in row] == [type(n), type(text), type(raw)]
        db.write(lambda tx: tx.run("DELETE FROM plain"))


def test_what_sql_computes_is_integers(db: Database) -> None:
    """Sums, counts and conditions are int, not the Decimal and bool that PostgreSQL's driver makes of them."""
    db.write(lambda tx: [_add(tx, 2**40), _add(tx, 2**41)])
    text = "SELECT SUM(n), COUNT(*), MAX(n) > :n, EXISTS (SELECT 1 FROM replies), COALESCE(SUM(n), 0) FROM notes"
    row = db.read(lambda tx: tx.one(text, n=1))
    assert row == (2**40 + 2**41, 2, 1, 0, 2**40 + 2**41)
    assert {type(value) for value in row} == {int}


def test_colons_and_percent_signs_in_a_text_are_left_alone(db: Database) -> None:
    """A string, a quoted name or a comment is no place for a parameter, and `%` means nothing."""
    text = "SELECT ':n 100% ''x'' --', 7 % 4 AS \"a:n\", :n /* :m 'it */ -- :o isn't\n, :n"
    assert db.read(lambda tx: tx.one(text, n=5)) == (":n 100% 'x' --", 3, 5, 5)


def test_a_parameter_that_is_missing_is_an_error(db: Database) -> None:
    """A forgotten parameter is never taken for NULL."""
    with pytest.raises((KeyError, psycopg.ProgrammingError)):
        db.read(lambda tx: tx.one("SELECT :forgotten"))


def test_rows_are_counted(db: Database) -> None:
    """`run` says how many rows it changed, without those of cascades, and `all` and `one` what they found."""

    def fill(tx: Tx) -> list[int]:
        first, second = _add(tx, 1), _add(tx, 2)
        return [
            tx.run("INSERT INTO replies (note) VALUES (:a), (:a), (:b)", a=first, b=second),
            tx.run("UPDATE notes SET n = n + 1"),
            tx.run("UPDATE notes SET n = 0 WHERE id = -1"),
            tx.run("INSERT INTO notes (id, n) VALUES (:a, 1) ON CONFLICT DO NOTHING", a=first),
            tx.run("DELETE FROM notes WHERE id = :a", a=first),
        ]

    assert db.write(fill) == [3, 2, 0, 0, 1]
    assert db.read(lambda tx: tx.all("SELECT n FROM notes")) == [(3,)]
    assert db.read(lambda tx: tx.all("SELECT n FROM notes WHERE n = 9")) == []
    assert db.read(lambda tx: tx.one("SELECT n FROM notes WHERE n = 9")) is None
    assert db.read(lambda tx: tx.one("SELECT count(*) FROM replies")) == (1,)


def test_one_statement_for_many_rows(db: Database) -> None:
    """A statement is run for each row, in their order, as part of the transaction; for none it is not run."""
    text = "INSERT INTO notes (n, text) VALUES (:n, :text)"

    def write(tx: Tx) -> None:
        tx.many(text, [])
        tx.many(text, [{"n": number, "text": f"100% :n {number}"} for number in range(50)])
        assert _count(tx) == 50

    db.write(write)
    rows = db.read(lambda tx: tx.all("SELECT n, text FROM notes ORDER BY id"))
    assert rows == [(number, f"100% :n {number}") for number in range(50)]
    with pytest.raises((apsw.ConstraintError, psycopg.IntegrityError)):
        db.write(lambda tx: tx.many(text, [{"n": 1, "text": "new"}, {"n": 1, "text": "100% :n 0"}]))
    with pytest.raises(RuntimeError, match=r"a write inside read\(\)"):
        db.read(lambda tx: tx.many(text, [{"n": 1, "text": "new"}]))
    assert db.read(_count) == 50


def test_the_first_of_many_rows_leaves_nothing_open(db: Database) -> None:
    """A `one` that finds many rows does not keep the transaction from ending."""
    db.write(lambda tx: [_add(tx, n) for n in range(50)])
    assert db.read(lambda tx: tx.one("SELECT n FROM notes ORDER BY n")) == (0,)
    assert db.write(lambda tx: tx.one("UPDATE notes SET n = 7 RETURNING n")) == (7,)
    assert db.write(lambda tx: tx.run("DELETE FROM notes WHERE n = 7")) == 50


def test_paged_text_sorts_by_its_bytes(db: Database) -> None:
    """Capital letters come before small ones and an underscore between them, on every database and locale."""
    names = ["Z", "a_b", "a-b", "a/b", "ab", "B", "é", "z"]
    db.write(lambda tx: [_add(tx, text=name) for name in names])
    rows = db.read(lambda tx: tx.all("SELECT text FROM notes WHERE text > :after ORDER BY text", after="B"))
    assert [row[0] for row in rows] == sorted(set(names) - {"B"}, key=lambda name: name.encode())


def test_a_key_is_never_used_again(db: Database) -> None:
    """What is created after a deletion gets a key of its own."""
    first = db.write(_add)
    db.write(lambda tx: tx.run("DELETE FROM notes"))
    assert db.write(_add) > first


def test_an_exception_undoes_the_transaction(db: Database) -> None:
    """What `fn` raises comes out unchanged, nothing of it stays, and the next transaction works."""
    error = LookupError("mine")

    def fail(tx: Tx) -> None:
        _add(tx)
        raise error

    with pytest.raises(LookupError) as caught:
        db.write(fail)
    assert caught.value is error
    with pytest.raises(ZeroDivisionError):
        db.read(lambda tx: 1 // _count(tx))
    assert db.read(_count) == 0
    assert db.write(_add) > 0


def test_a_broken_constraint_undoes_the_transaction(db: Database) -> None:
    """Uniqueness and references are enforced, the driver's error passes, and nothing of the transaction stays."""
    refused = (apsw.ConstraintError, psycopg.IntegrityError)
    with pytest.raises(refused):
        db.write(lambda tx: [_add(tx, text="same"), _add(tx, text="same")])
    with pytest.raises(refused):
        db.write(lambda tx: [_add(tx), tx.one("INSERT INTO replies (note) VALUES (99) RETURNING id")])
    assert db.read(_count) == 0


def test_a_wrong_text_undoes_the_transaction(db: Database) -> None:
    """An error in a statement leaves neither rows nor a broken connection."""
    with pytest.raises((apsw.SQLError, psycopg.ProgrammingError)):
        db.write(lambda tx: [_add(tx), tx.run("UPDATE nowhere SET n = 1")])
    assert db.read(_count) == 0


def test_a_double_quoted_string_is_refused(db: Database) -> None:
    """A name in double quotes that is no column is an error on both, not a string on SQLite."""
    with pytest.raises((apsw.SQLError, psycopg.ProgrammingError)):
        db.read(lambda tx: tx.one('SELECT "nothing" FROM notes'))


def test_a_read_sees_one_moment(db: Database) -> None:
    """A row committed between two statements of a read is not seen by the second, only by the next read."""

    def both(tx: Tx) -> tuple[int, int]:
        before = _count(tx)
        assert _caught(db, _add) is None
        return before, _count(tx)

    assert db.read(both) == (0, 0)
    assert db.read(_count) == 1


def test_others_do_not_see_what_is_not_committed(db: Database) -> None:
    """A row shows up in other threads when its transaction has ended, not before."""
    with ThreadPoolExecutor(1) as other:

        def add(tx: Tx) -> int:
            _add(tx)
            return other.submit(db.read, _count).result()

        assert db.write(add) == 0
        assert other.submit(db.read, _count).result() == 1


@pytest.mark.parametrize("text", ["INSERT INTO notes (n) VALUES (1) RETURNING id", "DELETE FROM notes"])
def test_a_write_inside_a_read_is_refused(db: Database, text: str) -> None:
    """Forgetting that a statement writes is an error, not a change outside the writers' queue."""
    db.write(_add)
    with pytest.raises(RuntimeError, match=r"inside read\(\)"):
        db.read(lambda tx: tx.one(text))
    assert db.read(_count) == 1


def test_a_transaction_inside_a_transaction_is_refused(db: Database) -> None:
    """The inner one raises, the outer one is undone, and the queue is free again."""
    nested: list[Callable[[Tx], object]] = [
        lambda _: db.read(_count),
        lambda _: db.write(_add),
        lambda _: db.migrate(_add),
    ]
    for fn in nested:
        with pytest.raises(RuntimeError, match="inside a transaction"):
            db.write(fn)
        with pytest.raises(RuntimeError, match="inside a transaction"):
            db.read(lambda tx, fn=fn: fn(tx))  # type: ignore[misc]
    assert _caught(db, _add) is None
    assert db.read(_count) == 1


def test_a_transaction_that_has_ended_is_of_no_use(db: Database) -> None:
    """A `tx` that escaped from `fn` does not run anything later, outside every transaction."""
    escaped: list[Tx] = []
    db.write(escaped.append)
    for use in (escaped[0].one, escaped[0].all, escaped[0].run):
        with pytest.raises((AttributeError, psycopg.InterfaceError)):
            use("DELETE FROM notes")


def test_no_increment_is_lost_between_threads(db: Database) -> None:
    """Eight threads that read, add one and write end at the number of their transactions."""
    key = db.write(_add)

    def increment(tx: Tx) -> None:
        row: Row | None = tx.one("SELECT n FROM notes WHERE id = :id", id=key)
        assert row is not None
        tx.run("UPDATE notes SET n = :n WHERE id = :id", n=row[0] + 1, id=key)

    def work(_: int) -> None:
        for _ in range(10):
            db.write(increment)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert db.read(lambda tx: tx.one("SELECT n FROM notes")) == (80,)


def test_the_first_writer_of_a_name_wins(db: Database) -> None:
    """Of threads that look for a name and insert it where it is missing, one inserts and none fails."""
    start = threading.Barrier(8)

    def claim(tx: Tx) -> bool:
        if tx.one("SELECT id FROM notes WHERE text = :text", text="name"):
            return False
        _add(tx, text="name")
        return True

    def race(_: int) -> bool:
        start.wait()
        return db.write(claim)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(8))) == [False] * 7 + [True]


def test_a_closed_database_opens_again(db: Database) -> None:
    """`close` ends every connection, of every thread; the next use makes new ones."""
    db.write(_add)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(db.read, _count).result() == 1
        db.close()
        db.close()
        assert pool.submit(db.read, _count).result() == 1
    assert db.write(_add) > 1
    db.check()


def test_migrate_undoes_everything_when_it_fails(db: Database) -> None:
    """A change of the schema that raises leaves neither the table nor the row behind."""

    def fail(tx: Tx) -> Any:
        _add(tx)
        tx.run("CREATE TABLE later (n BIGINT)")
        raise LookupError

    with pytest.raises(LookupError):
        db.migrate(fail)
    assert db.read(_count) == 0
    assert db.read(lambda tx: tx.one(db.dialect.has_table, name="later")) is None
    assert db.read(lambda tx: tx.one(db.dialect.has_table, name="notes")) == (1,)


def test_changes_of_the_schema_wait_for_each_other(db: Database) -> None:
    """A second one begins, and sees what the first did, when the first has ended."""
    inside = threading.Event()
    order: list[str] = []

    def first(tx: Tx) -> None:
        inside.set()
        time.sleep(0.3)  # long enough for a second one that does not wait
        _add(tx)
        order.append("first")

    def second(tx: Tx) -> int:
        order.append("second")
        return _count(tx)

    with ThreadPoolExecutor(1) as other:
        done = other.submit(db.migrate, first)
        assert inside.wait(10)
        assert db.migrate(second) == 1
        done.result()
    assert order == ["first", "second"]


def test_the_writing_of_others_is_seen(db: Database) -> None:
    """Between two looks of a thread the number is another one where another thread has written."""
    before = db.changes()
    assert _caught(db, _add) is None
    assert db.changes() != before
    if db.local:
        before = db.changes()
        db.write(_add)
        assert db.changes() == before
