"""What the jobs process does and how often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from entrepot.domain import sizes
from entrepot.domain.sizes import Size
from entrepot.domain.webhooks import Webhook
from entrepot.jobs import webhooks
from entrepot.registry import garbage, housekeeping, lifecycle, previews, referrers, room, scrub, storage_class
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest
from entrepot.web import logs

MINUTE = 60.0
HOUR = 60 * MINUTE
_RESERVE = sizes.parse("5%")


@dataclass(frozen=True, slots=True)
class Job:
    """A use case that is called every `seconds`, first when the process starts; it says how much it did.

    It is given what to wait with: `rest(seconds)` is true when it has to stop.
    """

    name: str
    seconds: float
    work: Callable[[Registry, Rest], int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installation chooses. An interval of 0 is never."""

    gc_seconds: float = HOUR
    gc_grace: float = garbage.GRACE
    scrub_days: float = scrub.DAYS
    scrub_bytes_per_second: float = scrub.BYTES_PER_SECOND
    lifecycle_seconds: float = HOUR
    activation_seconds: float = 0.0
    reserve: Size = _RESERVE
    webhooks: tuple[Webhook, ...] = ()


def jobs(plan: Plan) -> list[Job]:
    """The jobs of an installation."""
    found = [
        Job("sweep uploads", 10 * MINUTE, lambda reg, _: housekeeping.sweep_uploads(reg)),
        Job("trim records", HOUR, lambda reg, _: housekeeping.trim(reg)),
        Job("activate images", MINUTE / 2, partial(_activate, plan=plan)),
        Job("make room", MINUTE, partial(_make_room, plan=plan)),
        Job("delete referrers of what is deleted", HOUR, referrers.clean),
        Job("make previews", 1.0, lambda reg, _: previews.make(reg)),
        Job("forget previews", HOUR, lambda reg, _: previews.forget(reg)),
    ]
    if plan.gc_seconds:
        found.append(Job("collect garbage", plan.gc_seconds, partial(_collect, grace=plan.gc_grace, orphans=False)))
        found.append(Job("free what is deleted", MINUTE, _free))
        found.append(Job("collect orphans", 24 * HOUR, partial(_collect, grace=plan.gc_grace, orphans=True)))
    if plan.scrub_days:
        found.append(Job("scrub", HOUR, partial(_scrub, plan=plan)))
    if plan.lifecycle_seconds:
        seconds = min(MINUTE, plan.lifecycle_seconds)  # how often it is looked which repositories are due
        found.append(Job("apply lifecycle policies", seconds, partial(_apply, plan=plan)))
    found += [
        Job(f"webhook {each.name}", webhooks.SECONDS, partial(webhooks.work, webhook=each)) for each in plan.webhooks
    ]
    return found


def _activate(reg: Registry, _: Rest, *, plan: Plan) -> int:
    return storage_class.activate_due(reg, plan.activation_seconds)


def _make_room(reg: Registry, rest: Rest, *, plan: Plan) -> int:
    return room.make(reg, plan.reserve, rest)


def _collect(reg: Registry, rest: Rest, *, grace: float, orphans: bool) -> int:
    taken = garbage.collect(reg, grace, orphans=orphans, rest=rest)
    return taken.blobs + taken.orphans


def _free(reg: Registry, rest: Rest) -> int:
    """Where there is no recycle bin, bytes come free at once; what leaves the bin is for the collections."""
    return 0 if reg.keeping.retention else garbage.free(reg, rest).blobs


def _apply(reg: Registry, rest: Rest, *, plan: Plan) -> int:
    ran = lifecycle.run_due(reg, plan.lifecycle_seconds, rest)
    return ran.expired + ran.archived


def _scrub(reg: Registry, rest: Rest, *, plan: Plan) -> int:
    return scrub.scrub(reg, plan.scrub_days, plan.scrub_bytes_per_second, rest).damaged


def run(reg: Registry, stop: threading.Event, jobs: Sequence[Job]) -> None:
    """Do each job when it is due until `stop` is set, each in a thread of its own: a scrub takes days.

    A job that fails is logged and tried when it is due again.
    """
    threads = [threading.Thread(target=_repeat, args=(reg, stop, job), name=job.name, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _repeat(reg: Registry, stop: threading.Event, job: Job) -> None:
    while not stop.is_set():
        began = time.monotonic()
        _do(reg, stop, job)
        stop.wait(max(0.0, began + job.seconds - time.monotonic()))


def _do(reg: Registry, stop: threading.Event, job: Job) -> None:
    log = logs.get("jobs").bind(job=job.name)
    try:
        done = job.work(reg, stop.wait)
    except Exception:  # it is due again
        log.exception("job failed")
    else:
        if done:
            log.info("job done", count=done)
