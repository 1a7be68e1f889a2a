"""What one process knows of identities and policies, and until when it may believe that."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from entrepot.store import counters

if TYPE_CHECKING:
    from entrepot.domain.evaluation import Decision
    from entrepot.store.db import Database, Tx

COUNTER: Final = "identity"
LOOK_AGAIN: Final = 0.25  # seconds after which a process looks whether anything changed
_MOST = 50_000  # facts, and as many decisions, that are kept

T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """Facts as they were at one reading of the counter, and the decisions that follow from nothing else.

    What is read after the counter is at least as new as that, so an entry is never older than `at` says.
    """

    at: int
    facts: dict[Hashable, Any] = field(default_factory=dict)
    decisions: dict[Hashable, Decision] = field(default_factory=dict)

    def keep(self, key: Hashable, found: object) -> None:
        """Keep a fact."""
        if len(self.facts) >= _MOST:
            self.facts.clear()
        self.facts[key] = found

    def decided(self, key: Hashable, decision: Decision) -> None:
        """Keep a decision."""
        if len(self.decisions) >= _MOST:
            self.decisions.clear()
        self.decisions[key] = decision


class Memory:
    """The Known of now. Threads may share it: a Known that is replaced is left to those who still hold it."""

    __slots__ = ("_known", "_looked")

    def __init__(self) -> None:
        self._known = Known(-1)
        self._looked = float("-inf")

    def now(self, db: Database, tx: Tx | None = None) -> Known:
        """What is known, not older than LOOK_AGAIN. Inside a transaction, give it."""
        if tx is not None:
            return self._within(tx)
        if time.monotonic() - self._looked > LOOK_AGAIN:
            return self.fresh(db, tx)
        return self._known

    def held(self) -> Known | None:
        """What is known without a look at the database, None where it is time for one."""
        return self._known if time.monotonic() - self._looked <= LOOK_AGAIN else None

    def fresh(self, db: Database, tx: Tx | None = None) -> Known:
        """What is known as of this moment."""
        if tx is not None:
            return self._within(tx)
        looked = time.monotonic()
        at = db.read(lambda tx: counters.value(tx, COUNTER))
        if at != self._known.at:
            self._known = Known(at)
        self._looked = looked
        return self._known

    def _within(self, tx: Tx) -> Known:
        """What is known where the transaction stands, to be read and not to be added to.

        What a transaction has counted may be undone and counted again by another one, so it is not remembered.
        """
        at, known = counters.value(tx, COUNTER), self._known
        return known if known.at == at else Known(at)

    def doubt(self) -> None:
        """Look again before the next answer: this process changed something."""
        self._looked = float("-inf")


def fact(known: Known, db: Database, tx: Tx | None, key: Hashable, load: Callable[[Tx], T]) -> T:
    """A fact that is known, or is read now; what a transaction sees of its own changes is not kept."""
    if key in known.facts:
        found: T = known.facts[key]
        return found
    if tx is not None:
        return load(tx)
    found = db.read(load)
    known.keep(key, found)
    return found
