"""The writers' queue of all processes that use a file: flock, with a limit to the waiting, which flock has not."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from entrepot.domain.errors import StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)


def os_failure(error: OSError) -> StorageFull | StorageUnavailable:
    """Say what an error of the database's file, its lock or their folder means to a caller."""
    if error.errno in NO_SPACE:
        return StorageFull()
    return StorageUnavailable(f"SQLite: {error}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise os_failure(error) from error


class Turn:
    """A place in the queue, for one thread of this process at a time. Raises StorageFull, StorageUnavailable.

    While others have the lock a thread of its own waits for it, as a wait in flock cannot be called off; asking again
    and again instead would let the others pass each time. The thread stays: several processes that write all the time
    wait for each other at every second turn.
    """

    def __init__(self, path: Path) -> None:
        with _told():
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._guard = threading.Lock()
        self._waiter: _Waiter | None = None
        self._waits: SimpleQueue[_Waiter | None] | None = None

    @contextlib.contextmanager
    def held(self, seconds: float | None) -> Iterator[None]:
        """Wait for the other processes, at most so long, and keep them waiting."""
        waiter = self._ask()
        if waiter is not None:
            self._await(waiter, seconds)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the queue; no turn is held."""
        os.close(self._file)
        if self._waits is not None:
            self._waits.put(None)

    def leave_to_parent(self) -> None:
        """Close a forked child's copies: they would hold the parent's lock when the parent is killed."""
        os.close(self._file)
        if self._waiter is not None:
            os.close(self._waiter.file)

    def _ask(self) -> _Waiter | None:
        """Take the lock where it is free; else who waits for it."""
        with self._guard, _told():
            if self._waiter is None:
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self._waiter = _Waiter(os.dup(self._file))
                    self._start(self._waiter)
            # One that was given up still waits; asking beside it would get the lock, and lose it when that one ends.
            if self._waiter is not None:
                self._waiter.wanted = True
            return self._waiter

    def _start(self, waiter: _Waiter) -> None:
        try:
            if self._waits is None:
                waits = SimpleQueue[_Waiter | None]()
                threading.Thread(target=self._wait_for_all, args=(waits,), name="turn", daemon=True).start()
                self._waits = waits
        except RuntimeError as error:
            self._waiter = None
            os.close(waiter.file)
            raise StorageUnavailable(f"SQLite: {error}") from error
        self._waits.put(waiter)

    def _await(self, waiter: _Waiter, seconds: float | None) -> None:
        there = waiter.there.wait(seconds)
        with self._guard:
            if not there and not waiter.there.is_set():
                waiter.wanted = False
                raise StorageUnavailable(f"SQLite: another process has been writing for {seconds or 0:g} s")
            self._waiter = None
        if waiter.error is not None:
            raise os_failure(waiter.error) from waiter.error

    def _wait_for_all(self, waits: SimpleQueue[_Waiter | None]) -> None:
        while (waiter := waits.get()) is not None:
            self._wait(waiter)

    def _wait(self, waiter: _Waiter) -> None:
        try:
            fcntl.flock(waiter.file, fcntl.LOCK_EX)
        except OSError as error:
            waiter.error = error
        with self._guard:
            waiter.there.set()
            if not waiter.wanted:
                self._waiter = None
                if waiter.error is None:
                    fcntl.flock(waiter.file, fcntl.LOCK_UN)
        os.close(waiter.file)


class _Waiter:
    """A wait for the lock in a thread, by a descriptor of its own of the same open file."""

    __slots__ = ("error", "file", "there", "wanted")

    def __init__(self, file: int) -> None:
        self.file = file
        self.there = threading.Event()
        self.wanted = True
        self.error: OSError | None = None
