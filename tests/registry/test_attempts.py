"""How many failures one address may have, with one key and with all."""

from __future__ import annotations

import pytest

from entrepot.domain.errors import RateExceeded
from entrepot.registry.attempts import OF_ADDRESS, Attempts


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spend(attempts: Attempts, key: str, address: str, count: int) -> None:
    for _ in range(count):
        attempts.check(key, address)
        attempts.failed(key, address)


def test_one_key() -> None:
    """So many failures a minute; then the key is not looked at, from that address, until one is forgotten."""
    clock = Clock()
    attempts = Attempts(6, clock)
    spend(attempts, "AKIA", "10.0.0.1", 6)
    with pytest.raises(RateExceeded) as caught:
        attempts.check("AKIA", "10.0.0.1")
    assert caught.value.seconds == 10
    attempts.check("AKIA", "10.0.0.2")
    attempts.check("AKIB", "10.0.0.1")
    clock.now += 9.9
    with pytest.raises(RateExceeded):
        attempts.check("AKIA", "10.0.0.1")
    clock.now += 0.2
    spend(attempts, "AKIA", "10.0.0.1", 1)
    with pytest.raises(RateExceeded):
        attempts.check("AKIA", "10.0.0.1")


def test_all_keys_of_an_address() -> None:
    """Ten times as many over all keys; good credentials, which do not fail, are not refused for that."""
    clock = Clock()
    attempts = Attempts(6, clock)
    for number in range(6 * OF_ADDRESS):
        attempts.failed(f"AKIA{number}" if number % 2 else None, "10.0.0.1")
    with pytest.raises(RateExceeded):
        attempts.failed("another", "10.0.0.1")
    attempts.check("a good one", "10.0.0.1")
    attempts.failed("another", "10.0.0.2")


def test_without_a_key() -> None:
    """What shows no key is refused by its address, before it is looked at, once that has failed too often."""
    clock = Clock()
    attempts = Attempts(6, clock)
    for _ in range(6 * OF_ADDRESS):
        attempts.check(None, "10.0.0.1")
        attempts.failed(None, "10.0.0.1")
    with pytest.raises(RateExceeded):
        attempts.check(None, "10.0.0.1")
    attempts.check(None, "10.0.0.2")
    clock.now += 1.1
    attempts.check(None, "10.0.0.1")


def test_no_limit() -> None:
    """Zero is no limit."""
    attempts = Attempts(0)
    spend(attempts, "AKIA", "10.0.0.1", 10_000)


def test_less_than_one_for_each_process() -> None:
    """A share below one still lets somebody fail once."""
    attempts = Attempts(0.5, Clock())
    spend(attempts, "AKIA", "10.0.0.1", 1)
    with pytest.raises(RateExceeded):
        attempts.check("AKIA", "10.0.0.1")


def test_memory() -> None:
    """Made-up keys, however long and many, take bounded memory."""
    attempts = Attempts(1e9, Clock())
    for number in range(30_000):
        attempts.failed(f"{number}" + "x" * 1000, "10.0.0.1")
    assert len(attempts._failed) <= 10_001
    assert max(len(key or "") for key, _ in attempts._failed) <= 128
