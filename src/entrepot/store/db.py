"""What a store function and a use case see of a database: transactions and nothing else."""

from __future__ import annotations

import ctypes
import os
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

Row = tuple[Any, ...]
"""One row of a result; its values are int, str, bytes or None on every database."""

QUIET: Final = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*(?s:.*?)\*/"""
"""Pattern of the parts of a SQL text in which nothing is looked for: strings, quoted names and comments."""


class Tx(Protocol):
    """One transaction. `:name` in a text is the keyword argument of that name: int, str, bytes or None.

    A text is one statement. Integers are 64-bit, strings hold no NUL character (PostgreSQL refuses both).
    """

    def one(self, sql: str, /, **params: object) -> Row | None:
        """Return the first row, or None where there is none."""

    def all(self, sql: str, /, **params: object) -> list[Row]:
        """Return every row."""

    def run(self, sql: str, /, **params: object) -> int:
        """Return how many rows an INSERT, UPDATE or DELETE changed, cascades not counted."""

    def many(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> None:
        """Run a statement once for each of these parameters.

        Made one by one they hold the interpreter for moments only; a list of thousands would hold up the event loop.
        """


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases in the SQL that they otherwise share."""

    words: Mapping[str, str]
    """What a migration's `@id`, `@paged` and `@bytes` stand for."""
    has_table: str
    """Query that finds a row where a table named `:name` exists."""
    integrity: str = ""
    """Query of what is wrong with the database's file, a text each or `ok`; empty where the database sees to that."""
    broken_references: str = ""
    """Query of rows that refer to none: table, key of the row, table referred to; empty likewise."""


class Database(Protocol):
    """A database that several processes and threads use at once.

    Every method may be called from any thread and raises StorageFull where no space is left, StorageUnavailable
    where the database cannot be reached or used. What `fn` raises passes through; nothing of it is kept.
    A transaction inside a transaction of the same thread is refused with RuntimeError.
    """

    @property
    def local(self) -> bool:
        """True where a read takes microseconds and may run on the event loop."""

    @property
    def dialect(self) -> Dialect:
        """The words of this database."""

    def read(self, fn: Callable[[Tx], T]) -> T:
        """Run `fn` on one consistent snapshot, again if that conflicts; a write in it is refused."""

    def write(self, fn: Callable[[Tx], T], *, durable: bool = True) -> T:
        """Run `fn` in one transaction, durable when this returns; again on conflict, so it touches nothing else.

        It may run in another thread, beside others' in the same transaction. Not `durable`: done at once for everybody
        who looks, but a power cut may undo it and what came after it, unless something durable did; for rows that
        only say how far a work has come.
        StorageUnavailable while committing leaves open whether the transaction happened.
        """

    def migrate(self, fn: Callable[[Tx], T]) -> T:
        """Run `fn` once in one transaction that may change the schema, no other such transaction beside it."""

    def changes(self) -> int:
        """A number that is another one, in this thread, after somebody else has written."""

    def check(self) -> None:
        """Raise StorageUnavailable where the database does not answer."""

    def close(self) -> None:
        """Close every connection; no transaction is under way. Using the database again opens new ones."""


class Forkable(Protocol):
    """What holds connections that a forked child has to leave alone."""

    def leave_to_parent(self) -> object:
        """Forget every connection without closing it; return what must never be collected in this process."""


_forkable: weakref.WeakSet[Forkable] = weakref.WeakSet()


def heed_forks(database: Forkable) -> None:
    """Have `leave_to_parent` called in every child that this process forks."""
    _forkable.add(database)


def _after_fork() -> None:
    for database in _forkable:
        # Closing an inherited connection would speak to the server or the file in the parent's name, and collecting
        # it, as the interpreter does when it ends, closes it. One reference too many keeps that from happening.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(database.leave_to_parent()))


os.register_at_fork(after_in_child=_after_fork)
