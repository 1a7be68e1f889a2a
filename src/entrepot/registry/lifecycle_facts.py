"""What a lifecycle policy has to know about a repository, read in windows; and what its decisions would free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from entrepot.domain.lifecycle import Decision, Fact
from entrepot.domain.lifecycle_policy import EXPIRE
from entrepot.domain.repositories import Repository
from entrepot.registry import deletion
from entrepot.registry.context import Registry
from entrepot.store import lifecycle as table
from entrepot.store.db import Row, Tx

WINDOW = 5_000  # rows of one read


def facts(tx: Tx, reg: Registry, repository: Repository) -> list[Fact]:
    """What counts of every image of a repository; in memory about 1 KB an image."""
    tagged: dict[int, list[str]] = {}
    for image, name in _walk(partial(table.tags, tx, repository.id), "", lambda row: row[1]):
        tagged.setdefault(image, []).append(name)
    named: dict[str, list[str]] = {}
    for digest, _, index in _walk(partial(table.children, tx, repository.id), ("", 0), lambda row: (row[0], row[1])):
        named.setdefault(digest, []).append(index)
    guard = deletion.guard(tx, reg, repository)
    guards = guard.whole or guard.patterns
    found = []
    for row in _walk(partial(table.images, tx, repository.id), "", lambda row: row[1]):
        id_, digest, pushed_at, pulled_at, activated_at, archived_at, status, subject = row
        tags, indexes = tuple(tagged.get(id_, ())), tuple(named.get(digest, ()))
        times = (pushed_at, pulled_at, activated_at, archived_at)
        reason = guards and guard.reason(tags)
        found.append(Fact(id_, digest, tags, *times, status, subject, indexes, reason or ""))
    return found


def _walk(page: Callable[[Any, int], list[Row]], start: Any, key: Callable[[Row], Any]) -> Iterator[Row]:
    """Every row of what is read by pages."""
    rows = page(start, WINDOW)
    while rows:
        yield from rows
        rows = page(key(rows[-1]), WINDOW) if len(rows) == WINDOW else []


def freed(tx: Tx, repository: Repository, decisions: Sequence[Decision]) -> int:
    """The bytes of the blobs that no image would name any more, in this repository or another, after the decisions."""
    leaving = {decision.image.id for decision in decisions if decision.action == EXPIRE}
    total, last, stays = 0, "", True
    for digest, image in _walk(partial(table.blobs, tx, repository.id), ("", 0), lambda row: (row[0], row[1])):
        if digest != last:
            total += 0 if stays else table.bytes_of_only(tx, repository.id, last)
            last, stays = digest, False
        stays = stays or image not in leaving
    return total + (0 if stays else table.bytes_of_only(tx, repository.id, last))
