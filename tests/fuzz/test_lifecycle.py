"""Fuzz: lifecycle policies, against what a lenient reader sees."""

from __future__ import annotations

import json

from hypothesis import given

from entrepot.domain import lifecycle
from entrepot.domain.errors import LifecyclePolicyInvalid
from entrepot.domain.lifecycle import Fact, Policy

from .inputs import FUZZ, inputs

NOW = 1_800_000_000_000_000
IMAGES = [Fact(1, "a", ("v1", "prod-1"), 0), Fact(2, "b", (), 1), Fact(3, "c", (), 2, subject="a")]


def check(text: str, policy: Policy) -> None:
    """What was taken says the same to a reader that knows nothing of the rules, and can be applied and explained."""
    rules = {rule["rulePriority"]: rule for rule in json.loads(text)["rules"]}
    assert list(rules) == list(dict.fromkeys(rules))
    assert [rule.priority for rule in policy.rules] == sorted(rules)
    for rule in policy.rules:
        selection = rules[rule.priority]["selection"]
        assert (rule.tag_status, rule.count_type, rule.count) == (
            selection["tagStatus"],
            selection["countType"],
            selection["countNumber"],
        )
        assert rule.count >= 1
        assert bool(rule.patterns) + bool(rule.prefixes) == (rule.tag_status == "tagged")
        assert rule.action.lower() == rules[rule.priority]["action"]["type"]
    for decision in lifecycle.decide(policy, IMAGES, NOW):
        assert lifecycle.explain(decision)


@FUZZ
@given(inputs("lifecycle"))
def test_texts(data: bytes) -> None:
    """Any text: refused with words that can be sent, or what it says is what was read."""
    text = data.decode("latin-1")
    try:
        policy = lifecycle.parse(text)
    except LifecyclePolicyInvalid as error:
        str(error).encode()
    else:
        check(text, policy)
