"""The database as one SQLite file: a connection per thread, and one queue for the writers of all processes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import weakref
from typing import TYPE_CHECKING, Final, cast

import apsw

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.db import Dialect, heed_forks
from entrepot.store.sharing import Queue, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from entrepot.store.db import Row, T, Tx

_BUSY_MS: Final = 10_000
"""How long to wait for a process that does not take its place in the queue, such as the sqlite3 shell."""

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

_DIALECT: Final = Dialect(
    words={"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "paged": "TEXT COLLATE BINARY", "bytes": "BLOB"},
    has_table="SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :name",
    integrity="PRAGMA integrity_check(1000)",
    broken_references="PRAGMA foreign_key_check",
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

_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


def _failure(error: apsw.Error, system_errno: int) -> StorageFull | StorageUnavailable | None:
    """Say what `error` means to a caller; None where it is a mistake in the SQL or a broken constraint."""
    if isinstance(error, apsw.FullError):
        return StorageFull()
    if isinstance(error, apsw.IOError) and system_errno in _NO_SPACE:
        return StorageFull()
    if isinstance(error, _UNAVAILABLE):
        return StorageUnavailable(f"SQLite: {type(error).__name__}: {error}")
    return None


def _os_failure(error: OSError) -> StorageFull | StorageUnavailable:
    if error.errno in _NO_SPACE:
        return StorageFull()
    return StorageUnavailable(f"SQLite: {error}")


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

    def end(self) -> None:
        # What escaped from `fn` would otherwise run outside any transaction on this thread's connection.
        del self._cursor, self._connection


class _Session:
    """One thread's connection, and its place in the writers' queue: flock excludes open files, not threads."""

    __slots__ = ("__weakref__", "broken", "busy", "connection", "cursor", "durable", "lock", "release")

    def __init__(self, path: Path) -> None:
        self.busy = False
        self.broken = False
        self.durable: bool | None = None
        self.lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.connection = _open(path, self.lock)
        except BaseException:
            os.close(self.lock)
            raise
        self.cursor = self.connection.cursor()
        self.release = weakref.finalize(self, _close, self.connection, self.lock)
        self.release.atexit = False

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

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for the writers of other processes, and keep them waiting."""
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        except OSError as error:
            raise _os_failure(error) from error
        try:
            yield
        finally:
            fcntl.flock(self.lock, fcntl.LOCK_UN)

    def write(self, fn: Callable[[Tx], T], *, durable: bool) -> T:
        """Run `fn` in a transaction that may write, whole or not at all; the caller is `alone`."""
        if durable != self.durable:
            # Not FULL: a power cut may take the last commits, and those after them, but never one alone.
            self.cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self.durable = durable
        return self.transact("BEGIN IMMEDIATE", fn)

    def write_all(self, wishes: Sequence[Wish]) -> None:
        """Carry out several writers' wishes in one transaction; the caller is `alone`.

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
            self._one(wish)

    def _one(self, wish: Wish) -> None:
        wish.error = None
        try:
            wish.result = self.write(wish.fn, durable=wish.durable)
        except BaseException as error:  # noqa: BLE001  # the writer raises it
            wish.error = error

    def _each(self, tx: Tx, wishes: Sequence[Wish]) -> None:
        for wish in wishes:
            self.cursor.execute("SAVEPOINT wish")
            try:
                wish.result = wish.fn(tx)
            except BaseException as error:  # noqa: BLE001  # the writer raises it
                wish.error = error
                self._undo_one()
            self.cursor.execute("RELEASE wish")

    def _undo_one(self) -> None:
        try:
            self.cursor.execute("ROLLBACK TO wish")
        except apsw.Error as error:
            raise _Spoiled from error

    def _roll_back(self) -> None:
        try:
            if self.connection.in_transaction:  # SQLite itself rolls back on some errors
                self.cursor.execute("ROLLBACK")
        except apsw.Error:
            self.broken = True


_READ: Final = "BEGIN DEFERRED"


class _Spoiled(Exception):
    """SQLite undid the transaction in which several writers were."""


def _open(path: Path, lock: int) -> apsw.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        _sync_folder(path.parent)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=_STATEMENTS)
    try:
        connection.set_busy_timeout(_BUSY_MS)
        # A name in double quotes that is no column would be taken for a string; PostgreSQL refuses it.
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        if connection.pragma("journal_mode") != "wal":
            fcntl.flock(lock, fcntl.LOCK_EX)  # two processes switching at once fail without waiting
            try:
                connection.pragma("journal_mode", "wal")
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _close(connection: apsw.Connection, lock: int) -> None:
    try:
        connection.close()
    finally:
        os.close(lock)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SqliteDatabase:
    """A Database in the file at `path`, made with mode 0600 where it is missing; its folder exists.

    Beside it lie `-wal`, `-shm` and `.lock`. Reads never wait for writers.
    """

    local = True
    dialect = _DIALECT

    def __init__(self, path: Path) -> None:
        self._path = path
        self._forget()
        heed_forks(self)

    def read(self, fn: Callable[[Tx], T]) -> T:
        """See Database.read."""
        session = self._session()
        try:
            return session.transact(_READ, fn)
        except apsw.Error as error:
            self._explain(session, error)
            raise

    def write(self, fn: Callable[[Tx], T], *, durable: bool = True) -> T:
        """See Database.write. Writers of this process that wait share a transaction; `fn` may run in another thread."""
        session = self._session()

        def work(take: Callable[[], list[Wish]]) -> None:
            try:
                with session.alone():
                    wishes = take()
                    session.write_all(wishes)
            except apsw.Error as error:
                self._explain(session, error)
                raise
            for wish in wishes:
                if isinstance(wish.error, apsw.Error):
                    wish.error = self._explained(session, wish.error)

        result: T = self._queue.carry_out(Wish(fn, durable=durable), work)
        return result

    def migrate(self, fn: Callable[[Tx], T]) -> T:
        """See Database.migrate. References are checked when `fn` is done, so it may rebuild a table."""

        def checked(tx: Tx) -> T:
            result = fn(tx)
            broken = tx.one("PRAGMA foreign_key_check")
            if broken is not None:
                raise RuntimeError(f"a row of {broken[0]} refers to a row of {broken[2]} that is not there")
            return result

        self._refuse_nested(getattr(self._threads, "session", None))
        session = self._new_session()
        try:
            session.cursor.execute("PRAGMA foreign_keys=OFF")  # has no effect inside the transaction
            with session.alone():
                return session.write(checked, durable=True)
        except apsw.Error as error:
            self._explain(session, error)
            raise
        finally:
            self._discard(session)

    def check(self) -> None:
        """See Database.check. A file that was moved away or replaced under us does not answer either."""
        self.read(lambda tx: tx.one("SELECT count(*) FROM sqlite_schema"))
        try:
            found = self._path.stat()
        except OSError as error:
            raise _os_failure(error) from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise StorageUnavailable(f"SQLite: another file has taken the place of {self._path}")

    def copy_to(self, path: Path) -> None:
        """Write the database as it is at one instant to a new file, durably, while others read and write.

        Raises StorageFull, StorageUnavailable.
        """
        session = self._session()
        try:
            with contextlib.closing(apsw.Connection(str(path))) as copy:
                with copy.backup("main", session.connection, "main") as backup:
                    backup.step(-1)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without another that belongs to it
                copy.execute("PRAGMA synchronous=FULL")
        except apsw.Error as error:
            self._explain(session, error)
            raise

    def close(self) -> None:
        """See Database.close."""
        with self._guard:
            sessions = list(self._sessions)
        self._forget()
        for session in sessions:
            session.release()

    def leave_to_parent(self) -> object:
        """See Forkable. The copies of the lock's descriptors are closed: they would hold the parent's lock."""
        sessions = list(self._sessions)
        for session in sessions:
            session.release.detach()
            os.close(session.lock)
        kept = (self._threads, sessions)
        self._forget()
        return kept

    def _forget(self) -> None:
        self._threads = threading.local()
        self._guard = threading.Lock()
        self._queue = Queue()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._identity = (0, 0)

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = self._new_session()
        self._refuse_nested(session)
        return session

    @staticmethod
    def _refuse_nested(session: _Session | None) -> None:
        if session is not None and session.busy:
            raise RuntimeError("a transaction inside a transaction of the same thread")

    def _new_session(self) -> _Session:
        try:
            session = _Session(self._path)
            found = self._path.stat()
        except apsw.Error as error:
            raise _failure(error, 0) or StorageUnavailable(f"SQLite: {error}") from error
        except OSError as error:
            raise _os_failure(error) from error
        with self._guard:
            self._sessions.add(session)
            self._identity = (found.st_dev, found.st_ino)
        return session

    def _explained(self, session: _Session, error: apsw.Error) -> Exception:
        """What the writer is to raise for an error of this thread's session."""
        try:
            self._explain(session, error)
        except (StorageFull, StorageUnavailable) as failure:
            return failure
        return error

    def _explain(self, session: _Session, error: apsw.Error) -> None:
        failure = _failure(error, session.connection.system_errno)
        if session.broken and getattr(self._threads, "session", None) is session:
            del self._threads.session
            self._discard(session)
        if failure is not None:
            raise failure from error

    def _discard(self, session: _Session) -> None:
        with self._guard:
            self._sessions.discard(session)
        session.release()
