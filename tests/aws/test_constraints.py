"""Every constraint that the model puts on a request, broken alone: in AWS's words, by the wire that clients use."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws import breaking, oracle
from tests.aws.breaking import Case, Place
from tests.aws.door import Door, Reply, a_door

from entrepot.aws import dispatch
from entrepot.aws.operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest.mark import ParameterSet

assert dispatch.SERVED  # importing it filled OPERATIONS
NAMES = sorted(name for service, name in OPERATIONS if service == "ecr")
CASES = [case for name in NAMES for case in breaking.cases(name)]
TRAITS = {"min", "max", "pattern", "enum"}
PLACES = [(name, place) for name in NAMES for place in breaking.places(name)]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One registry for all; a refused request changes nothing in it."""
    made = a_door(tmp_path_factory.mktemp("constraints"))
    yield made
    made.reg.db.close()


def kinds(*wanted: str) -> list[ParameterSet]:
    return [pytest.param(case, id=str(case)) for case in CASES if case.kind in wanted]


def told(reply: Reply) -> tuple[int, str, str]:
    body = reply.json()
    return reply.status, body["__type"], body.get("message", "")


def code(operation: str) -> str:
    """InvalidParameterException, or ValidationException where the operation has only that."""
    declared = {shape.name for shape in oracle.operation("ecr", operation).error_shapes}
    return "InvalidParameterException" if "InvalidParameterException" in declared else "ValidationException"


@pytest.mark.parametrize("case", kinds("required", "null", "min", "max", "pattern"))
def test_a_broken_constraint(door: Door, case: Case) -> None:
    """400, the error that the operation declares, and a sentence that names the member and the constraint."""
    reply = door.call(case.operation, case.request())
    assert told(reply) == (400, code(case.operation), case.message())


@pytest.mark.parametrize("case", kinds("enum"))
def test_no_such_choice(door: Door, case: Case) -> None:
    """The same for a choice that there is not, with all that there are in the sentence."""
    status, error, message = told(door.call(case.operation, case.request()))
    assert (status, error) == (400, code(case.operation))
    assert spread(message) == spread(case.message())


def spread(message: str) -> list[str]:
    """A sentence without the order in which it lists choices: ECR's is not the model's everywhere."""
    start, _, rest = message.partition("enum value set: [")
    choices, _, end = rest.partition("]")
    return [start, *sorted(choices.split(", ")), end]


@pytest.mark.parametrize("case", kinds("type"))
def test_another_type(door: Door, case: Case) -> None:
    """JSON of another type than the model's is a SerializationException."""
    reply = door.call(case.operation, case.request())
    assert told(reply)[:2] == (400, "SerializationException")


@pytest.mark.parametrize(
    ("operation", "place"),
    [pytest.param(name, place, id=f"{name}-{'.'.join(map(str, place.steps))}") for name, place in PLACES],
)
def test_what_is_right_passes(door: Door, operation: str, place: Place) -> None:
    """The same requests unbroken are not refused by the model: the tests above break what they say and no more."""
    for value in within(place):
        body = breaking.asking(breaking.model(operation), place.steps, value)
        reply = door.call(operation, body)
        assert reply.status in {200, 400}, reply.body
        assert "Member must" not in reply.body.decode(), reply.body
        assert reply.json().get("__type") != "SerializationException"


def within(place: Place) -> list[Any]:
    """A right value, and where a size is all that counts, the smallest and the largest."""
    limits = place.shape.metadata
    values = [breaking.valid(place.shape)]
    said = {"pattern", "enum"} & set(limits) or place.shape.name in breaking.VALID
    if not said:
        values += [breaking.sized(place.shape, limits[edge]) for edge in ("min", "max") if edge in limits]
    return values


def test_nothing_is_left_out() -> None:
    """Every operation that takes anything has cases, and every constraint in the model's text is one of them."""
    raw = json.loads((resources.files("entrepot.aws") / "models" / "ecr.json").read_text("utf-8"))
    for name in NAMES:
        expected = constraints(raw["shapes"], raw["operations"][name].get("input", {}))
        found = {(case.place.shape.name, case.kind) for case in CASES if case.operation == name}
        assert {(shape, kind) for shape, kind in found if kind in TRAITS} == expected, name


def constraints(shapes: dict[str, Any], ref: dict[str, Any]) -> set[tuple[str, str]]:
    """The constraints on what `ref` leads to, each with the name of its shape, read from the model's own text."""
    if not ref:
        return set()
    traits = shapes[ref["shape"]] | ref
    found = {(ref["shape"], trait) for trait in TRAITS if traits.get(trait)}
    inner = [
        *traits.get("members", {}).values(),
        traits.get("member", {}),
        traits.get("key", {}),
        traits.get("value", {}),
    ]
    return found.union(*(constraints(shapes, each) for each in inner))
