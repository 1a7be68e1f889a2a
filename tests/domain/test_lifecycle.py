"""What a lifecycle policy does to images: AWS's examples, an oracle written from the rules, and properties."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.lifecycle_worlds import NOW, a_fact, a_policy, a_rule, policies, repositories

from entrepot.domain import wildcard
from entrepot.domain.images import ACTIVATING, ACTIVE, ARCHIVED
from entrepot.domain.lifecycle import DAY, Decision, Fact, Policy, Rule, Why, decide, explain


def taken(policy: Policy, images: list[Fact]) -> dict[str, tuple[int, str]]:
    """What happens to which image by which rule."""
    return {
        one.image.digest: (one.rule.priority if one.rule else 0, one.action)
        for one in decide(policy, images, NOW)
        if one.action
    }


def expired(policy: Policy, images: list[Fact]) -> set[str]:
    return {digest for digest, (_, action) in taken(policy, images).items() if action == "EXPIRE"}


# --- AWS's worked examples (ECR user guide, "Examples of lifecycle policies") ----------------------------------

M = [a_fact("A", ["beta-1", "prod-1"], 10), a_fact("B", ["beta-2", "prod-2"], 9), a_fact("C", ["beta-3"], 8)]
T_A = [
    a_fact("A", ["alpha-1"], 12),
    a_fact("B", ["beta-1"], 11),
    a_fact("C", ["alpha-2", "beta-2"], 10),
    a_fact("D", ["alpha-3"], 4),
    a_fact("E", ["beta-3"], 3),
    a_fact("F", ["alpha-4", "beta-4"], 2),
]
T_B = [
    a_fact("A", ["alpha-1", "beta-1", "gamma-1"], 10),
    a_fact("B", ["alpha-2", "beta-2"], 9),
    a_fact("C", ["alpha-3", "beta-3", "gamma-2"], 8),
]
ANY_A = [a_fact("A", ["alpha-1"], 4), a_fact("B", ["beta-1"], 3), a_fact("C", [], 2), a_fact("D", ["alpha-2"], 1)]
ANY_B = [
    a_fact("A", ["alpha-1", "beta-1"], 4),
    a_fact("B", [], 3),
    a_fact("C", ["alpha-2"], 2),
    a_fact("D", ["git hash"], 1.01),
    a_fact("E", [], 1),
]
UNTAGGED = [a_fact("A", [], 3), a_fact("B", ["v1"], 9), a_fact("C", [], 2), a_fact("D", [], 1)]

EXAMPLES = {
    "one image, two rules: prod first": (
        M,
        [a_rule(1, "tagged", patterns=["prod*"], more_than=1), a_rule(2, "tagged", patterns=["beta*"], more_than=1)],
        {"A": 1},
    ),
    "one image, two rules: beta first": (
        M,
        [a_rule(1, "tagged", patterns=["beta*"], more_than=1), a_rule(2, "tagged", patterns=["prod*"], more_than=1)],
        {"A": 1, "B": 1},
    ),
    "several strings, by age": (T_A, [a_rule(1, "tagged", patterns=["alpha*", "beta*"], pushed=5)], {"C": 1}),
    "several strings, by number": (
        T_B,
        [a_rule(1, "tagged", patterns=["alpha*", "beta*"], more_than=1)],
        {"A": 1, "B": 1},
    ),
    "all images": (ANY_A, [a_rule(1, "any", more_than=1)], {"A": 1, "B": 1, "C": 1}),
    "all images last": (
        ANY_B,
        [
            a_rule(1, "tagged", patterns=["alpha*"], more_than=1),
            a_rule(2, "untagged", pushed=1),
            a_rule(3, "any", more_than=1),
        ],
        {"A": 1, "B": 2, "D": 3},
    ),
    "untagged images": (UNTAGGED, [a_rule(1, "untagged", more_than=1)], {"A": 1, "C": 1}),
}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("kind", ["patterns", "prefixes"])
def test_the_examples_of_aws(name: str, kind: str) -> None:
    """Each worked example ends as AWS says it does, with patterns and with prefixes."""
    images, rules, expected = EXAMPLES[name]
    if kind == "prefixes":
        for rule in rules:
            patterns = rule["selection"].pop("tagPatternList", None)
            if patterns:
                rule["selection"]["tagPrefixList"] = [pattern.rstrip("*") for pattern in patterns]
    found = taken(a_policy(*rules), images)
    assert {digest: priority for digest, (priority, _) in found.items()} == expected
    assert {action for _, action in found.values()} == {"EXPIRE"}


def test_archive_then_expire() -> None:
    """Images go to the archive after 30 days and from there after 365; both rules are for all images of their class."""
    policy = a_policy(a_rule(1, "any", pushed=30, archive=True), a_rule(2, "any", archived=365))
    images = [
        a_fact("new", [], 30),
        a_fact("old", [], 31),
        a_fact("resting", [], 700, status=ARCHIVED, archived_at=NOW - 365 * DAY),
        a_fact("done", [], 700, status=ARCHIVED, archived_at=NOW - 366 * DAY),
        a_fact("coming back", [], 700, status=ACTIVATING, archived_at=NOW - 400 * DAY),
    ]
    assert taken(policy, images) == {"old": (1, "TRANSITION"), "done": (2, "EXPIRE")}


def test_pulled() -> None:
    """The last pull counts; where there was none the push, and a restoration that came later."""
    policy = a_policy(a_rule(1, "any", pulled=10, archive=True))
    old = NOW - 11 * DAY
    images = [
        a_fact("pulled", [], 50, pulled_at=NOW - 9 * DAY),
        a_fact("forgotten", [], 50, pulled_at=old),
        a_fact("never", [], 11),
        a_fact("young", [], 9),
        a_fact("restored", [], 50, pulled_at=old, activated_at=NOW - DAY),
        a_fact("restored long ago", [], 50, activated_at=old),
    ]
    assert set(taken(policy, images)) == {"forgotten", "never", "restored long ago"}


def test_restored_images_count_from_their_restoration() -> None:
    """An image that came back from the archive is as old as its return, for ages and for the order."""
    images = [a_fact("A", [], 90, activated_at=NOW - DAY), a_fact("B", [], 2), a_fact("C", [], 3)]
    assert expired(a_policy(a_rule(1, "any", more_than=1)), images) == {"B", "C"}
    assert expired(a_policy(a_rule(1, "any", pushed=1)), images) == {"B", "C"}


def test_age_is_strict() -> None:
    """An image is taken when it is more than the days old, not at the moment itself."""
    images = [a_fact("at", [], 5), replace(a_fact("after", [], 5), pushed_at=NOW - 5 * DAY - 1)]
    assert expired(a_policy(a_rule(1, "any", pushed=5)), images) == {"after"}


# --- indexes and referrers -------------------------------------------------------------------------------------


def test_children_wait_for_their_index() -> None:
    """What an index names stays until the index is gone, also when both are old, and the decision says which."""
    policy = a_policy(a_rule(1, "any", pushed=1))
    child = a_fact("child", [], 9, indexes=("index",))
    first = {one.image.digest: one for one in decide(policy, [child, a_fact("index", [], 9)], NOW)}
    assert first["index"].action == "EXPIRE"
    assert (first["child"].action, first["child"].why, first["child"].by) == (None, Why.REFERENCED, ("index",))
    assert expired(policy, [child]) == {"child"}


def test_children_of_an_archived_index() -> None:
    """What only an archived index names can be archived too, but not deleted from it."""
    images = [
        a_fact("index", [], 9, status=ARCHIVED, archived_at=NOW),
        a_fact("child", [], 9, indexes=("index",)),
    ]
    assert taken(a_policy(a_rule(1, "any", pushed=1, archive=True)), images) == {"child": (1, "TRANSITION")}
    assert taken(a_policy(a_rule(1, "any", pushed=1)), images) == {}


def test_children_count() -> None:
    """What an index keeps still counts among the newest."""
    images = [a_fact("new", [], 1, indexes=("index",)), a_fact("index", ["v1"], 1), a_fact("old", [], 2)]
    assert expired(a_policy(a_rule(1, "untagged", more_than=1)), images) == {"old"}


@pytest.mark.parametrize(("archive", "action"), [(False, "EXPIRE"), (True, "TRANSITION")])
def test_referrers_follow(archive: bool, action: str) -> None:
    """Signatures, and what refers to these, go with their subject; those of an image that stays are no image's rule."""
    policy = a_policy(
        a_rule(1, "tagged", patterns=["v*"], more_than=1, archive=archive), a_rule(2, "untagged", pushed=1)
    )
    images = [
        a_fact("new", ["v2"], 2),
        a_fact("sig of new", [], 2, subject="new"),
        a_fact("old", ["v1"], 3),
        a_fact("sig of old", [], 3, subject="old"),
        a_fact("sig of sig", [], 3, subject="sig of old"),
        a_fact("sig of nothing", [], 3, subject="elsewhere"),
    ]
    found = taken(policy, images)
    assert found == {
        **dict.fromkeys(["old", "sig of old", "sig of sig"], (1, action)),
        "sig of nothing": (2, "EXPIRE"),
    }
    why = {one.image.digest: one.why for one in decide(policy, images, NOW)}
    assert why["sig of new"] == Why.WITH_SUBJECT
    assert why["sig of sig"] == Why.FOLLOWS


def test_a_circle_of_referrers_stays() -> None:
    """Images that refer to each other in a circle, which hashing does not make, are left alone."""
    images = [a_fact("A", [], 9, subject="B"), a_fact("B", [], 9, subject="A"), a_fact("C", [], 9, subject="C")]
    assert taken(a_policy(a_rule(1, "any", pushed=1)), images) == {}


def test_protected_images_stay() -> None:
    """What is protected is not deleted, with or without a subject that is, but may be archived."""
    images = [
        a_fact("A", [], 9, protected="The tag 'v1' is protected."),
        a_fact("B", [], 9),
        a_fact("C", [], 9, subject="B", protected="It is protected."),
    ]
    policy = a_policy(a_rule(1, "any", pushed=1))
    assert expired(policy, images) == {"B"}
    assert "The tag 'v1' is protected." in explain(decide(policy, images, NOW)[0])
    assert set(taken(a_policy(a_rule(1, "any", pushed=1, archive=True)), images)) == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("pattern", "tags", "matches"),
    [
        ("prod", ["prod"], True),
        ("prod", ["prod-1"], False),
        ("prod*", ["prod"], True),
        ("*prod*", ["a-prod-b"], True),
        ("*prod", ["prod-b"], False),
        ("a*b*c*d*e", ["abcde"], True),
        ("a*b*c*d*e", ["abcdef"], False),
        ("*", ["anything"], True),
        ("**", ["anything"], True),
        ("a*a", ["a"], False),
        ("[ab]", ["a"], False),
    ],
)
def test_patterns(pattern: str, tags: list[str], matches: bool) -> None:
    """A pattern is anchored at both ends, and only its stars are special."""
    policy = a_policy(a_rule(1, "tagged", patterns=[pattern], pushed=1))
    assert bool(taken(policy, [a_fact("A", tags, 9)])) is matches


def test_explanations() -> None:
    """Every decision says why in words, with the rule, the number and what it refers to."""
    policy = a_policy(
        a_rule(3, "tagged", patterns=["v*"], more_than=1),
        a_rule(7, "untagged", pushed=5),
        a_rule(9, "any", archived=90),
    )
    images = [
        a_fact("A", ["v2"], 1),
        a_fact("B", ["v1"], 2),
        a_fact("C", [], 6),
        a_fact("D", [], 4),
        a_fact("E", ["latest"], 4),
        a_fact("F", [], 9, indexes=("A",)),
        a_fact("G", [], 9, subject="B"),
        a_fact("H", [], 9, subject="A"),
        a_fact("I", [], 9, status=ACTIVATING),
        a_fact("J", [], 9, status=ARCHIVED, archived_at=NOW - 91 * DAY),
    ]
    assert {one.image.digest: explain(one) for one in decide(policy, images, NOW)} == {
        "A": "it is among the newest 1 of rule 3",
        "B": "it is not among the newest 1 of rule 3",
        "C": "it was pushed more than 5 days ago, which rule 7 asks",
        "D": "it was pushed no more than 5 days ago, and rule 7 takes what is older",
        "E": "no rule matches it",
        "F": "rule 7 would take it, but it is named by the index A",
        "G": "it refers to B, which rule 3 takes",
        "H": "it refers to A, and stays with that",
        "I": "it is being restored from the archive",
        "J": "it was archived more than 90 days ago, which rule 9 asks",
    }


def test_explanations_of_returns_and_pulls() -> None:
    """A rule that counts from a return says so, and one that counts from a pull says where there was none."""

    def said(rule: dict[str, Any], **times: int | str) -> str:
        return explain(decide(a_policy(rule), [a_fact("A", [], 30, **times)], NOW)[0])

    unpulled = a_rule(1, "any", pulled=5, archive=True)
    back, kept = NOW - 6 * DAY, "days ago, and rule 1 takes what is older"
    taken_ = "more than 5 days ago, which rule 1 asks"
    assert said(unpulled) == f"it was never pulled, and was pushed {taken_}"
    assert said(unpulled, pulled_at=back) == f"it was pulled {taken_}"
    assert said(unpulled, pulled_at=back, activated_at=back - 1) == f"it was pulled {taken_}"
    assert said(unpulled, activated_at=back) == f"it was not pulled since it was restored, which was {taken_}"
    assert said(unpulled, pulled_at=1, activated_at=NOW - DAY) == (
        f"it was not pulled since it was restored, which was no more than 5 {kept}"
    )
    assert said(a_rule(1, "any", pushed=5), activated_at=back) == f"it was restored {taken_}"
    assert said(a_rule(1, "any", more_than=1), activated_at=back) == (
        "it is among the newest 1 of rule 1, counted from when it was restored"
    )
    from_bin = said(a_rule(1, "any", archived=90), status=ARCHIVED, archived_at=NOW - 100 * DAY, activated_at=back)
    assert from_bin == f"it was restored no more than 90 {kept}"


# --- an oracle -------------------------------------------------------------------------------------------------


def _selects(rule: Rule, image: Fact) -> bool:
    if rule.storage_class != {ACTIVE: "standard", ARCHIVED: "archive"}.get(image.status):
        return False
    if rule.tag_status == "any":
        return True
    if rule.tag_status == "untagged":
        return not image.tags
    by_pattern = all(any(wildcard.matches(text, tag) for tag in image.tags) for text in rule.patterns)
    return by_pattern and all(any(tag.startswith(text) for tag in image.tags) for text in rule.prefixes)


def _age(rule: Rule, image: Fact) -> int:
    at = image.activated_at if image.activated_at is not None else image.pushed_at
    if rule.count_type == "sinceImageTransitioned":
        at = max(image.archived_at or image.pushed_at, image.activated_at or 0)
    if rule.count_type == "sinceImagePulled" and image.pulled_at is not None:
        at = image.pulled_at
        if image.activated_at is not None and image.activated_at > image.pulled_at:
            at = image.activated_at
    return NOW - at


def _would_take(rule: Rule, image: Fact, identified: list[Fact]) -> bool:
    if rule.count_type != "imageCountMoreThan":
        return _age(rule, image) > rule.count * DAY
    newer = [other for other in identified if (_age(rule, other), other.digest) < (_age(rule, image), image.digest)]
    return len(newer) >= rule.count


def by_the_book(policy: Policy, images: list[Fact]) -> dict[str, tuple[int, str]]:
    """The evaluation rules of the user guide, one after the other and as slowly as they read."""
    present = {image.digest for image in images}
    ruled = [image for image in images if image.subject not in present]
    found: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for rule in sorted(policy.rules, key=lambda rule: rule.priority):
        identified = [image for image in ruled if _selects(rule, image)]
        for image in identified:
            if image.digest not in seen and _would_take(rule, image, identified):
                found[image.digest] = (rule.priority, rule.action)
        seen |= {image.digest for image in identified}
    found = {digest: done for digest, done in found.items() if not _held(digest, done[1], images)}
    grown = True
    while grown:
        grown = False
        for image in images:
            done = found.get(image.subject or "")
            if done is None or image.digest in found or _held(image.digest, done[1], images):
                continue
            if done[1] == "EXPIRE" or image.status == ACTIVE:
                found[image.digest] = done
                grown = True
    return found


def _held(digest: str, action: str, images: list[Fact]) -> bool:
    image = next(image for image in images if image.digest == digest)
    if image.protected and action == "EXPIRE":
        return True
    naming = [other for other in images if other.digest in image.indexes]
    return any(action == "EXPIRE" or other.status != ARCHIVED for other in naming)


@given(policies(), repositories())
def test_as_the_book_says(policy: Policy, images: list[Fact]) -> None:
    """The fast evaluation takes what the slow one takes, by the same rules."""
    assert taken(policy, images) == by_the_book(policy, images)


# --- properties ------------------------------------------------------------------------------------------------


@given(policies(), repositories(), st.randoms(use_true_random=False))
def test_order_does_not_matter(policy: Policy, images: list[Fact], shuffled: random.Random) -> None:
    """The same images in another order get the same decisions, one each, by digest."""
    found = decide(policy, images, NOW)
    other = shuffled.sample(images, len(images))
    assert decide(policy, other, NOW) == found
    assert [one.image.digest for one in found] == sorted(image.digest for image in images)


def _after(images: list[Fact], found: list[Decision]) -> list[Fact]:
    """The repository when a run is over."""
    left = []
    for one in found:
        if one.action == "TRANSITION":
            left.append(replace(one.image, status=ARCHIVED, archived_at=NOW))
        elif one.action is None:
            left.append(one.image)
    return left


@given(policies(), repositories())
def test_a_second_run(policy: Policy, images: list[Fact]) -> None:
    """A second run takes only what an index held, or what lost the subject that it stayed for.

    A protected referrer outlives its subject and is an image like others from then on: it may push another out.
    """
    found = decide(policy, images, NOW)
    freed = {one.image.digest for one in found if one.why == Why.REFERENCED or one.image.subject is not None}
    left = _after(images, found)
    gone = {image.digest for image in images} - {image.digest for image in left}
    again = taken(policy, left)
    assert set(again) <= freed or any(image.protected and image.subject in gone for image in left)


@given(policies(), repositories())
def test_the_first_rule_that_matches_decides(policy: Policy, images: list[Fact]) -> None:
    """Where a rule decided about an image without a subject, it is the first of those that select it."""
    present = {image.digest for image in images}
    for one in decide(policy, images, NOW):
        if one.image.subject not in present and one.why != Why.ACTIVATING:
            first = next((rule for rule in policy.rules if _selects(rule, one.image)), None)
            assert one.rule == first
            assert one.action in (None, first.action if first else None)


@given(policies(), repositories())
def test_counts_keep_the_newest(policy: Policy, images: list[Fact]) -> None:
    """A rule that counts takes nothing while it selects no more than its number, whatever other rules take."""
    present = {image.digest for image in images}
    ruled = [image for image in images if image.subject not in present]
    for rule in policy.rules:
        if rule.count_type == "imageCountMoreThan":
            identified = [image for image in ruled if _selects(rule, image)]
            mine = [one for one in decide(policy, images, NOW) if one.rule == rule and one.why == Why.TAKEN]
            assert len(mine) <= max(0, len(identified) - rule.count)


@given(policies(), repositories())
def test_every_decision_is_explained(policy: Policy, images: list[Fact]) -> None:
    """Whatever is decided has words, and nothing is taken without a rule."""
    for one in decide(policy, images, NOW):
        assert explain(one)
        assert one.action is None or one.rule is not None
