"""Lifecycle: what a policy does to the images of a repository, and why. Run, preview and explanation share `decide`.

Source of the rules: ECR user guide, "How a lifecycle policy works" and "Lifecycle policy evaluation rules".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from entrepot.domain import wildcard
from entrepot.domain.images import ACTIVE, ARCHIVED
from entrepot.domain.lifecycle_policy import (
    ANY,
    ARCHIVE,
    COUNT,
    EXPIRE,
    PULLED,
    PUSHED,
    STANDARD,
    TRANSITIONED,
    UNTAGGED,
    ActionType,
    Policy,
    Rule,
    parse,
)

__all__ = ["Decision", "Fact", "Policy", "Rule", "Why", "decide", "explain", "parse"]

DAY = 24 * 3600 * 1_000_000  # microseconds
_ABOVE_ALL = "\U0010ffff"  # sorts after every character of a tag


@dataclass(frozen=True, slots=True)
class Fact:
    """What a decision about an image rests on; instants in microseconds UTC.

    `indexes` are the digests of the indexes in the repository that name it, `protected` says what keeps it from being
    deleted, where anything does.
    """

    id: int
    digest: str
    tags: tuple[str, ...]
    pushed_at: int
    pulled_at: int | None = None
    activated_at: int | None = None
    archived_at: int | None = None
    status: str = ACTIVE
    subject: str | None = None
    indexes: tuple[str, ...] = ()
    protected: str = ""


class Why(StrEnum):
    """What decided about an image."""

    TAKEN = "taken"
    """Its rule takes it."""
    FOLLOWS = "follows"
    """It refers to an image that is taken."""
    KEPT = "kept"
    """The first rule that it matches keeps it."""
    UNMATCHED = "unmatched"
    REFERENCED = "referenced"
    """An index names it, that is not taken before it."""
    PROTECTED = "protected"
    WITH_SUBJECT = "with subject"
    """It refers to an image that stays."""
    ACTIVATING = "activating"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one image: `action`, None where it stays. `rule` is the one that decided, if one did.

    `by` are the indexes of REFERENCED, and the subject of FOLLOWS and WITH_SUBJECT.
    """

    image: Fact
    why: Why
    rule: Rule | None = None
    action: ActionType | None = None
    by: tuple[str, ...] = ()


def decide(policy: Policy, images: Iterable[Fact], now: int) -> list[Decision]:
    """One decision for each image of a repository, by digest; nothing but the arguments counts, not their order.

    The first rule that an image matches decides, whether it takes the image or keeps it; what it takes still counts
    for the rules after it. Images that refer to another one of the repository are matched by no rule: they follow it.
    O(rules x images) at worst.
    """
    known = {image.digest: image for image in images}
    referrers: dict[str, list[Fact]] = defaultdict(list)
    by_class: dict[str, list[Fact]] = {STANDARD: [], ARCHIVE: []}
    decided: dict[str, Decision] = {}
    for image in known.values():
        if image.subject is not None and image.subject in known:
            referrers[image.subject].append(image)
        elif image.status in (ACTIVE, ARCHIVED):
            by_class[STANDARD if image.status == ACTIVE else ARCHIVE].append(image)
        else:
            decided[image.digest] = Decision(image, Why.ACTIVATING)
    for storage_class, members in by_class.items():
        rules = [rule for rule in policy.rules if rule.storage_class == storage_class]
        for decision in _judge(rules, members, known, now):
            decided[decision.image.digest] = decision
    _follow(referrers, decided, known)
    return [decided[digest] for digest in sorted(decided)]


def _judge(rules: Sequence[Rule], members: Iterable[Fact], known: Mapping[str, Fact], now: int) -> Iterable[Decision]:
    """Decisions about the images of one storage class, `rules` in the order of their priorities."""
    images = sorted(members, key=attrgetter("digest"))
    images.sort(key=_instant, reverse=True)  # the newest first, those of one instant by digest
    tags = _Tags(images)
    owners: list[Rule | None] = [None] * len(images)
    taken = bytearray(len(images))
    for rule in rules:
        matching = _matching(rule, tags)
        for at in matching:
            if owners[at] is None:
                owners[at] = rule
        for at in _marked(rule, matching, images, now):
            if owners[at] is rule:
                taken[at] = 1
    for image, owner, is_taken in zip(images, owners, taken, strict=True):
        if owner is None:
            yield Decision(image, Why.UNMATCHED)
        elif not is_taken:
            yield Decision(image, Why.KEPT, owner)
        else:
            yield _unless_held(image, Decision(image, Why.TAKEN, owner, owner.action), known)


def _instant(image: Fact) -> int:
    """From when an image is as old as rules count: pushed, or restored; in the archive since it went there.

    An archived image can be restored, too: from the recycle bin.
    """
    if image.status == ARCHIVED:
        return max(image.archived_at or image.pushed_at, image.activated_at or 0)
    return image.activated_at or image.pushed_at


def _used(image: Fact) -> int:
    """The last pull; where there was none, or none since it was restored, the instant that counts otherwise."""
    since = image.activated_at or image.pushed_at
    return since if image.pulled_at is None else max(image.pulled_at, image.activated_at or 0)


def _marked(rule: Rule, matching: Sequence[int], images: Sequence[Fact], now: int) -> Sequence[int]:
    """Those of the images that match a rule, newest first, that it would take if no other rule was there."""
    if rule.count_type == COUNT:
        return matching[rule.count :]
    instant = _used if rule.count_type == PULLED else _instant
    before = now - rule.count * DAY
    return [at for at in matching if instant(images[at]) < before]


def _unless_held(image: Fact, decision: Decision, known: Mapping[str, Fact]) -> Decision:
    """The decision, unless something keeps the image from what it says.

    An index keeps what it names: from being deleted while it is there, from the archive while it is not there itself.
    """
    expires = decision.action == EXPIRE
    if image.protected and expires:
        return Decision(image, Why.PROTECTED, decision.rule)
    holding = tuple(
        index
        for index in image.indexes
        if index != image.digest and index in known and (expires or known[index].status != ARCHIVED)
    )
    return Decision(image, Why.REFERENCED, decision.rule, by=holding) if holding else decision


def _follow(referrers: Mapping[str, Sequence[Fact]], decided: dict[str, Decision], known: Mapping[str, Fact]) -> None:
    """Decide about images that refer to others, those that refer to them, and so on."""
    waiting = list(decided.values())
    while waiting:
        subject = waiting.pop()
        for image in referrers.get(subject.image.digest, ()):
            decided[image.digest] = _after(subject, image, known)
            waiting.append(decided[image.digest])
    for images in referrers.values():
        for image in images:
            if image.digest not in decided:  # digests that name each other in a circle: nobody makes them by hashing
                decided[image.digest] = Decision(image, Why.WITH_SUBJECT, by=(image.subject or "",))


def _after(subject: Decision, image: Fact, known: Mapping[str, Fact]) -> Decision:
    by = (subject.image.digest,)
    if subject.action is None or (subject.action != EXPIRE and image.status != ACTIVE):
        return Decision(image, Why.WITH_SUBJECT, subject.rule, by=by)
    return _unless_held(image, Decision(image, Why.FOLLOWS, subject.rule, subject.action, by), known)


# --- matching --------------------------------------------------------------------------------------------------


class _Tags:
    """Who has which tag, sorted, so that a prefix is a range. Images are numbers: their places in `images`."""

    def __init__(self, images: Sequence[Fact]) -> None:
        pairs = sorted((tag, at) for at, image in enumerate(images) for tag in image.tags)
        self.names = [tag for tag, _ in pairs]
        self.holders = [at for _, at in pairs]
        self.all = range(len(images))
        self.untagged = [at for at, image in enumerate(images) if not image.tags]

    def starting(self, prefix: str) -> range:
        """Places of the names that start with `prefix`."""
        return range(bisect_left(self.names, prefix), bisect_left(self.names, prefix + _ABOVE_ALL))

    def like(self, pattern: str) -> Iterable[int]:
        """Places of the names that match `pattern`."""
        first, *rest = pattern.split("*")
        found = self.starting(first)
        if not rest:
            return [at for at in found if self.names[at] == pattern]
        if not any(rest):
            return found
        needle = max(rest, key=len)
        names = self.names
        near = [at for at in found if needle in names[at]]
        if not first and rest == [needle, ""]:
            return near
        return [at for at in near if wildcard.matches(pattern, names[at])]

    def holding(self, places: Iterable[int]) -> set[int]:
        """The images that have one of the names."""
        holders = self.holders
        return {holders[at] for at in places}


def _matching(rule: Rule, tags: _Tags) -> Sequence[int]:
    """The images that a rule selects, newest first: each string of its list has to match one of their tags."""
    if rule.tag_status == ANY:
        return tags.all
    if rule.tag_status == UNTAGGED:
        return tags.untagged
    found: set[int] | None = None
    for places in (*(tags.starting(text) for text in rule.prefixes), *(tags.like(text) for text in rule.patterns)):
        holders = tags.holding(places)
        found = holders if found is None else found & holders
        if not found:
            break
    return sorted(found or ())


# --- explaining ------------------------------------------------------------------------------------------------


def explain(decision: Decision) -> str:
    """Why an image is taken or stays, in words that go after it: `it is not among the newest 10 of rule 2`."""
    by, would = ", ".join(decision.by), f"rule {_priority(decision.rule)} would take it, but"
    return {
        Why.TAKEN: _verdict(decision.rule, decision.image, taken=True),
        Why.KEPT: _verdict(decision.rule, decision.image, taken=False),
        Why.FOLLOWS: f"it refers to {by}, which rule {_priority(decision.rule)} takes",
        Why.WITH_SUBJECT: f"it refers to {by}, and stays with that",
        Why.REFERENCED: f"{would} it is named by the index {by}",
        Why.PROTECTED: f"{would} it is protected: {decision.image.protected}",
        Why.ACTIVATING: "it is being restored from the archive",
        Why.UNMATCHED: "no rule matches it",
    }[decision.why]


def _priority(rule: Rule | None) -> str:
    return "?" if rule is None else str(rule.priority)


def _verdict(rule: Rule | None, image: Fact, *, taken: bool) -> str:
    if rule is None:
        return ""
    if rule.count_type == COUNT:
        counted = ", counted from when it was restored" if _is_back(image) else ""
        return f"it is {'not ' if taken else ''}among the newest {rule.count} of rule {rule.priority}{counted}"
    since = _since(rule, image)
    if taken:
        return f"{since} more than {rule.count} days ago, which rule {rule.priority} asks"
    return f"{since} no more than {rule.count} days ago, and rule {rule.priority} takes what is older"


def _is_back(image: Fact) -> bool:
    """Whether the image is as old as its return from the archive or the recycle bin."""
    return image.activated_at is not None and image.activated_at == _instant(image)


def _since(rule: Rule, image: Fact) -> str:
    """What happened to the image at the instant from which a rule counts days."""
    if rule.count_type != PULLED:
        return "it was restored" if _is_back(image) else f"it was {_SINCE[rule.count_type]}"
    if image.pulled_at is not None and image.pulled_at >= (image.activated_at or 0):
        return "it was pulled"
    if image.activated_at is not None:
        return "it was not pulled since it was restored, which was"
    return "it was never pulled, and was pushed"


_SINCE = {PUSHED: "pushed", TRANSITIONED: "archived"}
