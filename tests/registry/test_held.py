"""Bytes that a process keeps in memory, under a bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from entrepot.registry.held import Held

EACH = 256


def test_keeping() -> None:
    """What was kept is there; what was not, or is too large to be kept, is not."""
    held = Held(8 * (EACH + 10))
    held.keep("a", b"1" * 10)
    held.keep("b", b"2" * 11)
    assert held.get("a") == b"1" * 10
    assert "a" in held
    assert held.get("b") is None
    assert "b" not in held


def test_the_bound() -> None:
    """However much comes, no more than the bound stays: what was asked for last."""
    held = Held(16 * (EACH + 100))
    for number in range(1000):
        held.keep(str(number), bytes(100))
        assert held.get("0") is not None
    assert [number for number in range(1000) if str(number) in held] == [0, *range(985, 1000)]


def test_it_stays_open_to_what_is_new() -> None:
    """A memory that is full still takes what comes, however large it is within the bound."""
    held = Held(80_000)
    for number in range(1000):
        held.keep(str(number), bytes(10))
    held.keep("large", bytes(9_000))
    assert held.get("large") == bytes(9_000)
    assert "999" in held


def test_once_is_enough() -> None:
    """Keeping what is there changes nothing and takes no room."""
    held = Held(16 * (EACH + 100))
    for _ in range(100):
        held.keep("a", bytes(100))
    for number in range(15):
        held.keep(str(number), bytes(100))
    assert "a" in held


def test_threads() -> None:
    """Threads that keep and ask at the same time get the right bytes or none, and the bound holds."""
    held = Held(50 * (EACH + 100))

    def work(seed: int) -> int:
        for step in range(2000):
            number = (seed * 7919 + step * 31) % 200
            held.keep(str(number), bytes([number]) * 100)
            assert held.get(str(number)) in (None, bytes([number]) * 100)
        return seed

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
    assert sum(str(number) in held for number in range(200)) == 50
