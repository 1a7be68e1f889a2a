"""One thread's connection to the SQLite file, what it does in a transaction, and what its errors mean."""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from typing import TYPE_CHECKING, Final, cast

import apsw

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.turn import NO_SPACE, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from entrepot.store.db import Row, T, Tx
    from entrepot.store.sharing import Wish

BUSY_MS: Final = 10_000
"""How long to wait for a process that does not take its place in the queue, such as the sqlite3 shell."""

TURN_SECONDS: Final = 30.0
"""How long to wait for a writer of another process, which may itself wait BUSY_MS, or may have been stopped."""

LONGEST_SECONDS: Final = 0.02
"""When a transaction of several writers takes in no more of them: the first of them waits for the last."""

_STATEMENTS: Final = 512
"""Compiled statements kept per connection; more than the store has."""

_PRAGMAS: Final = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-4096",  # 4 MiB a thread: other connections' commits empty it, the kernel keeps the file
    "PRAGMA mmap_size=0",  # an I/O error in mapped memory would be a SIGBUS instead of an answer
    "PRAGMA wal_autocheckpoint=2000",  # pages of 4 KiB
    "PRAGMA journal_size_limit=67108864",
)

_UNAVAILABLE: Final = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)

_READ: Final = "BEGIN DEFERRED"


def failure(error: apsw.Error, system_errno: int) -> StorageFull | StorageUnavailable | None:
    """Say what `error` means to a caller; None where it is a mistake in the SQL or a broken constraint."""
    if isinstance(error, apsw.FullError):
        return StorageFull()
    if isinstance(error, (apsw.IOError, apsw.CantOpenError)) and system_errno in NO_SPACE:
        return StorageFull()
    if isinstance(error, _UNAVAILABLE):
        return StorageUnavailable(f"SQLite: {type(error).__name__}: {error}")
    return None


class _Transaction:
    """The Tx of one transaction; unusable once that has ended."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor) -> None:
        self._connection = connection
        self._cursor = cursor

    def one(self, sql: str, /, **params: object) -> Row | None:
        return cast("Row | None", self._cursor.execute(sql, cast("apsw.Bindings", params)).fetchone())

    def all(self, sql: str, /, **params: object) -> list[Row]:
        return self._cursor.execute(sql, cast("apsw.Bindings", params)).fetchall()

    def run(self, sql: str, /, **params: object) -> int:
        self._cursor.execute(sql, cast("apsw.Bindings", params)).fetchall()
        return self._connection.changes()

    def many(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> None:
        self._cursor.executemany(sql, cast("Iterable[apsw.Bindings]", rows))

    def end(self) -> None:
        # What escaped from `fn` would otherwise run outside any transaction on this thread's connection.
        del self._cursor, self._connection


class Session:
    """One thread's connection. Raises apsw.Error, here and in its methods, and here OSError."""

    __slots__ = ("__weakref__", "broken", "busy", "connection", "cursor", "durable", "release")

    def __init__(self, path: Path) -> None:
        self.busy = False
        self.broken = False
        self.durable: bool | None = None
        self.connection = _open(path)
        self.cursor = self.connection.cursor()
        self.release = weakref.finalize(self, self.connection.close)
        self.release.atexit = False

    def read(self, fn: Callable[[Tx], T]) -> T:
        """Run `fn` in a transaction that may not write."""
        return self.transact(_READ, fn)

    def transact(self, begin: str, fn: Callable[[Tx], T]) -> T:
        """Run `fn` between `begin` and COMMIT, or ROLLBACK where anything is raised."""
        tx = _Transaction(self.connection, self.cursor)
        self.busy = True
        try:
            self.cursor.execute(begin)
            result = fn(tx)
            if begin == _READ and self.connection.txn_state() == apsw.SQLITE_TXN_WRITE:
                raise RuntimeError("a write inside read()")
            self.cursor.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        finally:
            tx.end()
            self.busy = False
        return result

    def write(self, fn: Callable[[Tx], T], *, durable: bool) -> T:
        """Run `fn` in a transaction that may write, whole or not at all; it is this process's turn."""
        if durable != self.durable:
            # Not FULL: a power cut may take the last commits, and those after them, but never one alone.
            self.cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self.durable = durable
        return self.transact("BEGIN IMMEDIATE", fn)

    def write_all(self, wishes: Sequence[Wish]) -> None:
        """Carry out several writers' wishes in one transaction; it is this process's turn. Some may be left over.

        What one raises undoes its part alone. Where SQLite undoes everything, as it does on a full disk, each is tried
        again in a transaction of its own. Raises what COMMIT raises: then nothing of any of them is kept.
        """
        durable = any(wish.durable for wish in wishes)
        if len(wishes) > 1:
            try:
                self.write(lambda tx: self._each(tx, wishes), durable=durable)
            except _Spoiled:
                pass
            else:
                return
        for wish in wishes:
            wish.left, wish.error = False, None
            self._one(wish)

    def _one(self, wish: Wish) -> None:
        try:
            wish.result = self.write(wish.fn, durable=wish.durable)
        except BaseException as error:  # noqa: BLE001  # the writer raises it
            wish.error = error

    def _each(self, tx: Tx, wishes: Sequence[Wish]) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        for number, wish in enumerate(wishes):
            if number and time.monotonic() > until:
                wish.left = True
                continue
            self.cursor.execute("SAVEPOINT wish")
            try:
                wish.result = wish.fn(tx)
            except BaseException as error:  # noqa: BLE001  # the writer raises it
                wish.error = error
                self._savepoint("ROLLBACK TO wish")
            self._savepoint("RELEASE wish")

    def _savepoint(self, sql: str) -> None:
        try:
            self.cursor.execute(sql)
        except apsw.Error as error:
            raise _Spoiled from error

    def _roll_back(self) -> None:
        try:
            if self.connection.in_transaction:  # SQLite itself rolls back on some errors
                self.cursor.execute("ROLLBACK")
        except apsw.Error:
            self.broken = True


class _Spoiled(Exception):
    """SQLite undid the transaction in which several writers were."""


def _open(path: Path) -> apsw.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        _sync_folder(path.parent)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS)
    try:
        connection.set_busy_timeout(BUSY_MS)
        # A name in double quotes that is no column would be taken for a string; PostgreSQL refuses it.
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        # Else a statement is compiled again for each new value, in case the plan changes: reads would cost five times.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if connection.pragma("journal_mode") != "wal":
            with contextlib.closing(Turn(lock_of(path))) as turn, turn.held(TURN_SECONDS):
                connection.pragma("journal_mode", "wal")  # two processes switching at once fail without waiting
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def lock_of(path: Path) -> Path:
    """The file in whose lock the writers of all processes queue."""
    return path.with_name(path.name + ".lock")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
