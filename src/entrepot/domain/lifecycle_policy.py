"""Lifecycle policies as documents: the grammar, what may stand beside what, and ECR's words for what may not.

Sources: ECR user guide, "Lifecycle policies", "Lifecycle policy properties"; ECR checks the form of a document with a
JSON schema, whose messages these are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NoReturn

from entrepot.domain.errors import LifecyclePolicyInvalid

LENGTH_MAX = 30_720  # characters of a policy, ECR quotas
RULES_MAX = 50
WILDCARDS_MAX = 4  # of one pattern
ARCHIVED_DAYS_MIN = 90  # what is in the archive is kept, and billed, so long
_INTEGER_MAX = 2**31 - 1
_DIGITS_MAX = 1_000  # of a number that is read at all: Python refuses longer ones by itself, as no JSON

COUNT, PUSHED, PULLED, TRANSITIONED = (
    "imageCountMoreThan",
    "sinceImagePushed",
    "sinceImagePulled",
    "sinceImageTransitioned",
)
TAGGED, UNTAGGED, ANY = "tagged", "untagged", "any"
STANDARD, ARCHIVE = "standard", "archive"
EXPIRE, TRANSITION = "EXPIRE", "TRANSITION"
ActionType = Literal["EXPIRE", "TRANSITION"]

_TYPES = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}
_SELECTION = ("tagStatus", "countType", "countNumber")
_SELECTION_ALSO = ("tagPatternList", "tagPrefixList", "storageClass", "countUnit")
_NO_SCHEMA = "instance failed to match exactly one schema (matched 0 out of 2)"
_UNREADABLE = "Could not map policyString into LifecyclePolicy."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Of `patterns` and `prefixes` exactly one is not empty where `tag_status` is "tagged".

    `count` is a number of images where `count_type` is COUNT, otherwise of days.
    """

    priority: int
    description: str
    tag_status: str
    patterns: tuple[str, ...]
    prefixes: tuple[str, ...]
    storage_class: str
    count_type: str
    count: int
    action: ActionType


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in the order in which they are applied: the lowest `priority` first."""

    rules: tuple[Rule, ...]


def parse(text: str) -> Policy:
    """Read a policy. Raises LifecyclePolicyInvalid for every document that ECR refuses, and for keys given twice."""
    document = _load(text)
    _object(document, ("rules",), ())
    rules = _typed(document["rules"], list)
    if not rules:
        _refuse("array is too short: must have at least 1 elements but instance has 0 elements")
    if len(rules) > RULES_MAX:
        _refuse(f"array is too long: must have at most {RULES_MAX} elements but instance has {len(rules)} elements")
    read = sorted((_rule(rule) for rule in rules), key=lambda rule: rule.priority)
    for check in (_unique_priorities, _any_is_last, _one_untagged, _unique_strings):
        check(read)
    return Policy(tuple(read))


def _refuse(detail: str, advice: str = "") -> NoReturn:
    raise LifecyclePolicyInvalid(detail, f" {advice}" if advice else "")


def _load(text: str) -> Any:
    if len(text) > LENGTH_MAX:
        _refuse(_UNREADABLE, f"A policy may have {LENGTH_MAX} characters.")
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except RecursionError:
        _refuse(_UNREADABLE, "It is nested too deeply.")
    except ValueError:
        _refuse(_UNREADABLE, "The text is not JSON.")
    return document


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        _refuse(_UNREADABLE, f"Numbers go up to {_INTEGER_MAX}.")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse(_UNREADABLE, "An object has the same key twice.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    _refuse(_UNREADABLE, f"{name} is not JSON.")


# --- the form of a document ------------------------------------------------------------------------------------


def _shown(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _typed(value: Any, wanted: type) -> Any:
    """The value, if it is of the JSON type."""
    if type(value) is not wanted:
        found = "null" if value is None else _TYPES[type(value)]
        allowed = _shown([_TYPES[wanted]])
        _refuse(f"instance type ({found}) does not match any allowed primitive type (allowed: {allowed})")
    if isinstance(value, int) and abs(value) > _INTEGER_MAX:
        _refuse(_UNREADABLE, f"Numbers go up to {_INTEGER_MAX}.")
    return value


def _object(value: Any, required: Sequence[str], optional: Sequence[str]) -> None:
    found = _typed(value, dict)
    missing = sorted(set(required) - found.keys())
    if missing:
        _refuse(f"object has missing required properties ({_shown(missing)})")
    unknown = sorted(found.keys() - {*required, *optional})
    if unknown:
        _refuse(
            f"object instance has properties which are not allowed by the schema: ({_shown(unknown)})",
            f"Allowed here: {', '.join((*required, *optional))}.",
        )


def _one_of(value: Any, allowed: Sequence[str]) -> str:
    _typed(value, str)
    if value not in allowed:
        _refuse(f"instance value ({_shown(value)}) not found in enum (possible values: {_shown(sorted(allowed))})")
    return str(value)


def _positive(value: Any) -> int:
    number: int = _typed(value, int)
    if number < 1:
        _refuse(f"numeric instance is lower than the required minimum (minimum: 1, found: {number})")
    return number


def _strings(selection: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = tuple(_typed(entry, str) for entry in _typed(selection.get(key, []), list))
    if "" in found:
        _refuse('string "" is too short (length: 0, required minimum: 1)', f"No string in {key} may be empty.")
    return found


def _rule(rule: Any) -> Rule:
    _object(rule, ("rulePriority", "selection", "action"), ("description",))
    priority, description = _positive(rule["rulePriority"]), _typed(rule.get("description", ""), str)
    selection = rule["selection"]
    _object(selection, _SELECTION, _SELECTION_ALSO)
    read = Rule(
        priority=priority,
        description=description,
        tag_status=_one_of(selection["tagStatus"], (ANY, TAGGED, UNTAGGED)),
        patterns=_strings(selection, "tagPatternList"),
        prefixes=_strings(selection, "tagPrefixList"),
        storage_class=_one_of(selection.get("storageClass", STANDARD), (STANDARD, ARCHIVE)),
        count_type=_one_of(selection["countType"], (COUNT, PULLED, PUSHED, TRANSITIONED)),
        count=_positive(selection["countNumber"]),
        action=_action(rule["action"]),
    )
    unit = _one_of(selection["countUnit"], ("days",)) if "countUnit" in selection else ""
    _check_tags(read)
    _check_count(read, unit)
    return read


def _action(action: Any) -> ActionType:
    _object(action, ("type",), ("targetStorageClass",))
    kind = _one_of(action["type"], ("expire", "transition"))
    if kind == "expire":
        if "targetStorageClass" in action:
            _refuse(_NO_SCHEMA, "targetStorageClass stands beside the type transition only.")
        return "EXPIRE"
    _object(action, ("type", "targetStorageClass"), ())
    _one_of(action["targetStorageClass"], (ARCHIVE,))
    return "TRANSITION"


# --- what may stand beside what --------------------------------------------------------------------------------


def _check_tags(rule: Rule) -> None:
    if rule.patterns and rule.prefixes:
        _refuse(
            "Only one of tagPrefixList or tagPatternList can be specified.",
            f"Rule {rule.priority}: write prefixes as patterns that end in *.",
        )
    if rule.tag_status == TAGGED and not (rule.patterns or rule.prefixes):
        _refuse(
            "Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.",
            f'Rule {rule.priority}: write "tagPatternList": ["*"] for every tagged image.',
        )
    if rule.tag_status != TAGGED and (rule.patterns or rule.prefixes):
        _refuse(
            "tagPrefixList and tagPatternList can only be specified when tagStatus=TAGGED.",
            f'Rule {rule.priority}: write "tagStatus": "tagged", or leave the list out.',
        )
    for pattern in rule.patterns:
        if pattern.count("*") > WILDCARDS_MAX:
            _refuse(f"A tag pattern can contain at most {WILDCARDS_MAX} wildcards, found: {_shown(pattern)}")


def _check_count(rule: Rule, unit: str) -> None:
    where = f"Rule {rule.priority}: "
    if rule.count_type == COUNT and unit:
        _refuse(_NO_SCHEMA, f"{where}leave countUnit out, or use a countType that counts days.")
    if rule.count_type != COUNT and not unit:
        _refuse(_NO_SCHEMA, f'{where}write "countUnit": "days" beside {rule.count_type}.')
    if rule.count_type == TRANSITIONED and rule.storage_class != ARCHIVE:
        _refuse(_NO_SCHEMA, f'{where}write "storageClass": "archive" beside sinceImageTransitioned.')
    if rule.count_type != TRANSITIONED and rule.storage_class == ARCHIVE:
        _refuse(_NO_SCHEMA, f"{where}in the archive only sinceImageTransitioned can be counted.")
    if rule.count_type == TRANSITIONED and rule.action != EXPIRE:
        _refuse(_NO_SCHEMA, f'{where}images in the archive can only "expire".')
    if rule.count_type == PULLED and rule.action != TRANSITION:
        _refuse(_NO_SCHEMA, f'{where}sinceImagePulled goes with the action "transition" only.')
    if rule.count_type == TRANSITIONED and rule.count < ARCHIVED_DAYS_MIN:
        _refuse(
            f"numeric instance is lower than the required minimum (minimum: {ARCHIVED_DAYS_MIN}, found: {rule.count})",
            f"{where}an image stays in the archive for at least {ARCHIVED_DAYS_MIN} days.",
        )


_Check = Callable[[Sequence[Rule]], None]


def _unique_priorities(rules: Sequence[Rule]) -> None:
    for one, other in pairwise(rules):
        if one.priority == other.priority:
            _refuse(f"Rule priority must be unique, found more than once: {one.priority}")


def _any_is_last(rules: Sequence[Rule]) -> None:
    for storage_class in (STANDARD, ARCHIVE):
        found = [rule for rule in rules if rule.storage_class == storage_class]
        for rule in found[:-1]:
            if rule.tag_status == ANY:
                last = found[-1].priority
                advice = (
                    f"Give that rule a rulePriority above {last}, the highest beside it, instead of {rule.priority}."
                    if found[-1].tag_status != ANY
                    else f"Only one rule can have it: rules {rule.priority} and {last} do."
                )
                _refuse("Rule for tagStatus=ANY must have the lowest priority per storage class", advice)


def _one_untagged(rules: Sequence[Rule]) -> None:
    found = [(rule.storage_class, rule.priority) for rule in rules if rule.tag_status == UNTAGGED]
    if len({storage_class for storage_class, _ in found}) != len(found):
        _refuse(
            "Only one rule can select Untagged images per storage class",
            f"Rules {', '.join(str(priority) for _, priority in found)} do.",
        )


def _unique_strings(rules: Sequence[Rule]) -> None:
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for rule in rules:
        strings = [("tagPatternList", text) for text in rule.patterns] + [("tagPrefixList", p) for p in rule.prefixes]
        for key, text in strings:
            other, priority = seen.get((rule.storage_class, text), ("", 0))
            if other:
                advice = f"Rule {priority} has it in {other}." if other != key else ""
                _refuse(f"{key} must be unique per storage class, found more than once: {_shown(text)}", advice)
            seen[rule.storage_class, text] = (key, rule.priority)
