"""Is a parsed request within its model: required, length, range, pattern and enum, in AWS's words.

AWS has three ways of saying it. Most services list every violation in one ValidationException (Query: ValidationError),
and IAM, where there is nothing to list, has a sentence of its own about names and paths (`_iam`).
ECR names the first one in an InvalidParameterException, at the top-level member that holds it; a violation inside a
list or a map reads `Member must satisfy constraint: [...]` (seen for `registryIds`, aws-actions/amazon-ecr-login#225).
Three members that ECR checks by hand have a wording of their own (`_BY_HAND`), all others say
`Member must satisfy regular expression pattern: ...` (seen for `ecrRepositoryPrefix`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from entrepot.aws.model import Service, Shape

MOST_TOLD = 10
MOST_LOOKED_AT = 100
LONGEST_SHOWN = 512
_BY_HAND = {
    "RepositoryName": "must satisfy regular expression '{}'",
    "RegistryId": "must satisfy regular expression {}",  # seen in chanzuckerberg/single-cell-data-portal#3781
    "ImageTag": "must satisfy regular expression '{}'",
}
# ECR lists these in an order that is not its model's.
_AS_ECR_LISTS = {
    "ImageTagMutability": ("IMMUTABLE", "MUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"),
}
# IAM checks these by hand, after all that its framework checks: names, and paths. (aws-cloudformation/cfn-lint#996,
# app-sre/qontract-reconcile#2640; for paths what its emulators agree on.)
_NAMES, _PATHS = r"[\w+=,.@-]+", frozenset({"pathType", "policyPathType"})
_NOT_A_NAME = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
_NOT_A_PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
_LENGTHS = frozenset({"string", "blob", "list", "map"})
_NUMBERS = frozenset({"integer", "long", "float", "double"})


class Invalid(Exception):
    """A request outside its model. `code` is the error's name, `str()` its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Violation:
    """`path` leads from the request to the value; `shape` is None where a required value is missing."""

    path: tuple[str, ...]
    value: Any
    shape: Shape | None
    constraint: str


def validate(service: Service, shape: Shape, params: Mapping[str, Any], *, query: bool = False) -> None:
    """Check a request. Raises Invalid, worded for `service`; `query` says that the call came in that protocol."""
    found = violations(shape, params)
    first = next(found, None)
    if first is None:
        return
    if service.name in {"ecr", "ecr-public"}:
        raise Invalid("InvalidParameterException", _ecr(first))
    if service.name == "iam":
        everything = [first, *islice(found, MOST_LOOKED_AT)]
        found = (each for each in everything if not _iam(each))
        first = next(found, None)
        if first is None:
            raise Invalid("ValidationError", _iam(everything[0]))
    told = [first, *(each for each, _ in zip(found, range(MOST_TOLD - 1), strict=False))]
    many = "1 validation error" if len(told) == 1 else f"{len(told)} validation errors"
    message = f"{many} detected: {'; '.join(_sentence(each) for each in told)}"
    raise Invalid("ValidationError" if query else "ValidationException", message)


def violations(shape: Shape, value: Any, path: tuple[str, ...] = ()) -> Iterator[Violation]:
    """Every violation, in the order of the model's members; missing members come before bad ones."""
    if value is None:
        yield Violation(path, None, None, "Member must not be null")
        return
    match shape.kind:
        case "structure":
            yield from _in_structure(shape, value, path)
        case "list":
            yield from _in_size(shape, len(value), value, path)
            for number, each in enumerate(value, 1):
                yield from violations(shape.of(), each, (*path, str(number), "member"))
        case "map":
            yield from _in_size(shape, len(value), value, path)
            for key, each in value.items():
                if shape.key is not None:
                    yield from violations(shape.key, key, (*path, "key"))
                yield from violations(shape.of(), each, (*path, key, "member"))
        case "string" | "blob":
            yield from _in_text(shape, value, path)
        case kind if kind in _NUMBERS:
            yield from _in_size(shape, value, value, path)


def _in_structure(shape: Shape, value: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Violation]:
    for name in shape.required:
        if name not in value:
            yield Violation((*path, name), None, None, "Member must not be null")
    for name, member in shape.members.items():
        if name in value and not _is_good_text(member, value[name]):
            yield from violations(member, value[name], (*path, name))
    if shape.union and len(value) != 1:
        yield Violation(path, value, shape, "Member must have exactly one of its members set")


def _in_size(shape: Shape, size: float, value: Any, path: tuple[str, ...]) -> Iterator[Violation]:
    what = "length" if shape.kind in _LENGTHS else "value"
    if shape.least is not None and size < shape.least:
        yield Violation(path, value, shape, f"Member must have {what} greater than or equal to {shape.least}")
    if shape.most is not None and size > shape.most:
        yield Violation(path, value, shape, f"Member must have {what} less than or equal to {shape.most}")


def _in_text(shape: Shape, value: str | bytes, path: tuple[str, ...]) -> Iterator[Violation]:
    yield from _in_size(shape, len(value), value, path)
    if isinstance(value, str) and "\0" in value:  # no database that we use keeps it in text
        yield Violation(path, value, shape, "Member must not contain the null character")
    if shape.choices and value not in shape.choices:
        choices = ", ".join(_AS_ECR_LISTS.get(shape.name, shape.choices))
        yield Violation(path, value, shape, f"Member must satisfy enum value set: [{choices}]")
    too_long = shape.most is not None and len(value) > shape.most  # told already, and patterns are for short text
    if shape.pattern is not None and not too_long and isinstance(value, str) and not shape.pattern.fullmatch(value):
        yield Violation(path, value, shape, _pattern(shape))


def _is_good_text(shape: Shape, value: Any) -> bool:
    """Whether it is a text in which `_in_text` finds nothing: most values are, and asking takes a fifth of the time."""
    return (
        shape.kind == "string"
        and isinstance(value, str)
        and (shape.least or 0) <= len(value) <= (math.inf if shape.most is None else shape.most)
        and "\0" not in value
        and (not shape.choices or value in shape.choices)
        and (shape.pattern is None or shape.pattern.fullmatch(value) is not None)
    )


def _pattern(shape: Shape) -> str:
    return f"Member must satisfy regular expression pattern: {shape.pattern_text}"


def _ecr(violation: Violation) -> str:
    member, constraint = violation.path[0], violation.constraint
    if len(violation.path) > 1 and "member" in violation.path:
        constraint = f"Member must satisfy constraint: [{constraint}]"
    elif len(violation.path) > 1:
        member = ".".join(violation.path)
    elif violation.shape is not None and violation.shape.name in _BY_HAND and constraint == _pattern(violation.shape):
        constraint = _BY_HAND[violation.shape.name].format(violation.shape.pattern_text)
    return f"Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"


def _iam(violation: Violation) -> str:
    """IAM's own sentence about a name or a path, empty for what its framework says."""
    shape = violation.shape
    if shape is None or violation.constraint != _pattern(shape):
        return ""
    what = _NOT_A_NAME if shape.pattern_text == _NAMES else _NOT_A_PATH if shape.name in _PATHS else ""
    member = violation.path[-1]
    return f"The specified value for {member[:1].lower()}{member[1:]} is invalid. {what}" if what else ""


def _sentence(violation: Violation) -> str:
    where = ".".join(part[:1].lower() + part[1:] for part in violation.path)
    if violation.shape is not None and violation.shape.sensitive:
        return f"Value at '{where}' failed to satisfy constraint: {violation.constraint}"
    shown = "null" if violation.value is None else f"'{_shown(violation.value)}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {violation.constraint}"


def _shown(value: Any) -> str:
    """A value as Java prints it, cut to a length that is no burden in an answer."""
    match value:
        case bool():
            text = str(value).lower()
        case bytes():
            text = f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case list():
            text = f"[{', '.join(_shown(each) for each in value[:20])}]"
        case dict():
            text = f"{{{', '.join(list(value)[:20])}}}"  # names only: a value in it may be a secret
        case _:
            text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
