"""Lifecycle policies: set, read and removed; run now or when they are due; explained without a run.

A run decides once about the whole repository and then does it in small transactions, each of which looks again: an
image about which anything changed is left to the next run, and where somebody else deleted, archived or moved a tag
meanwhile, all is decided again, because rules count what is there. An image and the referrers that follow it go in one
transaction, so a run that is killed leaves nothing half done.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from entrepot.domain import events, lifecycle
from entrepot.domain.errors import LifecyclePolicyNotFound, Protected, RepositoryNotFound
from entrepot.domain.images import Image
from entrepot.domain.lifecycle import Decision, Fact, Policy, Why
from entrepot.domain.lifecycle_policy import EXPIRE
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, deletion, lifecycle_events, repositories, storage_class
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest, no_rest
from entrepot.registry.lifecycle_facts import facts, freed
from entrepot.store import images, tags
from entrepot.store import lifecycle as table
from entrepot.store.db import Tx
from entrepot.store.lifecycle import Stored

BATCH = 45  # images in one transaction: pushes wait for it
HELD = 450  # images that are put on record in one transaction
PASSES = 5  # how often in a row a run decides again, and does nothing, because others change what rules count
NEWS = 500  # events that are looked through for such changes; more are taken for one
REFERRERS = 1_000  # of one image that are looked through for new ones
DAY = 24 * 3600 * 1_000_000  # microseconds
_EVER = 2**63 - 1


# --- policies --------------------------------------------------------------------------------------------------


def put(reg: Registry, caller: Caller, key: RegistryKey, name: str, text: str) -> None:
    """Set the policy of a repository, in place of any it has. Raises LifecyclePolicyInvalid, RepositoryNotFound."""
    lifecycle.parse(text)

    def write(tx: Tx) -> None:
        repository = repositories.find(tx, key, name)
        now = reg.now()
        table.put(tx, repository.id, text, str(uuid.uuid4()), now)
        audit.changed(tx, caller, now, repositories.arn(repository), lifecyclePolicyText=text)

    reg.db.write(write)


def get(reg: Registry, key: RegistryKey, name: str) -> Stored:
    """The policy of a repository. Raises RepositoryNotFound, LifecyclePolicyNotFound."""
    return reg.db.read(lambda tx: find(tx, repositories.find(tx, key, name)))


def delete(reg: Registry, caller: Caller, key: RegistryKey, name: str) -> Stored:
    """Remove the policy of a repository and return it. Raises RepositoryNotFound, LifecyclePolicyNotFound."""

    def write(tx: Tx) -> Stored:
        repository = repositories.find(tx, key, name)
        stored = find(tx, repository)
        table.remove(tx, repository.id)
        audit.changed(tx, caller, reg.now(), repositories.arn(repository))
        return stored

    return reg.db.write(write)


def find(tx: Tx, repository: Repository) -> Stored:
    """The policy of a repository. Raises LifecyclePolicyNotFound."""
    stored = table.find(tx, repository.id)
    if stored is None:
        raise LifecyclePolicyNotFound(repository.name, repository.account)
    return stored


# --- deciding --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """The tags and the images that there were when it was decided."""

    tags: frozenset[str]
    digests: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to a repository, and the last event that was there when it was decided."""

    repository: Repository
    stored: Stored
    policy: Policy
    decisions: list[Decision]
    event: int

    @property
    def known(self) -> Known:
        tags_ = frozenset(tag for decision in self.decisions for tag in decision.image.tags)
        return Known(tags_, frozenset(decision.image.digest for decision in self.decisions))

    @property
    def groups(self) -> Iterator[list[Decision]]:
        """What is taken: each image with the referrers that follow it, subjects first."""
        following: dict[str, list[Decision]] = {}
        for decision in self.decisions:
            if decision.why == Why.FOLLOWS:
                following.setdefault(decision.by[0], []).append(decision)
        for decision in self.decisions:
            if decision.why == Why.TAKEN:
                group = [decision]
                for one in group:  # grows while it is walked
                    group.extend(following.get(one.image.digest, ()))
                yield group


def plan(reg: Registry, key: RegistryKey, name: str) -> Plan:
    """Decide about a repository by its policy. Raises RepositoryNotFound, LifecyclePolicyNotFound."""

    def read(tx: Tx) -> tuple[Repository, Stored, int, list[Fact]]:
        repository = repositories.find(tx, key, name)
        return repository, find(tx, repository), table.last_event(tx), facts(tx, reg, repository)

    repository, stored, event, known = reg.db.read(read)
    policy = lifecycle.parse(stored.text)
    return Plan(repository, stored, policy, lifecycle.decide(policy, known, reg.now()), event)


def explain(reg: Registry, key: RegistryKey, name: str) -> tuple[list[Decision], int]:
    """What a run would do now to each image and why, and how many bytes of blobs would come free.

    Raises RepositoryNotFound, LifecyclePolicyNotFound.
    """
    found = plan(reg, key, name)
    return found.decisions, reg.db.read(lambda tx: freed(tx, found.repository, found.decisions))


# --- running ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Ran:
    """What runs did: images expired, archived, and those that a rule would take but something holds.

    `left` images changed while it ran and wait for the next run. `stopped`: it was told to before it was done.
    """

    repositories: int = 0
    images: int = 0
    expired: int = 0
    archived: int = 0
    held: int = 0
    left: int = 0
    stopped: bool = False


def run(reg: Registry, key: RegistryKey, name: str, rest: Rest = no_rest, ran: Ran | None = None) -> Ran:
    """Apply the policy of a repository now; `ran` is added to while it runs.

    `rest` is called after each transaction with the time for which it kept writers waiting. Raises RepositoryNotFound
    and LifecyclePolicyNotFound, also when somebody removes them meanwhile, StorageUnavailable, StorageFull.
    """
    ran = Ran() if ran is None else ran
    ran.repositories += 1
    idle, left = 0, ran.left
    while idle < PASSES:
        found, ran.left = plan(reg, key, name), left
        before = ran.expired + ran.archived
        done = _Pass(reg, found, rest, ran).apply()
        if done or ran.stopped:
            break
        idle = 0 if ran.expired + ran.archived > before else idle + 1
    ran.images += len(found.decisions)
    held = [decision for decision in found.decisions if decision.why in (Why.REFERENCED, Why.PROTECTED)]
    ran.held += len(held)
    if done and not ran.stopped:
        _finish(reg, found, held)
    return ran


def _finish(reg: Registry, found: Plan, held: Sequence[Decision]) -> None:
    """Note that a policy was evaluated, and once a day what it could not take."""

    def write(tx: Tx, part: Sequence[Decision]) -> None:
        stored = table.find(tx, found.repository.id)
        if stored is not None and stored.same_as(found.stored):
            name = lifecycle_events.POLICY_EXECUTION
            lifecycle_events.record(tx, found.repository, name, found.policy, found.stored, part, reg.now())

    def note(tx: Tx) -> None:
        stored = table.find(tx, found.repository.id)
        if stored is not None and stored.same_as(found.stored):
            table.evaluated(tx, found.repository.id, reg.now())

    if found.stored.evaluated_at // DAY != reg.now() // DAY:
        for start in range(0, len(held), HELD):
            reg.db.write(partial(write, part=held[start : start + HELD]), durable=False)
    reg.db.write(note)


def run_due(reg: Registry, interval: float, rest: Rest = no_rest) -> Ran:
    """Apply every policy that was neither set nor applied in the last `interval` seconds.

    What one repository raises does not keep the others; the last of it is raised at the end.
    """
    ran, failure = Ran(), None
    for key, name in places(reg, reg.now() - int(interval * 1_000_000)):
        try:
            run(reg, key, name, rest, ran)
        except (RepositoryNotFound, LifecyclePolicyNotFound):  # removed meanwhile
            continue
        except Exception as error:  # noqa: BLE001  # it is raised when the others had their turn
            failure = error
        if ran.stopped:
            break
    if failure is not None:
        raise failure
    return ran


def places(reg: Registry, before: int | None = None) -> list[tuple[RegistryKey, str]]:
    """The repositories with a policy; with `before` those whose was neither set nor applied since that instant."""
    found: list[tuple[RegistryKey, str]] = []
    row = reg.db.read(partial(table.due, before=_EVER if before is None else before, after=0))
    while row is not None:
        after, account, region, name = row
        found.append((RegistryKey(account, region), name))
        row = reg.db.read(partial(table.due, before=_EVER if before is None else before, after=after))
    return found


class _Changed(Exception):
    """Somebody else changed what was decided about."""


@dataclass(slots=True)
class _Pass:
    """One plan being carried out. `seen` is the last event that the plan knows of or that this pass wrote."""

    reg: Registry
    plan: Plan
    rest: Rest
    ran: Ran
    seen: int = 0

    def apply(self) -> bool:
        """Carry the plan out; False when it has to be made again."""
        self.seen = self.plan.event
        known = self.plan.known
        for groups in _batches(self.plan.groups):
            began = time.monotonic()
            try:
                done, self.seen = self.reg.db.write(partial(self._write, groups=groups, known=known))
            except _Changed:
                self.ran.left += sum(map(len, groups))
                return False
            self.ran.expired += sum(decision.action == EXPIRE for decision in done)
            self.ran.archived += sum(decision.action != EXPIRE for decision in done)
            self.ran.left += sum(map(len, groups)) - len(done)
            if self.rest(time.monotonic() - began):
                self.ran.stopped = True
                break
        return True

    def _write(self, tx: Tx, groups: Sequence[Sequence[Decision]], known: Known) -> tuple[list[Decision], int]:
        repository = repositories.find(
            tx, RegistryKey(self.plan.repository.account, self.plan.repository.region), self.plan.repository.name
        )
        stored = find(tx, repository)
        if repository.id != self.plan.repository.id or not stored.same_as(self.plan.stored):
            raise _Changed
        if _disturbed(tx, repository, self.seen, known):
            raise _Changed
        now = self.reg.now()
        done = [one for group in groups for one in _take_group(tx, self.reg, repository, group, known, now)]
        name = lifecycle_events.POLICY_EXECUTION
        lifecycle_events.record(tx, repository, name, self.plan.policy, self.plan.stored, done, now)
        return done, table.last_event(tx)


def _batches(groups: Iterator[list[Decision]]) -> Iterator[list[list[Decision]]]:
    batch: list[list[Decision]] = []
    for group in groups:
        batch.append(group)
        if sum(map(len, batch)) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _disturbed(tx: Tx, repository: Repository, seen: int, known: Known) -> bool:
    """Whether somebody deleted or archived an image of the repository, or moved a tag, since the event `seen`.

    A new image, or a new tag, takes nothing from what rules counted.
    """
    news = table.events_since(tx, repository.registry, seen, NEWS)
    for type_, text in news:
        detail = json.loads(text)
        if type_ != events.SERVICE_EVENT and repository.name in events.repositories_of(detail):
            tag = detail.get("image-tag")
            if detail.get("action-type") != "PUSH" or tag in known.tags:
                return True
    return len(news) == NEWS


def _take_group(
    tx: Tx, reg: Registry, repository: Repository, group: Sequence[Decision], known: Known, now: int
) -> list[Decision]:
    """Take an image and what follows it, unless anything about them changed; what was taken."""
    first = _unchanged(tx, repository, group[0])
    if first is None:
        return []
    if group[0].action != EXPIRE:
        gone = {image.digest for image in storage_class.archive(tx, repository, first, now)}
        return [decision for decision in group if decision.image.digest in gone]
    if _has_new_referrers(tx, repository, group, known):
        return []
    taken: list[Decision] = []
    gone = set()
    for decision in group:
        image = _unchanged(tx, repository, decision)
        if image is not None and (decision.why == Why.TAKEN or decision.by[0] in gone):
            with suppress(Protected):
                deletion.remove(tx, reg, repository, image, now)
                gone.add(image.digest)
                taken.append(decision)
    return taken


def _unchanged(tx: Tx, repository: Repository, decision: Decision) -> Image | None:
    """The image that was decided about, None where the decision might be another now."""
    fact = decision.image
    image = images.find(tx, repository.id, fact.digest)
    if image is None or _told(image) != _told(fact) or tuple(tags.of(tx, image.id)) != fact.tags:
        return None
    if decision.why == Why.TAKEN and image.subject and images.find(tx, repository.id, image.subject):
        return None  # what it refers to was pushed meanwhile: it follows that now
    holding = images.indexes_naming(tx, repository.id, image.digest, archived=decision.action == EXPIRE)
    return None if set(holding) - {image.digest} else image


def _told(image: Image | Fact) -> tuple[object, ...]:
    """What counts of an image itself."""
    return image.id, image.status, image.pushed_at, image.pulled_at, image.activated_at, image.archived_at


def _has_new_referrers(tx: Tx, repository: Repository, group: Sequence[Decision], known: Known) -> bool:
    """Whether an image that nothing was decided about refers to one of the group: it would be left alone."""
    return any(
        referrer.digest not in known.digests
        for decision in group
        for referrer in images.referring(tx, repository.id, decision.image.digest, (), None, "", REFERRERS)
    )
