"""Refusing to delete what is protected: asked by every way of deleting, in its transaction."""

from __future__ import annotations

from collections.abc import Sequence

from entrepot.domain import protection as rules
from entrepot.domain.errors import Protected
from entrepot.domain.protection import Guard
from entrepot.domain.repositories import Repository
from entrepot.registry.context import Registry
from entrepot.store import repository_tags
from entrepot.store import tags as table
from entrepot.store.db import Tx

_PAGE = 1000


def guard(tx: Tx, reg: Registry, repository: Repository) -> Guard:
    """What is protected in a repository."""
    return rules.guard(reg.keeping, repository_tags.of(tx, repository.id))


def check(tx: Tx, reg: Registry, repository: Repository, tags: Sequence[str | None]) -> None:
    """Refuse to delete an image with these tags, or one of these tags. Raises Protected."""
    reason = guard(tx, reg, repository).reason(tags)
    if reason is not None:
        raise Protected(reason)


def check_all(tx: Tx, reg: Registry, repository: Repository) -> None:
    """Refuse to delete a repository that is protected, or that has a protected image. Raises Protected."""
    found = guard(tx, reg, repository)
    reason = found.reason(())
    after = ""
    while reason is None and found.patterns and (tags := table.every(tx, repository.id, after, _PAGE)):
        reason = found.reason(tags)
        after = tags[-1]
    if reason is not None:
        raise Protected(reason)
