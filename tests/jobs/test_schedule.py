"""The clock's door."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.factories import Clock, a_registry

from entrepot.jobs import schedule
from entrepot.jobs.schedule import Job
from entrepot.registry.context import Registry
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase


@pytest.fixture
def reg(tmp_path: Path) -> Registry:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    return a_registry(db, tmp_path, Clock())


def test_jobs_are_done_when_they_are_due(reg: Registry) -> None:
    """Each job is done at the start and then in its own rhythm; one that fails does not keep the others."""
    stop, done = threading.Event(), list[str]()

    def work(given: Registry) -> int:
        assert given is reg
        done.append("often")
        if done.count("often") == 3:
            stop.set()
        return 1

    often = Job("often", 0.01, work)

    def fail(_: Registry) -> int:
        done.append("broken")
        raise ValueError("no luck")

    def rare(_: Registry) -> int:
        done.append("rare")
        return 0

    schedule.run(reg, stop, [Job("broken", 0.01, fail), Job("rare", 3600.0, rare), often])
    assert done.count("often") == 3
    assert done.count("rare") == 1
    assert done.count("broken") >= 2


def test_stop_ends_a_wait(reg: Registry) -> None:
    """A process that waits for its next job ends when it is told to."""
    stop = threading.Event()
    thread = threading.Thread(target=schedule.run, args=(reg, stop, [Job("rare", 3600.0, lambda _: 0)]))
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_the_schedule_runs(reg: Registry) -> None:
    """Every job of the installation works on an empty registry."""
    assert [job.work(reg) for job in schedule.JOBS] == [0] * len(schedule.JOBS)
    assert all(job.seconds >= 60 for job in schedule.JOBS)
