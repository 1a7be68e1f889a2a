"""Calls in threads: results and errors, how many there are at once, and what becomes of those nobody waits for."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Iterator

import pytest

from entrepot.web import threads

MOST = 3


@pytest.fixture(autouse=True)
def crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads of this test alone."""
    monkeypatch.setattr(threads, "_crew", threads._Crew())
    threads.limit(MOST)
    return iter(())


def test_results_and_errors() -> None:
    """A call's result is returned, and what it raises is raised, from another thread than the loop's."""

    async def run() -> None:
        assert await threads.run(divmod, 7, 2) == (3, 1)
        assert await threads.run(int, "11", base=2) == 3
        assert await threads.run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await threads.run(divmod, 1, 0)

    asyncio.run(run())


def test_one_thread_is_enough_for_calls_after_each_other() -> None:
    """Who worked last works next."""

    async def run() -> set[int]:
        return {await threads.run(threading.get_ident) for _ in range(100)}

    assert len(asyncio.run(run())) == 1


def test_no_more_than_allowed_at_once() -> None:
    """Calls above the limit wait, and are all made."""
    now, most, lock = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.005)
        with lock:
            now -= 1
        return number

    async def run() -> list[int]:
        return await asyncio.gather(*(threads.run(work, number) for number in range(40)))

    assert asyncio.run(run()) == list(range(40))
    assert most == MOST


def test_a_call_that_nobody_waits_for() -> None:
    """A call that is cancelled before a thread takes it is not made; one that is being made goes on alone."""
    made: list[str] = []
    gate = threading.Event()

    def first() -> None:
        gate.wait(20)
        made.append("first")

    async def run() -> None:
        threads.limit(1)
        begun = asyncio.ensure_future(threads.run(first))
        waiting = asyncio.ensure_future(threads.run(made.append, "second"))
        await asyncio.sleep(0.05)
        for task in (begun, waiting):
            task.cancel()
        gate.set()
        await threads.run(made.append, "third")

    asyncio.run(run())
    assert made == ["first", "third"]


def test_a_loop_that_ends_first() -> None:
    """A call whose loop is closed when it is done harms nobody."""
    gate, done = threading.Event(), threading.Event()

    def slow() -> None:
        gate.wait(20)
        done.set()

    async def leave() -> None:
        call = asyncio.ensure_future(threads.run(slow))
        await asyncio.sleep(0.05)
        call.cancel()

    async def again() -> int:
        return await threads.run(abs, -1)

    asyncio.run(leave())
    gate.set()
    assert done.wait(20)
    assert asyncio.run(again()) == 1


def _in_child(results: multiprocessing.Queue[int]) -> None:
    async def run() -> int:
        return await threads.run(abs, -5)

    results.put(asyncio.run(run()))


def test_a_forked_child_has_threads_of_its_own() -> None:
    """Threads of the parent are not waited for in the child."""

    async def run() -> int:
        return await threads.run(abs, -4)

    assert asyncio.run(run()) == 4
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[int] = context.Queue()
    child = context.Process(target=_in_child, args=(results,))
    child.start()
    assert results.get(timeout=20) == 5
    child.join(20)
