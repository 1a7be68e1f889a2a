"""The ratios as a picture: bars on a logarithmic axis, readable on light and on dark backgrounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from bench.report import TIMES, Row, Run, times
from bench.workloads import DOCKER_REGISTRY, MOTO, NGINX

WIDTH, LEFT, RIGHT = 900, 350, 70
TOP, LINE, BAR = 64, 26, 9
DECADES = (-1, 2)
"""The axis goes from a tenth to a hundred times."""
COLOURS = {DOCKER_REGISTRY: "#2f81f7", NGINX: "#e3802b", MOTO: "#8957e5"}
_LEFT_OUT = ("HEAD", "digest", "c=64", "c=8", "TLS")
_STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 9px } .title { font-weight: 600 }
.axis { stroke: #8c959f; stroke-opacity: .4 }
.one { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .one { stroke: #e6edf3 } }"""


def shown(run: Run) -> list[Row]:
    """Rows with targets, one of those that say nearly the same."""
    rows = [row for part in run.parts for row in part.rows if row.workload.targets]
    return [row for row in rows if not any(word in row.workload.name for word in _LEFT_OUT)]


def svg(run: Run) -> str:
    """Bars of how many times faster Entrepot is; where less is better, how many times less."""
    rows = shown(run)
    height = TOP + LINE * len(rows) + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Entrepot's speed as a multiple of its rivals'</title>",
        f"<style>{_STYLE}</style>",
        '<text x="8" y="20" class="title">Times as fast as …, more is better (logarithmic)</text>',
        *_legend({rival for row in rows for rival in row.rivals()}),
        *_axis(height),
        *(line for at, row in enumerate(rows) for line in _bars(row, TOP + at * LINE)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def place(ratio: float) -> float:
    """Where a ratio is on the axis; what lies outside of it is at its end."""
    low, high = DECADES
    exponent = min(max(math.log10(ratio) if ratio > 0 else low, low), high)
    return LEFT + (exponent - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _legend(rivals: set[str]) -> Iterator[str]:
    at = LEFT
    for name, colour in COLOURS.items():
        if name in rivals:
            yield f'<rect x="{at}" y="30" width="10" height="10" rx="2" fill="{colour}"/>'
            yield f'<text x="{at + 15}" y="39">{name}</text>'
            at += 140


def _axis(height: int) -> Iterator[str]:
    for exponent in range(DECADES[0], DECADES[1] + 1):
        x = place(10.0**exponent)
        kind = "one" if exponent == 0 else "axis"
        yield f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height - 12}"/>'
        yield f'<text x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">{10.0**exponent:g}{TIMES}</text>'


def _bars(row: Row, top: int) -> Iterator[str]:
    """A bar from 1 on for each rival, with its number."""
    yield f'<text x="{LEFT - 12}" y="{top + 14}" text-anchor="end">{escape(row.workload.name)}</text>'
    for at, rival in enumerate(row.rivals()):
        ratio = row.ratio(rival) if row.workload.more_is_better else _inverse(row.ratio(rival))
        one, end, y = place(1), place(ratio), top + 2 + at * (BAR + 1)
        size = f'width="{abs(end - one):.1f}" height="{BAR}"'
        yield f'<rect x="{min(one, end):.1f}" y="{y}" {size} fill="{COLOURS[rival]}"/>'
        yield f'<text x="{max(one, end) + 4:.1f}" y="{y + 8.5}" class="small">{times(ratio)}</text>'


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio else float("inf")
