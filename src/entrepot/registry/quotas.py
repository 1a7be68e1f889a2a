"""Quotas on how many there are of a thing, checked without counting each time one is added."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from entrepot.domain.errors import LimitExceeded
from entrepot.store import counts as table

if TYPE_CHECKING:
    from entrepot.domain.repositories import Repository
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

_KNOWN = 10_000


@dataclass(slots=True)
class Counts:
    """How many images a repository had when they were counted last, and which image was the newest of all then.

    Numbers of images only grow and are never used again, so a repository has had at most as many images added since as
    numbers were given out since. Only the 10,000 repositories counted last are known; others are counted when needed.
    """

    _counted: OrderedDict[int, tuple[int, int]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def at_most(self, repository: int, newest: int) -> int:
        """An upper bound of a repository's images when `newest` is the newest image anywhere."""
        count, then = self._counted.get(repository, (0, 0))
        return count + newest - then

    def note(self, repository: int, newest: int, count: int) -> None:
        with self._lock:
            self._counted[repository] = (count, newest)
            self._counted.move_to_end(repository)
            if len(self._counted) > _KNOWN:
                self._counted.popitem(last=False)


def check_images(tx: Tx, reg: Registry, repository: Repository, added: int) -> None:
    """Refuse the image `added`, just inserted, where that makes one too many. Raises LimitExceeded.

    It is exact where writers queue (SQLite); pushes at the same time on PostgreSQL may go over by as many as there are.
    """
    limit = reg.quotas.images_per_repository
    if reg.counts.at_most(repository.id, added) <= limit:
        return
    _count_images(tx, reg, repository, added)


def check_restored(tx: Tx, reg: Registry, repository: Repository, oldest: int) -> None:
    """Refuse images that are back from the recycle bin where they are too many. Raises LimitExceeded.

    `oldest` is one that is not newer than the newest of all. Other processes count them when they count again.
    """
    _count_images(tx, reg, repository, oldest)


def _count_images(tx: Tx, reg: Registry, repository: Repository, newest: int) -> None:
    limit, count = reg.quotas.images_per_repository, table.images(tx, repository.id)
    reg.counts.note(repository.id, newest, count)
    if count > limit:
        raise LimitExceeded(f"The repository with name '{repository.name}' has the maximum of {limit} images.")


def check_repositories(tx: Tx, reg: Registry, registry: int, added: int) -> None:
    """Refuse the repository `added`, just inserted, where that makes one too many. Raises LimitExceeded."""
    limit = reg.quotas.repositories_per_registry
    if added > limit and table.repositories(tx, registry) > limit:
        raise LimitExceeded(f"The registry has the maximum of {limit} repositories.")
