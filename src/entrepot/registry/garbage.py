"""Garbage collection while serving: what nothing needs goes, what a push may still need stays.

Images are roots, all of them: tagged or not, named by an index or not, referring to a subject that is there or not.
A repository keeps the blobs that its images name and those under lease; a blob that no repository keeps loses its row,
and in the same transaction its bytes go to the trash; the trash is emptied after that. Each removal asks again inside
its transaction, so a push at the same time either finds the blob gone or keeps it. A run that is killed leaves nothing
half done: the next one goes on. When an image is removed for good, its blobs need not wait for the end of their leases:
see `entrepot.store.garbage`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice

from entrepot.blobs.store import upload_of
from entrepot.domain.blobs import SILENCE
from entrepot.domain.errors import StorageUnavailable
from entrepot.registry import bin as recycling
from entrepot.registry.context import Registry
from entrepot.store import counters, garbage, pins, trash
from entrepot.store.db import Tx

GRACE = 3600.0  # seconds that a blob is kept after its lease
WINDOW = 5_000  # rows of one read
BATCH = 25  # removals in one transaction: pushes wait for it
LISTED = 500  # files that are asked about at once
BUSY = 5.0  # seconds after somebody wrote that a registry is in use: also a pull is on record within a second
REST = 19  # times as long as it made writers wait: a twentieth of the time, and the slowest pushes are no slower

Rest = Callable[[float], bool]
"""Waits so many seconds; true when it is time to stop."""


@dataclass(slots=True)
class Collected:
    """What a run took, or would take.

    Blobs that repositories had, blobs and their bytes, files that no row named; and of how many blobs the bytes were
    deleted, which a backup can put off. `failed` files could not be deleted, `failure` says why the last of them could
    not: each run tries them again. `images` were in the recycle bin long enough; a dry run does not count their bytes.
    """

    memberships: int = 0
    blobs: int = 0
    bytes: int = 0
    orphans: int = 0
    deleted: int = 0
    failed: int = 0
    failure: str = ""
    images: int = 0


class _Stopped(Exception):
    """It is time to stop."""


def no_rest(_: float) -> bool:
    """Go on at once."""
    return False


def collect(
    reg: Registry,
    grace: float = GRACE,
    *,
    dry_run: bool = False,
    orphans: bool = True,
    rest: Rest = no_rest,
    taken: Collected | None = None,
) -> Collected:
    """Collect what nothing has needed for `grace` seconds, or for SILENCE if its image is deleted; or only count it.

    `rest` is called after each piece of work with the seconds that pushes should have to themselves: none where nobody
    else has written for BUSY seconds, so that in an idle registry nothing is waited for. `orphans` lists
    every stored file as well. While a backup runs, bytes stay in the trash. Images that are in the recycle bin long
    enough go first. `taken` is added to while it runs. Linear in what there is, in memory that does not grow with it.
    Raises StorageUnavailable.
    """
    before, rest = reg.now() - int(grace * 1_000_000), _while_others_write(reg, rest)
    taken = Collected() if taken is None else taken
    taken.images = recycling.expiring(reg) if dry_run else recycling.expire(reg, rest)
    with suppress(_Stopped):
        _memberships(reg, before, taken, rest, dry_run=dry_run)
        _blobs(reg, before, taken, rest, dry_run=dry_run)
        if dry_run:
            taken.deleted = reg.db.read(partial(_deletable, now=reg.now(), more=taken.blobs))
        else:
            _empty_trash(reg, taken, rest)
        if orphans:
            _orphans(reg, taken, rest, dry_run=dry_run)
    return taken


def _memberships(reg: Registry, before: int, taken: Collected, rest: Rest, *, dry_run: bool) -> None:
    after: tuple[int, int] | None = (0, 0)
    while after is not None:
        find = partial(garbage.memberships, after=after, before=before, window=WINDOW, silent=_silent(reg))
        found, after = reg.db.read(find)
        _look_up(rest)
        if dry_run:
            taken.memberships += len(found)
            continue
        for batch in _batches(found, BATCH):
            with _turn(rest):
                drop = partial(_drop_memberships, keys=batch, before=before, silent=_silent(reg))
                taken.memberships += reg.db.write(drop, durable=False)  # what follows from it is durable


def _drop_memberships(tx: Tx, keys: Sequence[tuple[int, int]], before: int, silent: int) -> int:
    return sum(garbage.drop_membership(tx, repository, blob, before, silent) for repository, blob in keys)


def _silent(reg: Registry) -> int:
    return reg.now() - SILENCE


def _blobs(reg: Registry, before: int, taken: Collected, rest: Rest, *, dry_run: bool) -> None:
    after: int | None = 0
    while after is not None:
        find = partial(garbage.unowned, after=after, before=before, window=WINDOW, silent=_silent(reg))
        found, after = reg.db.read(find)
        _look_up(rest)
        if dry_run:
            taken.blobs += len(found)
            taken.bytes += sum(size for _, size in found)
            continue
        for batch in _batches(found, BATCH):
            with _turn(rest):
                sizes = reg.db.write(partial(_drop_blobs, blobs=batch, now=reg.now()))
                taken.blobs += len(sizes)
                taken.bytes += sum(sizes)


def free(reg: Registry, rest: Rest = no_rest) -> Collected:
    """Collect at once what images needed that were removed for good, and no push since. Raises StorageUnavailable."""
    taken = Collected()
    with suppress(_Stopped):
        found = reg.db.read(partial(garbage.released, silent=_silent(reg), limit=WINDOW))
        for start in range(0, len(found), BATCH):
            with _turn(rest):
                left, sizes = reg.db.write(partial(_free, reg=reg, batch=found[start : start + BATCH]))
                taken.memberships += left
                taken.blobs += len(sizes)
                taken.bytes += sum(sizes)
        if found:
            _empty_trash(reg, taken, rest)
    return taken


def _free(tx: Tx, reg: Registry, batch: Sequence[tuple[int, int, int]]) -> tuple[int, list[int]]:
    left = _drop_memberships(tx, [(repository, blob) for repository, blob, _ in batch], 0, _silent(reg))
    return left, _drop_blobs(tx, [(blob, size) for _, blob, size in batch], reg.now())


def waits(reg: Registry) -> float:
    """Seconds until nothing but a push that is under way keeps what images needed that were removed for good."""
    last = reg.db.read(partial(garbage.last_told, before=reg.now()))
    return max(0, min(last - _silent(reg), SILENCE) + 1) / 1_000_000


def _drop_blobs(tx: Tx, blobs: Sequence[tuple[int, int]], now: int) -> list[int]:
    """Move blobs to the trash; the sizes of those that nothing had come to need."""
    sizes = []
    for blob, size in blobs:
        location = garbage.drop_blob(tx, blob)
        if location is not None:
            trash.put(tx, location, now)
            sizes.append(size)
    if sizes:
        counters.add(tx, "gc_blobs", len(sizes))
        counters.add(tx, "gc_bytes", sum(sizes))
    return sizes


def _empty_trash(reg: Registry, taken: Collected, rest: Rest) -> None:
    """Delete the bytes in the trash, unless a backup needs them.

    A backup sets its pin before its snapshot. What the snapshot names came to the trash after it, so whoever reads that
    from the trash sees the pin in the same transaction.
    """
    after = ""
    while found := reg.db.read(partial(_disposable, now=reg.now(), after=after)):
        after = found[-1]
        with _turn(rest):
            gone = _delete(reg, found, taken)
            reg.db.write(partial(_forget, locations=gone), durable=False)  # to delete again does no harm
            taken.deleted += len(gone)


def _delete(reg: Registry, locations: Sequence[str], taken: Collected) -> list[str]:
    """Delete bytes; those that could be. One bad file keeps no other from being deleted."""
    gone = []
    for location in locations:
        try:
            reg.blobs.delete(location)
        except (StorageUnavailable, ValueError) as error:  # ValueError: a damaged row, that names no file
            taken.failed += 1
            taken.failure = getattr(error, "detail", str(error))
        else:
            gone.append(location)
    return gone


def _deletable(tx: Tx, now: int, more: int) -> int:
    """Of how many blobs a run would delete the bytes: what is in the trash and `more`, or none while a backup runs."""
    return 0 if pins.any_set(tx, now) else trash.count(tx) + more


def _disposable(tx: Tx, now: int, after: str) -> list[str]:
    return [] if pins.any_set(tx, now) else trash.page(tx, after, BATCH)


def _forget(tx: Tx, locations: Sequence[str]) -> None:
    for location in locations:
        trash.remove(tx, location)


def _orphans(reg: Registry, taken: Collected, rest: Rest, *, dry_run: bool) -> None:
    """Delete files that no row names, as a crash between storing bytes and naming them leaves."""
    listing = iter(reg.blobs.locations())
    while batch := list(islice(listing, LISTED)):
        found = reg.db.read(partial(unnamed, locations=batch))
        _look_up(rest)
        if found and not dry_run:
            with _turn(rest):
                found = _delete(reg, found, taken)
        taken.orphans += len(found)


def unnamed(tx: Tx, locations: Sequence[str]) -> list[str]:
    """Those of the locations, all listed before this transaction began, that nothing will ever name.

    An upload's row lives until the transaction that names its bytes. So bytes that are there, and that neither a blob,
    nor the trash, nor their upload accounts for, are left over.
    """
    return [location for location in locations if not garbage.is_named(tx, location, upload_of(location))]


def _while_others_write(reg: Registry, rest: Rest) -> Rest:
    seen, busy = reg.db.changes(), 0.0

    def when(seconds: float) -> bool:
        nonlocal seen, busy
        now = reg.db.changes()
        if now != seen:
            seen, busy = now, time.monotonic() + BUSY
        return rest(seconds if time.monotonic() < busy else 0.0)

    return when


@contextmanager
def _turn(rest: Rest) -> Iterator[None]:
    """One turn of work, after which others have REST times as long for theirs. Raises _Stopped when it is time to."""
    began = time.monotonic()
    yield
    if rest(REST * (time.monotonic() - began)):
        raise _Stopped


def _look_up(rest: Rest) -> None:
    """After a read, which nobody waits for. Raises _Stopped when it is time to stop."""
    if rest(0.0):
        raise _Stopped


def _batches(items: Sequence[tuple[int, int]], size: int) -> Iterator[Sequence[tuple[int, int]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
