"""What the jobs process does and how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from entrepot.registry import housekeeping
from entrepot.registry.context import Registry
from entrepot.web import logs

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """A use case that is called every `seconds`, first when the process starts; it says how much it did."""

    name: str
    seconds: float
    work: Callable[[Registry], int]


JOBS = (
    Job("sweep uploads", 10 * MINUTE, housekeeping.sweep_uploads),
    Job("trim records", 60 * MINUTE, housekeeping.trim),
)


def run(reg: Registry, stop: threading.Event, jobs: Sequence[Job] = JOBS) -> None:
    """Do each job when it is due until `stop` is set. A job that fails is logged and tried when it is due again."""
    due = dict.fromkeys(jobs, 0.0)
    while not stop.is_set():
        for job, when in due.items():
            if time.monotonic() >= when and not stop.is_set():
                _do(reg, job)
                due[job] = time.monotonic() + job.seconds
        stop.wait(max(0.0, min(due.values()) - time.monotonic()))


def _do(reg: Registry, job: Job) -> None:
    log = logs.get("jobs").bind(job=job.name)
    try:
        done = job.work(reg)
    except Exception:  # the next job is due all the same
        log.exception("job failed")
    else:
        if done:
            log.info("job done", count=done)
