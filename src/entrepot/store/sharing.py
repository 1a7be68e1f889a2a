"""Writers of one process that share a transaction, and so one wait for the disk."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrepot.store.db import Tx

MOST: Final = 64
"""Writers of one transaction: the first of them waits for the last."""


class Wish:
    """What one writer wants done, and what became of it."""

    __slots__ = ("_turn", "done", "durable", "error", "fn", "result")

    def __init__(self, fn: Callable[[Tx], Any], *, durable: bool) -> None:
        self.fn = fn
        self.durable = durable
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = False
        self._turn = threading.Event()

    def outcome(self) -> Any:
        """The result, or the error raised."""
        if self.error is not None:
            raise self.error
        return self.result

    def wait(self) -> None:
        self._turn.wait()

    def wake(self) -> None:
        self._turn.set()


class Queue:
    """Lets one writer at a time work for all that wait.

    A writer that finds nobody at work leads: it takes those that have come meanwhile, works for them all, wakes them,
    and wakes the next leader where more have come. `work` carries out at most MOST wishes; what it raises is each
    one's error.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Wish] = deque()
        self._led = False

    def carry_out(self, wish: Wish, work: Callable[[Callable[[], list[Wish]]], None]) -> Any:
        """Have the wish carried out, by this thread or another; its result. Raises its error.

        `work` calls what it is given when it is ready, and gets the wishes to carry out then.
        """
        with self._guard:
            self._waiting.append(wish)
            follow, self._led = self._led, True
        if follow:
            wish.wait()
        if not wish.done:
            self._lead(work)
        return wish.outcome()

    def _lead(self, work: Callable[[Callable[[], list[Wish]]], None]) -> None:
        batch: list[Wish] = []

        def take() -> list[Wish]:
            with self._guard:
                batch.extend(self._waiting.popleft() for _ in range(min(MOST, len(self._waiting))))
            return batch

        try:
            work(take)
        except BaseException as error:  # noqa: BLE001  # each writer raises it
            for wish in batch or take():
                wish.error = wish.error or error
        finally:
            self._hand_over(batch)

    def _hand_over(self, batch: list[Wish]) -> None:
        for wish in batch:
            wish.done = True
            wish.wake()
        with self._guard:
            if self._waiting:
                self._waiting[0].wake()
            else:
                self._led = False
