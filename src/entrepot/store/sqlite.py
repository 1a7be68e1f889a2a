"""The database as one SQLite file: a connection per thread, and one queue for the writers of all processes."""

from __future__ import annotations

import contextlib
import threading
import weakref
from typing import TYPE_CHECKING, Final

import apsw

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.db import Dialect, heed_forks
from entrepot.store.sharing import Queue, Wish
from entrepot.store.sqlite_session import TURN_SECONDS, Session, failure, lock_of
from entrepot.store.turn import Turn, os_failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from entrepot.store.db import T, Tx

_DIALECT: Final = Dialect(
    words={"id": "INTEGER PRIMARY KEY AUTOINCREMENT", "paged": "TEXT COLLATE BINARY", "bytes": "BLOB"},
    has_table="SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :name",
    integrity="PRAGMA integrity_check(1000)",
    broken_references="PRAGMA foreign_key_check",
)


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
            return session.read(fn)
        except apsw.Error as error:
            self._explain(session, error)
            raise

    def write(self, fn: Callable[[Tx], T], *, durable: bool = True) -> T:
        """See Database.write. Writers of this process that wait share a transaction; `fn` may run in another thread."""
        session = self._session()

        def work(take: Callable[[], list[Wish]]) -> None:
            try:
                with self._turn_to_write().held(TURN_SECONDS):
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
        """See Database.migrate. References are checked when `fn` is done, so it may rebuild a table.

        Waits without limit for another that is under way.
        """

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
            with contextlib.closing(Turn(lock_of(self._path))) as turn, turn.held(None):
                return session.write(checked, durable=True)
        except apsw.Error as error:
            self._explain(session, error)
            raise
        finally:
            self._discard(session)

    def changes(self) -> int:
        """See Database.changes. What this thread wrote itself changes nothing."""
        return int(self.read(lambda tx: (tx.one("PRAGMA data_version") or (0,))[0]))

    def check(self) -> None:
        """See Database.check. A file that was moved away or replaced under us does not answer either."""
        self.read(lambda tx: tx.one("SELECT count(*) FROM sqlite_schema"))
        try:
            found = self._path.stat()
        except OSError as error:
            raise os_failure(error) from error
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
        turn = self._turn
        self._forget()
        for session in sessions:
            session.release()
        if turn is not None:
            turn.close()

    def leave_to_parent(self) -> object:
        """See Forkable."""
        sessions = list(self._sessions)
        for session in sessions:
            session.release.detach()
        if self._turn is not None:
            self._turn.leave_to_parent()
        kept = (self._threads, sessions)
        self._forget()
        return kept

    def _forget(self) -> None:
        self._threads = threading.local()
        self._guard = threading.Lock()
        self._queue = Queue()
        self._turn: Turn | None = None
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._identity = (0, 0)

    def _turn_to_write(self) -> Turn:
        """The place of this process in the queue; asked for by the one writer that leads."""
        if self._turn is None:
            self._turn = Turn(lock_of(self._path))
        return self._turn

    def _session(self) -> Session:
        session: Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = self._new_session()
        self._refuse_nested(session)
        return session

    @staticmethod
    def _refuse_nested(session: Session | None) -> None:
        if session is not None and session.busy:
            raise RuntimeError("a transaction inside a transaction of the same thread")

    def _new_session(self) -> Session:
        try:
            session = Session(self._path)
            found = self._path.stat()
        except apsw.Error as error:
            raise failure(error, 0) or StorageUnavailable(f"SQLite: {error}") from error
        except OSError as error:
            raise os_failure(error) from error
        with self._guard:
            self._sessions.add(session)
            self._identity = (found.st_dev, found.st_ino)
        return session

    def _explained(self, session: Session, error: apsw.Error) -> Exception:
        """What the writer is to raise for an error of this thread's session."""
        try:
            self._explain(session, error)
        except (StorageFull, StorageUnavailable) as meant:
            return meant
        return error

    def _explain(self, session: Session, error: apsw.Error) -> None:
        meant = failure(error, session.connection.system_errno)
        if session.broken and getattr(self._threads, "session", None) is session:
            del self._threads.session
            self._discard(session)
        if meant is not None:
            raise meant from error

    def _discard(self, session: Session) -> None:
        with self._guard:
            self._sessions.discard(session)
        session.release()
