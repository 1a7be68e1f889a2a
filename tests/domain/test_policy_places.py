"""Where statements stand in a policy's text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import policy_places
from entrepot.domain.policy_places import Place

CONDITION = {"DateGreaterThan": {"aws:CurrentTime": "2018-08-16T12:00:00Z"}}
ALONE = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": CONDITION}


def test_as_aws_tells_it() -> None:
    """The two examples that the aws command line has: one statement without a list, and one in an indented list."""
    text = json.dumps({"Version": "2012-10-17", "Statement": ALONE}, separators=(",", ":"))
    assert policy_places.statements(text) == ((Place(1, 38), Place(1, 167)),)
    listed = [{"Effect": "Allow", "Action": ["x:List"], "Resource": "*"}]
    text = json.dumps({"Version": "2012-10-17", "Statement": listed}, indent=4).replace(
        '[\n                "x:List"\n            ]', '"x:List"\n'
    )
    assert policy_places.statements(text) == ((Place(3, 19), Place(9, 10)),)


SPACE = st.text(" \t\r\n", max_size=3)
STATEMENT = st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.lists(st.text(max_size=3)), max_size=3)


@given(st.lists(STATEMENT, min_size=1, max_size=4), st.booleans(), st.text(max_size=5), SPACE)
def test_every_statement(statements: list[dict[str, object]], last: bool, label: str, space: str) -> None:
    """Whatever stands around them, and however it is spaced, each place ends with the brace of its own statement."""
    each = [json.dumps(one, ensure_ascii=False) for one in statements]
    body = f'"Statement"{space}:{space}[{space}{f"{space},{space}".join(each)}{space}]'
    head = f'"Id"{space}:{space}{json.dumps(label)}'
    text = f"{space}{{{space}{f'{space},{space}'.join((head, body) if last else (body, head))}{space}}}"
    places = policy_places.statements(text)
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[: one.line - 1]) + one.column - 1 for pair in places for one in pair]
    assert [
        json.loads(text[a:b].lstrip(" \t\r\n,")) for a, b in zip(starts[::2], starts[1::2], strict=True)
    ] == statements
