"""The audit trail: changes are recorded in their own transaction, reads are gathered and written each second."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entrepot.domain.audit import Record
from entrepot.domain.identities import identity
from entrepot.domain.principals import Caller
from entrepot.registry.refusals import Refusals
from entrepot.store import access_keys, exclusions, identities, images
from entrepot.store import audit as table
from entrepot.store.db import Database, Tx

if TYPE_CHECKING:
    from entrepot.registry.context import Registry

GATHERED_MAX = 100_000  # reads that one process holds; the oldest go first where the database does not keep up
USED_EVERY = 60_000_000  # the last use of a key or role moves at most once a minute, in microseconds
USED_MAX = 10_000  # keys and roles of which one process knows that they were noted
PULL_EVERY = 3_600_000_000  # a last-pull time moves at most once an hour for each image


@dataclass(frozen=True, slots=True)
class Use:
    """When an access key or a role was used last, microseconds UTC, and for what."""

    at: int
    region: str
    service: str


@dataclass(slots=True)
class Trail:
    """What one process has gathered and not yet written. A crash may lose its last second."""

    _reads: deque[Record] = field(default_factory=lambda: deque(maxlen=GATHERED_MAX))
    _pulls: dict[tuple[int, str], int] = field(default_factory=dict)
    _uses: dict[str | int, Use] = field(default_factory=dict)
    _used: dict[str | int, int] = field(default_factory=dict)
    _refusals: Refusals = field(default_factory=Refusals)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, record: Record) -> None:
        self._reads.append(record)

    def refused(self, record: Record) -> None:
        """Note that somebody was not believed: see Refusals."""
        first = self._refusals.note(record)
        if first is not None:
            self._reads.append(first)

    def pull(self, image: int, principal: str, at: int) -> None:
        with self._lock:
            self._pulls[image, principal] = at

    def use(self, who: str | int, at: int, region: str, service: str) -> None:
        """Note the use of an access key, by its id, or of a role, by its row, unless one was noted within a minute."""
        if at - self._used.get(who, 0) < USED_EVERY:
            return
        with self._lock:
            if len(self._used) >= USED_MAX:
                self._used.clear()
            self._used[who] = at
            self._uses[who] = Use(at, region, service)

    def flush(self, db: Database) -> None:
        """Write what was gathered, in one transaction. What could not be written is kept for the next time."""
        with self._lock:
            pulls, self._pulls = self._pulls, {}
            uses, self._uses = self._uses, {}
        self._reads.extend(self._refusals.due())
        reads = [self._reads.popleft() for _ in range(len(self._reads))]
        if not reads and not pulls and not uses:
            return
        try:
            db.write(lambda tx: _write(tx, reads, pulls, uses), durable=False)
        except Exception:
            room = GATHERED_MAX - len(self._reads)  # a full deque would lose what came meanwhile, which is newer
            self._reads.extendleft(reversed(reads[max(0, len(reads) - room) :]))
            with self._lock:
                self._pulls = {**pulls, **self._pulls}
                self._uses = {**uses, **self._uses}
            raise


def _write(tx: Tx, reads: list[Record], pulls: Mapping[tuple[int, str], int], uses: Mapping[str | int, Use]) -> None:
    table.insert_all(tx, reads)
    for who, use in uses.items():
        if isinstance(who, str):
            access_keys.used(tx, who, use.at, use.region, use.service)
        else:
            identities.used(tx, who, use.at, use.region)
    for image, at in _counting(tx, pulls) if pulls and exclusions.any_at_all(tx) else _images(pulls):
        images.pulled(tx, image, at)


def _images(pulls: Mapping[tuple[int, str], int]) -> Iterator[tuple[int, int]]:
    return ((image, at) for (image, _), at in pulls.items())


def _counting(tx: Tx, pulls: Mapping[tuple[int, str], int]) -> Iterator[tuple[int, int]]:
    """The images that were pulled by somebody whom their registry does not exclude."""
    excluded: dict[int, frozenset[str]] = {}  # the identities of each registry, which is asked once
    for (image, principal), at in pulls.items():
        registry = exclusions.registry_of(tx, image)
        if registry not in excluded:
            excluded[registry] = frozenset(map(identity, exclusions.of_registry(tx, registry)))
        if identity(principal) not in excluded[registry]:
            yield image, at


def changed(tx: Tx, caller: Caller, now: int, resource: str, **parameters: object) -> None:
    """Record a change, in the transaction that makes it."""
    table.insert(tx, Record(caller, now, resource, parameters))


def seen(reg: Registry, caller: Caller, resource: str, error: str = "", **parameters: object) -> None:
    """Record a read, or a call that was refused with `error`."""
    reg.trail.read(Record(caller, reg.now(), resource, parameters, error))


def pulled(reg: Registry, caller: Caller, image: int, last: int | None) -> None:
    """Note that `caller` pulled an image, unless a pull was noted within the hour (`last`, microseconds UTC).

    Whether the caller is one whose pulls do not count is asked when what was gathered is written.
    """
    now = reg.now()
    if last is None or now - last >= PULL_EVERY:
        reg.trail.pull(image, caller.principal.arn, now)
