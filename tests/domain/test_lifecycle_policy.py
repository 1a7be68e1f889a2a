"""Lifecycle policies as documents: what is accepted, and the words for what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.lifecycle_worlds import a_policy, a_rule, a_text, policies

from entrepot.domain.errors import LifecyclePolicyInvalid
from entrepot.domain.lifecycle_policy import LENGTH_MAX, Policy, Rule, parse

START = (
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: "
)
NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"
UNREADABLE = "Could not map policyString into LifecyclePolicy."


def refusal(text: str) -> LifecyclePolicyInvalid:
    with pytest.raises(LifecyclePolicyInvalid) as caught:
        parse(text)
    assert str(caught.value).startswith(START)
    return caught.value


def changed(*path: str | int, value: Any = None, rule: dict[str, Any] | None = None) -> str:
    """A policy of one rule with one value put in its place, or taken away."""
    document: dict[str, Any] = {"rules": [rule or a_rule(1, "any", pushed=1)]}
    inner: Any = document
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(document)


def test_a_whole_policy() -> None:
    """Every member is read, and rules come in the order of their priorities."""
    document = {
        "rules": [
            {
                "rulePriority": 20,
                "description": "into the archive",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["prod*", "v*"],
                    "storageClass": "standard",
                    "countType": "sinceImagePulled",
                    "countUnit": "days",
                    "countNumber": 90,
                },
                "action": {"type": "transition", "targetStorageClass": "archive"},
            },
            a_rule(10, "untagged", more_than=5),
            a_rule(3, "any", archived=90),
        ]
    }
    read = parse(json.dumps(document, indent=2)).rules
    assert [rule.priority for rule in read] == [3, 10, 20]
    assert read[2] == Rule(
        priority=20,
        description="into the archive",
        tag_status="tagged",
        patterns=("prod*", "v*"),
        prefixes=(),
        storage_class="standard",
        count_type="sinceImagePulled",
        count=90,
        action="TRANSITION",
    )
    assert (read[0].storage_class, read[0].action) == ("archive", "EXPIRE")


@given(policies())
def test_legal_policies_are_read(policy: Policy) -> None:
    """Whatever keeps the rules of the grammar is a policy, with its priorities in order."""
    assert [rule.priority for rule in policy.rules] == sorted({rule.priority for rule in policy.rules})


FORM = [
    ("", UNREADABLE),
    ("{", UNREADABLE),
    ('{"rules": NaN}', UNREADABLE),
    ('{"rules": [], "rules": []}', UNREADABLE),
    ("[" * 30_000, UNREADABLE),
    ('{"rules":' * 3_000, UNREADABLE),
    ("9" * 10_000, UNREADABLE),
    (" " * (LENGTH_MAX + 1), UNREADABLE),
    (changed("rules", 0, "description", value="\ud800"), UNREADABLE),
    (changed("rules", 0, "selection", "tagPatternList", value=["\udfff*"]), UNREADABLE),
    (changed("\ud800", value=1), UNREADABLE),
    ('{"rules": "\ud800"}', UNREADABLE),
    ("[]", 'instance type (array) does not match any allowed primitive type (allowed: ["object"])'),
    ("null", 'instance type (null) does not match any allowed primitive type (allowed: ["object"])'),
    ("{}", 'object has missing required properties (["rules"])'),
    ('{"rules":[],"x":1}', 'object instance has properties which are not allowed by the schema: (["x"])'),
    ('{"rules":{}}', 'instance type (object) does not match any allowed primitive type (allowed: ["array"])'),
    ('{"rules":[]}', "array is too short: must have at least 1 elements but instance has 0 elements"),
    ('{"rules":[1]}', 'instance type (integer) does not match any allowed primitive type (allowed: ["object"])'),
    ('{"rules":[{}]}', 'object has missing required properties (["action","rulePriority","selection"])'),
    (changed("rules", 0, "action"), 'object has missing required properties (["action"])'),
    (changed("rules", 0, "x", value=1), 'object instance has properties which are not allowed by the schema: (["x"])'),
    (
        changed("rules", 0, "rulePriority", value=0),
        "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
    ),
    (
        changed("rules", 0, "rulePriority", value="1"),
        'instance type (string) does not match any allowed primitive type (allowed: ["integer"])',
    ),
    (
        changed("rules", 0, "rulePriority", value=True),
        'instance type (boolean) does not match any allowed primitive type (allowed: ["integer"])',
    ),
    (
        changed("rules", 0, "rulePriority", value=1.0),
        'instance type (number) does not match any allowed primitive type (allowed: ["integer"])',
    ),
    (changed("rules", 0, "rulePriority", value=2**31), UNREADABLE),
    (
        changed("rules", 0, "description", value=1),
        'instance type (integer) does not match any allowed primitive type (allowed: ["string"])',
    ),
    (changed("rules", 0, "selection", "countType"), 'object has missing required properties (["countType"])'),
    (
        changed("rules", 0, "selection", "tagStatus", value="ANY"),
        'instance value ("ANY") not found in enum (possible values: ["any","tagged","untagged"])',
    ),
    (
        changed("rules", 0, "selection", "countUnit", value="weeks"),
        'instance value ("weeks") not found in enum (possible values: ["days"])',
    ),
    (
        changed("rules", 0, "selection", "countNumber", value=0),
        "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
    ),
    (
        changed("rules", 0, "selection", "tagPrefixList", value="v"),
        'instance type (string) does not match any allowed primitive type (allowed: ["array"])',
    ),
    (
        changed("rules", 0, "selection", "tagPrefixList", value=[""]),
        'string "" is too short (length: 0, required minimum: 1)',
    ),
    (
        changed("rules", 0, "action", "type", value="delete"),
        'instance value ("delete") not found in enum (possible values: ["expire","transition"])',
    ),
    (changed("rules", 0, "action", "targetStorageClass", value="archive"), NO_SCHEMA),
    (
        changed("rules", 0, "action", "type", value="transition"),
        'object has missing required properties (["targetStorageClass"])',
    ),
]


@pytest.mark.parametrize(("text", "detail"), FORM, ids=[str(at) for at in range(len(FORM))])
def test_the_form(text: str, detail: str) -> None:
    """A document of another form is refused in the words of the schema validator that ECR uses."""
    assert refusal(text).detail == detail


COMBINATIONS = [
    (changed("rules", 0, "selection", "countUnit"), NO_SCHEMA),
    (changed("rules", 0, "selection", "countUnit", value="days", rule=a_rule(1, "any", more_than=1)), NO_SCHEMA),
    (changed("rules", 0, "selection", "storageClass", value="archive"), NO_SCHEMA),
    (changed("rules", 0, "selection", "storageClass", rule=a_rule(1, "any", archived=90)), NO_SCHEMA),
    (a_text(a_rule(1, "any", pulled=1)), NO_SCHEMA),
    (a_text(a_rule(1, "any", archived=90, archive=True)), NO_SCHEMA),
    (
        a_text(a_rule(1, "any", archived=89)),
        "numeric instance is lower than the required minimum (minimum: 90, found: 89)",
    ),
    (a_text(a_rule(1, "tagged", more_than=1)), "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED."),
    (
        a_text(a_rule(1, "any", more_than=1, patterns=["v*"])),
        "tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED.",
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["v*"], prefixes=["v"])),
        "Only one of tagPrefixList or tagPatternList can be specified.",
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["*a*b*c*d"])),
        None,
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["*a*b*c*d*"])),
        'A tag pattern can contain at most 4 wildcards, found: "*a*b*c*d*"',
    ),
    (
        a_text(a_rule(1, "any", more_than=1), a_rule(2, "untagged", more_than=1)),
        "Rule for tagStatus=ANY must have the lowest priority per storage class",
    ),
    (
        a_text(a_rule(1, "any", more_than=1), a_rule(2, "any", pushed=1)),
        "Rule for tagStatus=ANY must have the lowest priority per storage class",
    ),
    (a_text(a_rule(1, "any", more_than=1), a_rule(2, "any", archived=90)), None),
    (
        a_text(a_rule(1, "untagged", more_than=1), a_rule(2, "untagged", pushed=1)),
        "Only one rule can select Untagged images per storage class",
    ),
    (a_text(a_rule(1, "untagged", more_than=1), a_rule(2, "untagged", archived=90)), None),
    (
        a_text(a_rule(4, "untagged", more_than=1), a_rule(4, "any", pushed=1)),
        "Rule priority must be unique, found more than once: 4",
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["v*"]), a_rule(2, "tagged", pushed=1, patterns=["a*", "v*"])),
        'tagPatternList must be unique per storage class, found more than once: "v*"',
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, prefixes=["v", "v"])),
        'tagPrefixList must be unique per storage class, found more than once: "v"',
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, prefixes=["a"]), a_rule(2, "tagged", pushed=1, patterns=["b", "a"])),
        'tagPatternList must be unique per storage class, found more than once: "a"',
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["a"]), a_rule(2, "tagged", pushed=1, prefixes=["a"])),
        'tagPrefixList must be unique per storage class, found more than once: "a"',
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, prefixes=["a"]), a_rule(2, "tagged", archived=90, patterns=["a"])),
        None,
    ),
    (
        a_text(a_rule(1, "tagged", more_than=1, patterns=["v*"]), a_rule(2, "tagged", archived=90, patterns=["v*"])),
        None,
    ),
    (
        a_text(*(a_rule(at, "tagged", more_than=1, prefixes=[f"v{at}-"]) for at in range(1, 52))),
        "array is too long: must have at most 50 elements but instance has 51 elements",
    ),
    (a_text(*(a_rule(at, "tagged", more_than=1, prefixes=[f"v{at}-"]) for at in range(1, 51))), None),
]


@pytest.mark.parametrize(("text", "detail"), COMBINATIONS, ids=[str(at) for at in range(len(COMBINATIONS))])
def test_what_may_stand_beside_what(text: str, detail: str | None) -> None:
    """Members, rules and lists that ECR does not allow together are refused, and those that it allows are not."""
    if detail is None:
        parse(text)
    else:
        assert refusal(text).detail == detail


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('{"rules":' + "[" * 20_000 + "]" * 10_000, "It is nested too deeply."),
        ('{"rules":' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "}", "It is nested too deeply."),
        ('{"rules":' + "9" * 5_000 + "}", "Numbers go up to 2147483647."),
        ('{"rules":-' + "9" * 1_001 + "}", "Numbers go up to 2147483647."),
        ('{"rules":', "The text is not JSON."),
    ],
)
def test_what_cannot_be_read(text: str, advice: str) -> None:
    """A text that is too deep, or has too long a number, is refused as that and not as no JSON."""
    error = refusal(text)
    assert (error.detail, error.advice) == (UNREADABLE, f" {advice}")


def test_advice() -> None:
    """What guides often get wrong is refused in AWS's words, with one sentence that says what to write."""
    any_first = a_text(a_rule(1, "any", more_than=10), a_rule(2, "untagged", pushed=1))
    assert str(refusal(any_first)) == (
        f"{START}Rule for tagStatus=ANY must have the lowest priority per storage class' "
        "Give that rule a rulePriority above 2, the highest beside it, instead of 1."
    )
    no_list = a_text(a_rule(1, "tagged", more_than=10))
    assert str(refusal(no_list)) == (
        f"{START}Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.' "
        'Rule 1: write "tagPatternList": ["*"] for every tagged image.'
    )
    assert len(a_policy(a_rule(3, "any", more_than=10), a_rule(2, "untagged", pushed=1)).rules) == 2
    assert len(a_policy(a_rule(1, "tagged", more_than=10, patterns=["*"])).rules) == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["any", "tagged", "expire"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rules", "selection", "action", "tagStatus", "type", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_JSON | st.text().map(lambda text: text))
def test_anything_else_is_refused(value: Any) -> None:
    """Whatever JSON is not a policy is refused as one, with a text that can be sent."""
    text = value if isinstance(value, str) else json.dumps(value)
    str(refusal(text)).encode()


@given(_JSON, st.sampled_from([(), ("selection",), ("action",), ("selection", "tagPatternList")]))
def test_anything_in_its_place_is_refused(value: Any, path: tuple[str, ...]) -> None:
    """A value of any form in the place of a part of a policy is accepted or refused, with a text that can be sent."""
    rule = a_rule(1, "tagged", more_than=1, patterns=["v*"])
    document: Any = {"rules": [rule]}
    holder: Any = document["rules"]
    key: Any = 0
    for step in path:
        holder, key = holder[key], step
    holder[key] = value
    try:
        parse(json.dumps(document))
    except LifecyclePolicyInvalid as error:
        str(error).encode()
