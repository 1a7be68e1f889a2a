"""Reading events: in order, and nothing left out that is still being written."""

from __future__ import annotations

import threading

from tests.factories import KEY, Clock, a_caller, a_repository, an_image

from entrepot.domain.events import Event
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, events, repositories
from entrepot.registry.context import Registry
from entrepot.store import outbox


def an_event(number: int, at: int) -> Event:
    return Event(number, "123456789012", "us-east-1", at, "type", {})


def test_a_gap_is_waited_for() -> None:
    """What comes behind a missing key is not read until it is old enough for the key to be missing for good."""
    now = 1_000_000_000
    young, old = now - events.GAP + 1, now - events.GAP
    first, third, fourth = an_event(1, now), an_event(3, young), an_event(4, young)
    assert events.settled([first, third, fourth], 0, now) == [first]
    assert events.settled([third, fourth], 1, now) == []
    assert events.settled([an_event(3, old), fourth], 1, now) == [an_event(3, old), fourth]
    assert events.settled([first, an_event(2, now), third], 0, now) == [first, an_event(2, now), third]
    assert events.settled([], 7, now) == []


def test_what_pushes_and_deletes_leave(reg: Registry) -> None:
    """Each change of an image is an event, in the order in which it happened."""
    a_repository(reg)
    digest = an_image(reg, 1, "v1", "v2")
    an_image(reg, 2)
    caller = a_caller("ecr:BatchDeleteImage")
    deletion.delete_many(reg, caller, KEY, "team/app", [ImageId(None, "v2"), ImageId(digest, None)])
    found = events.page(reg, 0)
    told = [(event.detail["action-type"], event.detail.get("image-tag")) for event in found]
    assert told == [("PUSH", "v1"), ("PUSH", "v2"), ("PUSH", None), ("DELETE", "v2"), ("DELETE", "v1")]
    assert {event.type for event in found} == {"ECR Image Action"}
    assert [event.id for event in events.page(reg, 2, 2)] == [3, 4]


def test_positions(reg: Registry, clock: Clock) -> None:
    """From an instant on, or from now on."""
    a_repository(reg)
    an_image(reg, 1, "v1")
    clock.forward(10)
    an_image(reg, 2, "v2")
    assert events.position(reg, None) == 2
    assert events.position(reg, clock.at) == 1
    assert events.position(reg, clock.at + 1) == 2
    assert events.position(reg, 0) == 0


def test_nothing_is_left_out_beside_writers(reg: Registry) -> None:
    """A reader that follows while several threads write sees each event once, in the order of its keys."""
    registry = a_repository(reg).registry
    writers, each = 4, 25

    def write() -> None:
        for _ in range(each):
            reg.db.write(lambda tx: outbox.insert(tx, registry, reg.now(), "type", {}))

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    clock = reg.now
    assert isinstance(clock, Clock)
    while len(seen) < writers * each:
        if not any(thread.is_alive() for thread in threads):
            clock.forward(11)  # what is missing now was left by transactions that were done again
        found = events.page(reg, seen[-1] if seen else 0, 7)
        seen += [event.id for event in found]
    assert seen == sorted(set(seen))
    for thread in threads:
        thread.join()


def test_repositories_have_no_events(reg: Registry) -> None:
    """ECR sends none when a repository is made or deleted."""
    a_repository(reg)
    repositories.delete(reg, a_caller(), KEY, "team/app", force=True)
    assert events.page(reg, 0) == []
