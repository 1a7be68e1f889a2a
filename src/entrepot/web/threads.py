"""Doing in a thread what would hold up a worker's event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a blocking call, made in one of this process's threads (`limit` says how many there may be).

    A call that is cancelled before a thread has taken it is not made.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()
    _crew.give(_Call(loop, answer, partial(function, *args, **kwargs)))
    return await answer


def limit(most: int) -> None:
    """Let calls have at most so many threads, 16 unless told; more calls wait for their turn."""
    _crew.most = most


class _Call:
    """A call, and who waits for its result."""

    __slots__ = ("_answer", "_error", "_function", "_loop", "_result")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], function: Callable[[], Any]
    ) -> None:
        self._loop = loop
        self._answer = answer
        self._function = function
        self._result: Any = None
        self._error: BaseException | None = None

    def make(self) -> None:
        if self._answer.cancelled():
            return
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001  # who waits raises it
            self._error = error

    def tell(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._told)

    def _told(self) -> None:
        error, self._error = self._error, None  # else it and its traceback would keep each other, and a body, alive
        if self._answer.cancelled():
            return
        if error is None:
            self._answer.set_result(self._result)
        else:
            self._answer.set_exception(error)


class _Crew:
    """Threads that start when they are needed and stay.

    Who rested last works next, and each is woken by a lock of its own: the queue of a `ThreadPoolExecutor` wakes a
    second thread for each call, which finds nothing to do and has taken the interpreter from the first.
    """

    def __init__(self) -> None:
        self.most = 16
        self._started = 0
        self._guard = threading.Lock()
        self._resting: list[_Worker] = []
        self._waiting: deque[_Call] = deque()

    def give(self, call: _Call) -> None:
        with self._guard:
            if self._resting:
                worker = self._resting.pop()
            elif self._started < self.most:
                self._started += 1
                worker = _Worker(self)
                worker.start()
            else:
                self._waiting.append(call)
                return
        worker.call = call
        worker.bell.release()

    def next(self, worker: _Worker) -> _Call | None:
        """What to do now; a worker that gets nothing rests."""
        with self._guard:
            if self._waiting:
                return self._waiting.popleft()
            self._resting.append(worker)
            return None


class _Worker(threading.Thread):
    """A thread that makes calls for ever."""

    def __init__(self, crew: _Crew) -> None:
        super().__init__(name="work", daemon=True)
        self.call: _Call | None = None
        self.bell = threading.Lock()
        self.bell.acquire()
        self._crew = crew

    def run(self) -> None:
        while True:
            self.bell.acquire()
            call, self.call = self.call, None
            while call is not None:
                call.make()
                following = self._crew.next(self)  # before it is told: what that leads to finds this thread at rest
                call.tell()
                call = following


_crew = _Crew()


def _after_fork() -> None:
    global _crew  # noqa: PLW0603  # the parent's threads are not in the child
    _crew = _Crew()


os.register_at_fork(after_in_child=_after_fork)
