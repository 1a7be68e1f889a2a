"""The picture of ratios: well-formed, to scale, with every row that it is to show."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bench import plot
from bench.report import Row, Run

from .test_report import a_row, a_run

SVG = "{http://www.w3.org/2000/svg}"


def named(row: Row, name: str) -> Row:
    return replace(row, workload=replace(row.workload, name=name))


def bars(run: Run) -> list[ET.Element]:
    """The bars, without those of the legend."""
    found = ET.fromstring(plot.svg(run)).iter(f"{SVG}rect")
    return [one for one in found if float(one.attrib["y"]) > plot.TOP]


@pytest.mark.parametrize(("ratio", "place"), [(0.1, 0.0), (1, 1 / 3), (10, 2 / 3), (100, 1.0), (1e9, 1.0), (0, 0.0)])
def test_the_axis_is_logarithmic_and_has_ends(ratio: float, place: float) -> None:
    """A tenth stands at one end, a hundredfold at the other, and nothing outside."""
    width = plot.WIDTH - plot.LEFT - plot.RIGHT
    assert plot.place(ratio) == pytest.approx(plot.LEFT + place * width)


def test_bars_go_from_one_to_the_ratio() -> None:
    """Faster goes to the right, slower to the left, and where less is better half the time is twice as fast."""
    fast, slow, less = a_row([10], [1]), a_row([1], [10]), a_row([1], [2], more=False)
    right, left, half = bars(a_run(fast, slow, less))
    assert float(right.attrib["x"]) == pytest.approx(plot.place(1), abs=0.1)
    assert float(left.attrib["x"]) == pytest.approx(plot.place(0.1), abs=0.1)
    assert float(half.attrib["width"]) == pytest.approx(plot.place(2) - plot.place(1), abs=0.1)


def test_rows_that_say_nearly_the_same_are_left_out() -> None:
    """HEAD, digests, TLS and the widest loads are in the tables only; names are escaped."""
    row = a_row([1], [1])
    names = ["manifest HEAD by tag", "manifest GET by digest", "push, TLS", "push, c=64", "a < b & c"]
    picture = plot.svg(a_run(*(named(row, name) for name in names)))
    assert "a &lt; b &amp; c" in picture
    assert len(bars(a_run(*(named(row, name) for name in names)))) == 1
