"""Writers of one process that share a transaction, and so one wait for the disk."""

from __future__ import annotations

import copy
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from entrepot.domain.errors import RegistryError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.store.db import Tx

MOST: Final = 64
"""Writers of one transaction: the first of them waits for the last."""

WAIT_SECONDS: Final = 60.0
"""How long a writer waits for one that works for it, or for its own turn to work: longer than a transaction can."""


class Wish:
    """What one writer wants done, and what became of it."""

    __slots__ = ("_turn", "done", "durable", "error", "fn", "left", "result")

    def __init__(self, fn: Callable[[Tx], Any], *, durable: bool) -> None:
        self.fn = fn
        self.durable = durable
        self.result: Any = None
        self.error: BaseException | None = None
        self.left = False
        """Whether it was left for the next transaction."""
        self.done = False
        self._turn = threading.Event()

    def outcome(self) -> Any:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result

    def fail(self, error: BaseException) -> None:
        """Have an error that is also others', in place of what became of it; what it raised itself stays."""
        if self.error is None:
            # Threads that raise the same object would write into each other's traceback.
            self.error = copy.copy(error) if isinstance(error, RegistryError) else error
            self.error.__cause__ = error.__cause__

    def wait(self, seconds: float) -> bool:
        return self._turn.wait(seconds)

    def wake(self) -> None:
        self._turn.set()

    def is_woken(self) -> bool:
        return self._turn.is_set()


class Queue:
    """Lets one writer at a time work for all that wait.

    A writer that finds nobody at work leads: it takes those that have come meanwhile, works for them all, wakes them,
    and wakes the next leader where more have come.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Wish] = deque()
        self._led = False

    def carry_out(self, wish: Wish, work: Callable[[Callable[[], list[Wish]]], None]) -> Any:
        """Have the wish carried out, by this thread or another; its result. Raises its error, StorageUnavailable.

        `work` calls what it is given when it is ready, and gets at most MOST wishes to carry out then; it may mark all
        but the first as `left`. What it raises is the error of each that it did not leave, and before it took any, of
        all that wait.
        """
        with self._guard:
            self._waiting.append(wish)
            follow, self._led = self._led, True
        if follow:
            self._follow(wish)
        if not wish.done:
            self._lead(work)
        return wish.outcome()

    def _follow(self, wish: Wish) -> None:
        try:
            if not wish.wait(WAIT_SECONDS):
                raise StorageUnavailable(f"no turn to write in {WAIT_SECONDS:g} s")
        except BaseException:
            self._give_up(wish)
            raise

    def _give_up(self, wish: Wish) -> None:
        """Leave the queue without leading, though it may have come to that a moment ago."""
        with self._guard:
            if wish in self._waiting:
                self._waiting.remove(wish)
                if wish.is_woken():
                    self._wake_next()

    def _lead(self, work: Callable[[Callable[[], list[Wish]]], None]) -> None:
        batch: list[Wish] = []

        def take() -> list[Wish]:
            with self._guard:
                batch.extend(self._waiting.popleft() for _ in range(min(MOST, len(self._waiting))))
            return batch

        try:
            work(take)
        except BaseException as error:  # noqa: BLE001  # each writer raises it
            self._fail(batch, error)
        finally:
            self._hand_over(batch)

    def _fail(self, batch: list[Wish], error: BaseException) -> None:
        if not batch:
            with self._guard:
                batch.extend(self._waiting)
                self._waiting.clear()
        for wish in batch:
            if not wish.left:
                wish.fail(error)

    def _hand_over(self, batch: list[Wish]) -> None:
        left = [wish for wish in batch if wish.left]
        for wish in batch:
            if not wish.left:
                wish.done = True
                wish.wake()
        with self._guard:
            for wish in reversed(left):
                wish.left = False
                self._waiting.appendleft(wish)
            self._wake_next()

    def _wake_next(self) -> None:
        if self._waiting:
            self._waiting[0].wake()
        else:
            self._led = False
