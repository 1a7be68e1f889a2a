"""The clock's door."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.factories import Clock, a_registry

from entrepot.jobs import schedule
from entrepot.jobs.schedule import Job, Plan
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest
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

    def work(given: Registry, _: Rest) -> int:
        assert given is reg
        done.append("often")
        if done.count("often") >= 3 and done.count("broken") >= 2 and "rare" in done:
            stop.set()
        return 1

    often = Job("often", 0.01, work)

    def fail(_reg: Registry, _: Rest) -> int:
        done.append("broken")
        raise ValueError("no luck")

    def rare(_reg: Registry, _: Rest) -> int:
        done.append("rare")
        return 0

    schedule.run(reg, stop, [Job("broken", 0.01, fail), Job("rare", 3600.0, rare), often])
    assert done.count("often") >= 3
    assert done.count("rare") == 1
    assert done.count("broken") >= 2


def test_stop_ends_a_wait(reg: Registry) -> None:
    """A process that waits for its next job ends when it is told to."""
    stop = threading.Event()
    thread = threading.Thread(target=schedule.run, args=(reg, stop, [Job("rare", 3600.0, lambda *_: 0)]))
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_job_hears_of_the_stop(reg: Registry) -> None:
    """A job that waits, as a scrub does between its pieces, is told at once to stop."""
    stop, heard = threading.Event(), list[bool]()

    def wait(_reg: Registry, rest: Rest) -> int:
        threading.Timer(0.05, stop.set).start()
        heard.append(rest(60))
        return 0

    schedule.run(reg, stop, [Job("long", 3600.0, wait)])
    assert heard == [True]


def test_the_schedule_runs(reg: Registry) -> None:
    """Every job of an installation works on an empty registry; those with an interval of 0 are not there."""
    jobs = schedule.jobs(Plan())
    assert [job.work(reg, lambda _: False) for job in jobs] == [0] * len(jobs)
    assert {job.name for job in jobs if job.seconds < 60} <= {"make previews", "activate images"}
    never = Plan(gc_seconds=0, scrub_days=0, lifecycle_seconds=0)
    names = {job.name for job in jobs} - {job.name for job in schedule.jobs(never)}
    collections = {"collect garbage", "free what is deleted", "collect orphans"}
    assert names == collections | {"scrub", "apply lifecycle policies"}
