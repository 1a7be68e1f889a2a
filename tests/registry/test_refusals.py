"""Rows about credentials that were not taken: few, with counts, whatever comes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.factories import a_caller

from entrepot.domain.audit import Record
from entrepot.domain.principals import root
from entrepot.registry.refusals import EVERY, OF_ADDRESS, PAIRS, Refusals


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def record(key: str = "AKIAIOSFODNN7EXAMPLE", address: str = "192.0.2.1", at: int = 0) -> Record:
    caller = replace(a_caller(), principal=root("123456789012", key), source_ip=address)
    return Record(caller, at, "*", {}, "TokenRefused")


def told(found: Record | None) -> tuple[str, str, object] | None:
    if found is None:
        return None
    return found.caller.principal.access_key_id, found.caller.source_ip, found.parameters["failures"]


def test_one_key(clock: Clock) -> None:
    """The first refusal has a row at once, those of a minute one together, and a quiet minute none."""
    refusals = Refusals(clock)
    assert told(refusals.note(record())) == ("AKIAIOSFODNN7EXAMPLE", "192.0.2.1", 1)
    for at in range(500):
        assert refusals.note(record(at=at)) is None
    clock.now += EVERY - 1
    assert refusals.due() == []
    clock.now += 1
    [found] = refusals.due()
    assert (told(found), found.at) == (("AKIAIOSFODNN7EXAMPLE", "192.0.2.1", 500), 499)
    assert refusals.due() == []
    clock.now += EVERY
    assert refusals.due() == []
    assert told(refusals.note(record())) == ("AKIAIOSFODNN7EXAMPLE", "192.0.2.1", 1)


def test_many_keys_of_an_address(clock: Clock) -> None:
    """An address that makes keys up has a few rows with a key and one without; others have theirs beside it."""
    refusals = Refusals(clock)
    first = [refusals.note(record(f"AKIA{number:016}")) for number in range(1000)]
    written = [each for each in map(told, first) if each is not None]
    assert len(written) == OF_ADDRESS
    assert written[-1] == ("", "192.0.2.1", 1)
    assert told(refusals.note(record("AKIAVICTIM0000000000", "192.0.2.2"))) is not None
    clock.now += EVERY
    assert [told(each) for each in refusals.due()] == [("", "192.0.2.1", 1000 - OF_ADDRESS)]


def test_many_addresses(clock: Clock) -> None:
    """However many addresses there are, rows and memory are bounded, and every refusal is counted."""
    refusals = Refusals(clock)
    total, rows = 0, 0
    for minute in range(3):
        found = [refusals.note(record(address=f"2001:db8::{minute}:{number:x}")) for number in range(2000)]
        clock.now += EVERY
        written = [each for each in (*found, *refusals.due()) if each is not None]
        assert len(written) <= PAIRS + 2
        rows += len(written)
        total += sum(int(str(each.parameters["failures"])) for each in written)
        assert len(refusals._pairs) <= PAIRS + 1
    assert total == 6000
    assert rows <= 3 * (PAIRS + 2)
