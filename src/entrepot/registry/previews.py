"""Previews of lifecycle policies: asked for, made in the jobs process, read page by page.

A preview that is in progress is a row, so it is made after a restart as well. It is made in small transactions, each of
which looks whether it is still wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from entrepot.domain import lifecycle, pages
from entrepot.domain.errors import (
    InvalidParameter,
    LifecyclePolicyPreviewInProgress,
    LifecyclePolicyPreviewNotFound,
    RepositoryNotFound,
    StorageFull,
    StorageUnavailable,
)
from entrepot.domain.images import Failure, ImageId
from entrepot.domain.lifecycle import Decision, Fact, Policy
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, lifecycle_events, lookup, repositories
from entrepot.registry import lifecycle as policies
from entrepot.registry.context import Registry
from entrepot.registry.lifecycle_facts import facts
from entrepot.store import lifecycle as table
from entrepot.store.db import Tx
from entrepot.store.lifecycle import Preview, Previewed, Stored

LIMIT = 100  # images of a page, GetLifecyclePolicyPreview
BATCH = 500  # images in one transaction
KEPT = 24 * 3600 * 1_000_000  # microseconds after which a preview is EXPIRED
IN_PROGRESS, COMPLETE, FAILED, EXPIRED = "IN_PROGRESS", "COMPLETE", "FAILED", "EXPIRED"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a preview. `counts` says how many images EXPIRE and TRANSITION would take in all."""

    text: str
    status: str
    images: Sequence[Previewed]
    counts: Mapping[str, int]
    token: str | None


def start(reg: Registry, caller: Caller, key: RegistryKey, name: str, text: str | None) -> str:
    """Ask for a preview of a policy, None for the repository's own; the text that is previewed.

    Raises LifecyclePolicyInvalid, RepositoryNotFound, LifecyclePolicyNotFound, LifecyclePolicyPreviewInProgress.
    """
    if text is not None:
        lifecycle.parse(text)

    def write(tx: Tx) -> str:
        repository = repositories.find(tx, key, name)
        wanted = policies.find(tx, repository).text if text is None else text
        now = reg.now()
        running = table.preview(tx, repository.id)
        if running is not None and running.status == IN_PROGRESS:
            raise LifecyclePolicyPreviewInProgress
        table.start_preview(tx, repository.id, wanted, max(now, running.started_at + 1 if running else 0))
        audit.changed(tx, caller, now, repositories.arn(repository), lifecyclePolicyText=wanted)
        return wanted

    return reg.db.write(write)


def get(
    reg: Registry,
    key: RegistryKey,
    name: str,
    *,
    wanted: Sequence[ImageId] | None,
    tagged: bool | None,
    token: str | None,
    limit: int | None,
) -> Shown:
    """The last preview: those of the images `wanted`, or a page of all, the tagged or the untagged ones.

    Raises RepositoryNotFound, LifecyclePolicyPreviewNotFound, InvalidParameter for a bad token.
    """
    scope = f"preview {key.account} {key.region} {name} {tagged}"
    (after,) = pages.start(scope, token, 1)

    def read(tx: Tx) -> Shown:
        repository = repositories.find(tx, key, name)
        preview = table.preview(tx, repository.id)
        if preview is None:
            raise LifecyclePolicyPreviewNotFound
        status = _status(preview, reg.now())
        if status != COMPLETE:
            return Shown(preview.text, status, (), {}, None)
        counts = table.preview_counts(tx, repository.id)
        if wanted is not None:
            return Shown(preview.text, status, _some(tx, repository, wanted, tagged), counts, None)
        size = limit or LIMIT
        rows = table.previewed(tx, repository.id, tagged, after, size + 1)
        more = pages.token(scope, (rows[size - 1].digest,)) if len(rows) > size else None
        return Shown(preview.text, status, rows[:size], counts, more)

    return reg.db.read(read)


def _status(preview: Preview, now: int) -> str:
    if preview.finished_at is not None and now - preview.finished_at > KEPT:
        return EXPIRED
    return preview.status


def _some(tx: Tx, repository: Repository, wanted: Sequence[ImageId], tagged: bool | None) -> list[Previewed]:
    """Those of the images that the preview has; by tag the one that has the tag now."""
    found: dict[str, Previewed] = {}
    for wish in wanted:
        image = lookup.lookup(tx, repository, wish)
        if isinstance(image, Failure):
            if image.code != "ImageNotFound":
                raise InvalidParameter("imageIds", image.reason)
            continue
        previewed = table.previewed_one(tx, repository.id, image.digest)
        if previewed is not None and tagged in (None, bool(previewed.tags)):
            found[previewed.digest] = previewed
    return list(found.values())


# --- making them -----------------------------------------------------------------------------------------------


def make(reg: Registry) -> int:
    """Make every preview that is in progress; how many. One that cannot be made is FAILED.

    Raises what made the last of them fail, when all had their turn.
    """
    made, after, failure = 0, 0, None
    while (found := reg.db.read(partial(table.waiting, after=after))) is not None:
        after, account, region, name = found
        try:
            _make(reg, RegistryKey(account, region), name)
        except RepositoryNotFound:  # deleted meanwhile
            continue
        except (StorageUnavailable, StorageFull):  # it is made when the storage works again
            raise
        except Exception as error:  # noqa: BLE001  # it is raised when the others had their turn
            reg.db.write(partial(table.finish_preview, repository=after, status=FAILED, now=reg.now()))
            failure = error
        made += 1
    if failure is not None:
        raise failure
    return made


def forget(reg: Registry) -> int:
    """Remove the images of previews that are EXPIRED; how many there were."""
    total, before = 0, reg.now() - KEPT
    while (repository := reg.db.read(partial(table.stale_preview, before=before))) is not None:
        total += reg.db.write(partial(_forget, repository=repository, before=before), durable=False)
    return total


def _forget(tx: Tx, repository: int, before: int) -> int:
    found = table.preview(tx, repository)
    stale = found is not None and found.finished_at is not None and found.finished_at < before
    return table.drop_previewed(tx, repository, BATCH) if stale else 0


class _Unwanted(Exception):
    """The preview is not in progress any more, or another one is."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A preview that is being made."""

    repository: Repository
    preview: Preview
    policy: Policy
    stored: Stored
    taken: list[Decision]


def _make(reg: Registry, key: RegistryKey, name: str) -> None:
    try:
        work = _decide(reg, key, name)
        while reg.db.write(partial(_clear, work=work), durable=False) == BATCH:
            pass
        for start_ in range(0, len(work.taken), BATCH):
            part = work.taken[start_ : start_ + BATCH]
            reg.db.write(partial(_keep, work=work, part=part, now=reg.now()), durable=False)
        reg.db.write(partial(_finish, work=work, now=reg.now()))
    except _Unwanted:
        return


def _decide(reg: Registry, key: RegistryKey, name: str) -> _Work:
    def read(tx: Tx) -> tuple[Repository, Preview, Stored | None, list[Fact]]:
        repository = repositories.find(tx, key, name)
        preview = table.preview(tx, repository.id)
        if preview is None or preview.status != IN_PROGRESS:
            raise _Unwanted
        return repository, preview, table.find(tx, repository.id), facts(tx, reg, repository)

    repository, preview, stored, known = reg.db.read(read)
    policy = lifecycle.parse(preview.text)
    if stored is None or stored.text != preview.text:
        stored = Stored(preview.text, "", 0, preview.started_at, 0)
    decisions = lifecycle.decide(policy, known, reg.now())
    return _Work(repository, preview, policy, stored, [decision for decision in decisions if decision.action])


def _check(tx: Tx, work: _Work) -> None:
    """Raise _Unwanted where the preview is another one now, or gone with its repository."""
    found = table.preview(tx, work.repository.id)
    if found is None or (found.started_at, found.status) != (work.preview.started_at, IN_PROGRESS):
        raise _Unwanted


def _clear(tx: Tx, work: _Work) -> int:
    """Remove some of the images of an earlier preview, or of this one when it was broken off."""
    _check(tx, work)
    return table.drop_previewed(tx, work.repository.id, BATCH)


def _keep(tx: Tx, work: _Work, part: Sequence[Decision], now: int) -> None:
    _check(tx, work)
    for decision in part:
        image, rule = decision.image, decision.rule
        priority, action = rule.priority if rule else 0, str(decision.action)
        shown = Previewed(image.digest, image.tags, image.pushed_at, image.status, priority, action)
        table.keep_previewed(tx, work.repository.id, shown)
    lifecycle_events.record(tx, work.repository, lifecycle_events.DRY_RUN, work.policy, work.stored, part, now)


def _finish(tx: Tx, work: _Work, now: int) -> None:
    _check(tx, work)
    table.finish_preview(tx, work.repository.id, COMPLETE, now)
