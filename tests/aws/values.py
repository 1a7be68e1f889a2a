"""Hypothesis strategies that draw the values of a shape, and their likeness in a client's types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from entrepot.aws.model import Shape

Strategy = st.SearchStrategy[Any]

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=6)
_INSTANTS = st.integers(0, 4_102_444_800_000).map(lambda ms: ms / 1000)
_SCALARS: dict[str, Strategy] = {
    "string": _TEXT,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=9),
    "timestamp": _INSTANTS,
}


def of(shape: Shape, *, empties: bool = True) -> Strategy:
    """Any value of the shape. Without `empties`, no list, map or structure in it is empty: Query cannot say those."""
    match shape.kind:
        case "structure":
            return _structure(shape, empties=empties)
        case "list":
            return st.lists(of(shape.of(), empties=empties), min_size=0 if empties else 1, max_size=2)
        case "map":
            if shape.key is None:
                raise TypeError(shape.name)
            keys, values = of(shape.key), of(shape.of(), empties=empties)
            return st.dictionaries(keys, values, min_size=0 if empties else 1, max_size=2)
        case "string" if shape.choices:
            return st.sampled_from(shape.choices)
        case kind:
            return _SCALARS[kind]


def _structure(shape: Shape, *, empties: bool) -> Strategy:
    members = {
        name: of(member, empties=empties)
        for name, member in shape.members.items()
        if empties or member.kind != "structure" or member.members
    }
    if shape.union:
        return st.one_of([st.fixed_dictionaries({name: values}) for name, values in members.items()])
    needed = {name: values for name, values in members.items() if name in shape.required}
    optional = {name: values for name, values in members.items() if name not in needed}
    drawn = st.fixed_dictionaries(needed, optional=optional)
    return drawn if empties or needed or not members else drawn.filter(bool)


def as_client(shape: Shape, value: Any) -> Any:
    """The value with datetimes for instants, as botocore takes and gives it."""
    match shape.kind:
        case "structure":
            return {name: as_client(shape.members[name], inner) for name, inner in value.items()}
        case "list":
            return [as_client(shape.of(), inner) for inner in value]
        case "map":
            return {key: as_client(shape.of(), inner) for key, inner in value.items()}
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
        case _:
            return value
