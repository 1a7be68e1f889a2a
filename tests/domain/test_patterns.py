"""Patterns of policies: pieces, variables, how far wildcards reach, and how long they take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.patterns import Form, Matcher, Piece, Reach, Variable, Wild, compiled, fill, read


def pieces(text: str) -> tuple[Piece, ...]:
    return read(text, variables=True, wildcards=True)


def nothing(_: str) -> tuple[str, ...] | None:
    """A request without any keys."""
    return None


def test_pieces() -> None:
    """Text, wildcards, variables with and without a default, and the three that stand for a character."""
    assert pieces("a*${aws:UserName}?${x:y, 'd e'}${*}${?}${$}{}") == (
        *("a", Wild.RUN, Variable("aws:username"), Wild.ONE, Variable("x:y", "d e")),
        *("*", "?", "$", "{}"),
    )
    assert read("a*${x:y}", variables=False, wildcards=False) == ("a*${x:y}",)
    assert pieces("") == ()


def test_filling() -> None:
    """A value is text; without one, or with several, the default stands, and without that nothing does."""
    values = {"one": ("*",), "two": ("a", "b")}
    assert fill(pieces("${one}?"), values.get) == ("*", Wild.ONE)
    assert fill(pieces("${two, 'd'}${none, ''}"), values.get) == ("d", "")
    assert fill(pieces("x${two}"), values.get) is None
    assert fill(pieces("x${none}"), values.get) is None


@pytest.mark.parametrize(
    ("pattern", "text", "reaches"),
    [
        ("*", "a:b:c:d:e:f", {Reach.TEXT, Reach.ARN, Reach.RESOURCE}),
        ("a:*", "a:b:c:d:e:f", {Reach.TEXT, Reach.RESOURCE}),
        ("a:*c:d:e:f", "a:b:c:d:e:f", {Reach.TEXT}),
        ("a:*:d:e:f", "a:b:c:d:e:f", {Reach.TEXT, Reach.RESOURCE}),
        ("a:b:c:d:e:*g", "a:b:c:d:e:f:g", {Reach.TEXT, Reach.ARN, Reach.RESOURCE}),
        ("a?b:c:d:e:f", "a:b:c:d:e:f", {Reach.TEXT}),
        ("a:B:c:d:e:f", "a:b:c:d:e:f", set()),
    ],
)
def test_reach(pattern: str, text: str, reaches: set[Reach]) -> None:
    """Within the first five parts of an ARN wildcards stop at colons, but for `*` at the end of a Resource's part."""
    for reach in Reach:
        found = compiled([each for each in pieces(pattern) if not isinstance(each, Variable)], reach)
        assert (found.fullmatch(text) is not None) is (reach in reaches), reach
        assert Matcher([pieces(pattern)], reach).matches(text, nothing) is (reach in reaches)


@pytest.mark.parametrize("pattern", ["*a" * 4000 + "b", "*?" * 4000 + "b", "a*" * 4000 + "b", "?*" * 4000])
@pytest.mark.timeout(20)
def test_stars_take_no_time(pattern: str) -> None:
    """Thousands of stars against a long text that nearly matches come to an end."""
    assert not Matcher([pieces(pattern)], Reach.TEXT).matches("a" * 3_999, nothing)


def resource(pattern: str) -> Form:
    plain = read(pattern, variables=False, wildcards=True)
    return compiled([piece for piece in plain if not isinstance(piece, Variable)], Reach.RESOURCE)


def naive(pattern: str, text: str) -> bool:
    """Whether a resource pattern fits, by trying everything: `*` at the end of a part goes on, others end at colons."""

    def fits(at: int, here: int) -> bool:
        if at == len(pattern):
            return here == len(text)
        free = pattern.count(":", 0, at) >= 5
        if pattern[at] == "*":
            goes_on = free or pattern[at + 1 : at + 2] in ("", ":")
            if fits(at + 1, here):
                return True
            return here < len(text) and (goes_on or text[here] != ":") and fits(at, here + 1)
        return here < len(text) and text[here] == pattern[at] and fits(at + 1, here + 1)

    return pattern == "*" or fits(0, 0)


SECRET = "arn:aws:ecr:us-east-1:123456789012:repository/team/secret-app"


@pytest.mark.parametrize(
    "pattern",
    ["arn:aws:ecr:*:*/secret*", "arn:aws:ecr:*:*secret*", "arn:aws:*:*secret-app*", "arn:*:*/secret-*", "arn:*:*:*"],
)
def test_a_run_over_colons_before_one_that_ends_at_them(pattern: str) -> None:
    """A Deny of such a form has to reach what it names."""
    form = resource(pattern)
    assert bool(form.fullmatch(SECRET)) == naive(pattern, SECRET)


@given(st.text("ab:*", max_size=12), st.text("ab:", max_size=14))
def test_resources_against_trying_everything(pattern: str, text: str) -> None:
    """Fast forms match what trying every way matches."""
    form = resource(pattern)
    assert bool(form.fullmatch(text)) == (naive(pattern, text) or (pattern == "**"))
