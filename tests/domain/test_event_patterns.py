"""Event patterns: what EventBridge's language matches, and what it refuses."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import event_patterns

PUSH: dict[str, Any] = {
    "version": "0",
    "id": "13cde686-328b-6117-af20-0e5566167482",
    "detail-type": "ECR Image Action",
    "source": "aws.ecr",
    "account": "123456789012",
    "time": "2019-11-16T01:54:34Z",
    "region": "us-west-2",
    "resources": [],
    "detail": {
        "result": "SUCCESS",
        "repository-name": "my-repository-name",
        "image-digest": "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234",
        "action-type": "PUSH",
        "image-tag": "latest",
    },
}
SCAN: dict[str, Any] = {
    "version": "0",
    "detail-type": "ECR Image Scan",
    "source": "aws.ecr",
    "resources": ["arn:aws:ecr:us-east-1:123456789012:repository/my-repository-name"],
    "detail": {
        "scan-status": "COMPLETE",
        "repository-name": "my-repository-name",
        "finding-severity-counts": {"CRITICAL": 10, "MEDIUM": 9},
        "image-tags": ["v1", "latest"],
        "address": "10.0.0.7",
        "ratio": 0.5,
        "nothing": None,
        "flag": True,
        "layers": [{"name": "a", "size": 1}, {"name": "b", "size": 2}],
        "empty": [],
    },
}


def matches(pattern: object, event: dict[str, Any]) -> bool:
    return event_patterns.parse(json.dumps(pattern)).matches(event)


def detail(key: str, *asked: object) -> dict[str, object]:
    return {"detail": {key: list(asked)}}


YES: list[tuple[object, dict[str, Any]]] = [
    ({"source": ["aws.ecr"]}, PUSH),
    ({"source": ["aws.ecr"], "detail-type": ["ECR Image Action"], "detail": {"action-type": ["PUSH"]}}, PUSH),
    (detail("image-tag", "v1", "latest"), PUSH),
    (detail("image-tag", {"prefix": "la"}), PUSH),
    (detail("image-tag", {"prefix": {"equals-ignore-case": "LA"}}), PUSH),
    (detail("image-tag", {"suffix": "est"}), PUSH),
    (detail("image-tag", {"suffix": {"equals-ignore-case": "EST"}}), PUSH),
    (detail("image-tag", {"equals-ignore-case": "LATEST"}), PUSH),
    (detail("image-tag", {"wildcard": "l*e*t"}), PUSH),
    (detail("image-tag", {"wildcard": "*"}), PUSH),
    (detail("image-tag", {"anything-but": "v1"}), PUSH),
    (detail("image-tag", {"anything-but": ["v1", "v2"]}), PUSH),
    (detail("image-tag", {"anything-but": {"prefix": "v"}}), PUSH),
    (detail("image-tag", {"anything-but": {"suffix": ["v", "1"]}}), PUSH),
    (detail("image-tag", {"anything-but": {"equals-ignore-case": ["V1"]}}), PUSH),
    (detail("image-tag", {"anything-but": {"wildcard": "v*"}}), PUSH),
    (detail("image-tag", {"exists": True}), PUSH),
    (detail("manifest-media-type", {"exists": False}), PUSH),
    (detail("manifest-media-type", "x", {"exists": False}), PUSH),
    ({"nowhere": {"at": {"all": [{"exists": False}]}}}, PUSH),
    ({"resources": [{"exists": False}]}, PUSH),
    ({"$or": [{"source": ["x"]}, {"detail": {"action-type": ["PUSH"]}}]}, PUSH),
    ({"detail": {"result": ["SUCCESS"], "$or": [{"image-tag": ["x"]}, {"image-tag": ["latest"]}]}}, PUSH),
    ({"$or": [{"$or": [{"source": ["aws.ecr"]}]}]}, PUSH),
    ({"resources": [{"suffix": "/my-repository-name"}]}, SCAN),
    ({"detail": {"finding-severity-counts": {"CRITICAL": [{"numeric": [">", 0]}]}}}, SCAN),
    ({"detail": {"finding-severity-counts": {"CRITICAL": [{"numeric": [">=", 10, "<", 11]}]}}}, SCAN),
    ({"detail": {"finding-severity-counts": {"CRITICAL": [10], "MEDIUM": [9]}}}, SCAN),
    ({"detail": {"finding-severity-counts": {"HIGH": [{"exists": False}]}}}, SCAN),
    (detail("ratio", {"numeric": ["=", 0.5]}), SCAN),
    (detail("ratio", {"anything-but": 1}), SCAN),
    (detail("image-tags", "latest"), SCAN),
    (detail("image-tags", {"anything-but": "latest"}), SCAN),
    (detail("address", {"cidr": "10.0.0.0/24"}), SCAN),
    (detail("nothing", None), SCAN),
    (detail("nothing", {"exists": True}), SCAN),
    (detail("flag", True), SCAN),
    ({"detail": {"layers": {"name": ["b"], "size": [2]}}}, SCAN),
    ({"detail": {"empty": {"x": [{"exists": False}]}}}, SCAN),
]
NO: list[tuple[object, dict[str, Any]]] = [
    ({"source": ["aws.ec"]}, PUSH),
    ({"source": ["AWS.ECR"]}, PUSH),
    ({"source": ["aws.ecr"], "detail": {"action-type": ["DELETE"]}}, PUSH),
    (detail("image-tag", {"prefix": "atest"}), PUSH),
    (detail("image-tag", {"suffix": "lates"}), PUSH),
    (detail("image-tag", {"wildcard": "l*x*t"}), PUSH),
    (detail("image-tag", {"wildcard": "late"}), PUSH),
    (detail("image-tag", {"wildcard": "\\*"}), PUSH),
    (detail("image-tag", {"anything-but": "latest"}), PUSH),
    (detail("image-tag", {"anything-but": ["v1", "latest"]}), PUSH),
    (detail("image-tag", {"anything-but": {"prefix": ["x", "l"]}}), PUSH),
    (detail("not-there", {"anything-but": "x"}), PUSH),
    (detail("image-tag", {"exists": False}), PUSH),
    ({"detail": [{"exists": True}]}, PUSH),
    ({"resources": [{"exists": True}]}, PUSH),
    (detail("image-tag", {"numeric": [">", 0]}), PUSH),
    ({"$or": [{"source": ["x"]}, {"source": ["y"]}]}, PUSH),
    ({"source": ["x"], "$or": [{"account": ["123456789012"]}]}, PUSH),
    ({"source": {"x": ["y"]}}, PUSH),
    ({"detail": {"finding-severity-counts": {"CRITICAL": [{"numeric": [">", 0, "<", 10]}]}}}, SCAN),
    ({"detail": {"finding-severity-counts": {"CRITICAL": ["10"]}}}, SCAN),
    ({"detail": {"finding-severity-counts": {"CRITICAL": [10.0]}}}, SCAN),
    (detail("flag", 1), SCAN),
    (detail("flag", {"numeric": ["=", 1]}), SCAN),
    (detail("nothing", False), SCAN),
    (detail("address", {"cidr": "10.0.1.0/24"}), SCAN),
    (detail("ratio", {"cidr": "10.0.1.0/24"}), SCAN),
    (detail("image-tags", {"cidr": "10.0.1.0/24"}), SCAN),
    ({"detail": {"layers": {"name": ["a"], "size": [2]}}}, SCAN),
]


@pytest.mark.parametrize(("pattern", "event"), YES)
def test_what_matches(pattern: object, event: dict[str, Any]) -> None:
    """ECR's documented events and EventBridge's comparisons."""
    assert matches(pattern, event)


@pytest.mark.parametrize(("pattern", "event"), NO)
def test_what_does_not_match(pattern: object, event: dict[str, Any]) -> None:
    """Near misses of each comparison."""
    assert not matches(pattern, event)


def test_a_backslash_makes_a_star_a_star() -> None:
    r"""In a wildcard `\*` is a star and `\\` a backslash."""
    for pattern, text, expected in [
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\\b", "a\\b", True),
        (r"*\**", "x*y", True),
        (r"*\**", "xy", False),
        (r"\\*", "\\abc", True),
    ]:
        assert matches({"x": [{"wildcard": pattern}]}, {"x": text}) is expected, pattern


REFUSED = [
    ("", "JSON"),
    ("[]", "JSON object"),
    ('"x"', "JSON object"),
    ("{", "JSON"),
    ("{}", "empty object"),
    ('{"a": {}}', "a: an empty object"),
    ('{"a": []}', "a: a list of values"),
    ('{"a": "x"}', "a: a list of values"),
    ('{"a": 1}', "a: a list of values"),
    ('{"a": ["x"], "a": ["y"]}', "a key twice"),
    ('{"a": [["x"]]}', "a list inside a list"),
    ('{"a": [{}]}', "one comparison"),
    ('{"a": [{"prefix": "x", "suffix": "y"}]}', "one comparison"),
    ('{"a": [{"regex": "x"}]}', "'regex' is not one of anything-but"),
    ('{"a": [{"prefix": 1}]}', "prefix takes a text"),
    ('{"a": [{"prefix": ""}]}', "prefix takes a text"),
    ('{"a": [{"suffix": ["x"]}]}', "suffix takes a text"),
    ('{"a": [{"equals-ignore-case": 1}]}', "equals-ignore-case takes a text"),
    ('{"a": [{"exists": "true"}]}', "exists is true or false"),
    ('{"a": [{"wildcard": "a**b"}]}', "no two *"),
    ('{"a": [{"wildcard": "a\\\\b"}]}', "backslash"),
    ('{"a": [{"numeric": []}]}', "numeric takes"),
    ('{"a": [{"numeric": ">"}]}', "numeric takes"),
    ('{"a": [{"numeric": ["!=", 1]}]}', "numeric compares with one of"),
    ('{"a": [{"numeric": [">", "1"]}]}', "numeric compares with numbers"),
    ('{"a": [{"numeric": [">", true]}]}', "numeric compares with numbers"),
    ('{"a": [{"numeric": [">", 6e9]}]}', "numeric compares with numbers"),
    ('{"a": [{"numeric": [">", NaN]}]}', "NaN"),
    ('{"a": [{"numeric": ["<", 1, ">", 5]}]}', "lower end"),
    ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "lower end"),
    ('{"a": [{"cidr": "10.0.0.1/8"}]}', "cidr takes a network"),
    ('{"a": [{"anything-but": []}]}', "at least one value"),
    ('{"a": [{"anything-but": [null]}]}', "texts or numbers"),
    ('{"a": [{"anything-but": {"numeric": ["=", 1]}}]}', "anything-but takes values"),
    ('{"a": [{"anything-but": {}}]}', "anything-but takes values"),
    ('{"$or": []}', "$or: a list of objects"),
    ('{"$or": ["x"]}', "$or: a list of objects"),
    ('{"$or": [{}]}', "empty object"),
    ('{"detail": {"b": {"c": [{"prefix": 1}]}}}', "detail.b.c: prefix"),
    ('{"a":' * 40 + '["x"]' + "}" * 40, "nested"),
    ('{"a":' * 700 + "1" + "}" * 700, ""),
    ("[" * 4096, ""),
    ('{"a": ["' + "x" * 4096 + '"]}', "at most 4096"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_refused(text: str, words: str) -> None:
    """What is no pattern is refused with what is wrong and where."""
    with pytest.raises(ValueError, match=re.escape(words) or "."):
        event_patterns.parse(text)


_names = st.sampled_from(["a", "b", "c"])
_scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.text("ab*", max_size=3))
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_names, inner, max_size=3)),
    max_leaves=8,
)
_events = st.dictionaries(_names, _values, max_size=3)
_texts = st.text("ab", min_size=1, max_size=2)
_asked = st.one_of(
    _scalars,
    _texts.map(lambda text: {"prefix": text}),
    _texts.map(lambda text: {"suffix": text}),
    _texts.map(lambda text: {"equals-ignore-case": text.upper()}),
    _texts.map(lambda text: {"wildcard": f"{text}*"}),
    st.lists(_texts, min_size=1, max_size=2).map(lambda texts: {"anything-but": texts}),
    st.booleans().map(lambda flag: {"exists": flag}),
    st.integers(-2, 2).map(lambda number: {"numeric": [">", number]}),
)
_patterns = st.recursive(
    st.dictionaries(_names, st.lists(_asked, min_size=1, max_size=2), min_size=1, max_size=2),
    lambda inner: st.one_of(
        st.dictionaries(_names, inner, min_size=1, max_size=2),
        st.lists(inner, min_size=1, max_size=2).map(lambda several: {"$or": several}),
    ),
    max_leaves=4,
)


@given(_patterns, _events)
def test_understood_patterns_answer(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """Whatever the event, a pattern says yes or no; alternatives only widen it and conditions only narrow it."""
    found = matches(pattern, event)
    assert matches({"$or": [pattern, {"z": ["never"]}]}, event) is found
    assert matches({"$or": [pattern, {"z": [{"exists": False}]}]}, event)
    assert matches({**pattern, "z": [{"exists": False}]}, event) is found
    assert not matches({**pattern, "z": [{"exists": True}]}, event)
    assert matches({"$or": [pattern, pattern]}, event) is found


@given(_events, _names, st.one_of(st.integers(-3, 3), _texts))
def test_anything_but_is_the_contrary(event: dict[str, Any], key: str, value: object) -> None:
    """Of a single value, it is either the value or anything but it; `exists` says whether there is one."""
    exactly, other = matches({key: [value]}, event), matches({key: [{"anything-but": value}]}, event)
    there = matches({key: [{"exists": True}]}, event)
    assert (exactly or other) is there
    assert matches({key: [{"exists": False}]}, event) is not there
    if not isinstance(event.get(key), list):
        assert not (exactly and other)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """A text is understood or refused with a ValueError, never anything else."""
    with contextlib.suppress(ValueError):
        event_patterns.parse(text)
