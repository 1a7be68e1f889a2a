"""What a run has found: medians, ratios, targets met and missed; as a table for the terminal, Markdown and JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.workloads import ENTREPOT, Curve, Measured, Text, Workload

TIMES = "\N{MULTIPLICATION SIGN}"
KEPT = ("<!-- kept -->", "<!-- /kept -->")
"""What stands between these lines of the document is written by hand and kept."""


@dataclass(frozen=True, slots=True)
class Row:
    """A workload and what was measured of it: every round of every server."""

    workload: Workload
    rounds: Mapping[str, Sequence[Measured]]

    def median(self, server: str) -> float:
        """The median of the rounds' figures."""
        return statistics.median(one.rate for one in self.rounds[server])

    def p99(self, server: str) -> float | None:
        """The median of the rounds' 99th percentiles, in milliseconds, where all rounds have one."""
        values = [one.p99_ms for one in self.rounds[server]]
        known = [value for value in values if value is not None]
        return statistics.median(known) if len(known) == len(values) else None

    def ratio(self, rival: str) -> float:
        """Ours by theirs; infinite where theirs is nothing."""
        theirs = self.median(rival)
        return self.median(ENTREPOT) / theirs if theirs else float("inf")

    def rivals(self) -> list[str]:
        return [name for name in self.workload.servers if name != ENTREPOT]

    def verdicts(self) -> Iterator[Verdict]:
        """Each target of this row, and whether it is met."""
        sign = "≥" if self.workload.more_is_better else "≤"
        for rival, wanted in self.workload.targets.items():
            found = self.ratio(rival)
            met = _within(found, wanted, more=self.workload.more_is_better)
            yield Verdict(self.workload.name, f"{sign} {wanted:g}{TIMES} {rival}", f"{times(found)}", met)
        if self.workload.limit is not None:
            found, wanted, unit = self.median(ENTREPOT), self.workload.limit, self.workload.unit
            met = _within(found, wanted, more=self.workload.more_is_better)
            yield Verdict(self.workload.name, f"{sign} {wanted:g} {unit}", f"{figure(found)} {unit}", met)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was found, and whether that is enough."""

    name: str
    wanted: str
    found: str
    met: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What one part of a run has found, and what it took: its rows, curves or text."""

    name: str
    title: str
    rows: Sequence[Row] = ()
    curves: Sequence[Curve] = ()
    text: Text | None = None
    seconds: float = 0.0

    def verdicts(self) -> Iterator[Verdict]:
        for row in self.rows:
            yield from row.verdicts()
        for curve in self.curves:
            yield from _of_curve(curve)
        if self.text is not None:
            yield Verdict(self.title, "its own targets", "see there", self.text.met)


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run: facts about the machine and the settings, and what each part found."""

    facts: Mapping[str, str]
    parts: Sequence[Found]
    how: Sequence[str] = field(default_factory=tuple)

    def verdicts(self) -> list[Verdict]:
        return [verdict for part in self.parts for verdict in part.verdicts()]


def _within(found: float, wanted: float, *, more: bool) -> bool:
    return found >= wanted if more else found <= wanted


def _of_curve(curve: Curve) -> Iterator[Verdict]:
    most = max(curve.values)
    if curve.within is not None:
        grown = most / curve.values[0] if curve.values[0] else float("inf")
        wanted = f"≤ {curve.within:g}{TIMES} of {curve.sizes[0]}"
        yield Verdict(curve.name, wanted, times(grown), grown <= curve.within)
    if curve.limit is not None:
        wanted = f"≤ {curve.limit:g} {curve.unit}"
        yield Verdict(curve.name, wanted, f"{figure(most)} {curve.unit}", most <= curve.limit)


# --- figures ---------------------------------------------------------------------------------------------------


def figure(value: float) -> str:
    """A number with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def times(ratio: float) -> str:
    """A ratio, as people write it."""
    return f"{figure(ratio)}{TIMES}"


def _cells(row: Row) -> list[str]:
    """Name, unit, the servers' medians, the ratios with a mark where there is a target."""
    marks = {}
    for verdict, rival in zip(row.verdicts(), row.workload.targets, strict=False):
        marks[rival] = " ✓" if verdict.met else " ✗"
    ratios = [f"{times(row.ratio(rival))}{marks.get(rival, '')}" for rival in row.rivals()]
    return [row.workload.name, row.workload.unit, *(figure(row.median(name)) for name in row.workload.servers), *ratios]


def _groups(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """Rows with the same servers share a table."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(row.workload.servers, []).append(row)
    return groups


def _head(servers: Sequence[str]) -> list[str]:
    return ["", "", *servers, *(f"/ {name}" for name in servers if name != ENTREPOT)]


# --- for the terminal ------------------------------------------------------------------------------------------


def table(run: Run) -> str:
    """Everything in columns."""
    lines: list[str] = []
    for part in run.parts:
        lines += ["", f"{part.title} ({part.seconds:.0f} s)"]
        for servers, rows in _groups(part.rows).items():
            lines += _columns([_head(servers), *(_cells(row) for row in rows)])
        for curve in part.curves:
            lines.append(f"  {curve.name}, {curve.unit}: {_points(curve)}")
        lines += part.text.words.rstrip().splitlines() if part.text else []
    missed = [verdict for verdict in run.verdicts() if not verdict.met]
    lines += ["", f"targets met: {len(run.verdicts()) - len(missed)} of {len(run.verdicts())}"]
    lines += [f"  missed: {one.name}: {one.found}, wanted {one.wanted}" for one in missed]
    return "\n".join(lines) + "\n"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  " + _line(row, widths).rstrip() for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    rest = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*first, *rest])


def _points(curve: Curve) -> str:
    pairs = zip(curve.sizes, curve.values, strict=True)
    return ", ".join(f"{size}: {figure(value)}" for size, value in pairs)


# --- for the documents -----------------------------------------------------------------------------------------


def markdown(run: Run, before: str = "") -> str:
    """The document; what stands between the marks of KEPT in `before`, the document that was, stays."""
    verdicts = run.verdicts()
    missed = [verdict for verdict in verdicts if not verdict.met]
    lines = [
        "# Benchmarks",
        "",
        "*Written by `make bench`.*",
        "",
        "In all of this Entrepot checks tokens and policies, writes its audit trail and waits for the disk (fsync).",
        "Its rivals are open to everybody.",
        "",
        "![Entrepot's speed as a multiple of docker-registry's and nginx's](benchmarks.svg)",
        "",
        *(f"- {name}: {value}" for name, value in run.facts.items()),
        "",
        *run.how,
        "",
        f"Targets met: {len(verdicts) - len(missed)} of {len(verdicts)}." + (" Missed:" if missed else ""),
        "",
    ]
    if missed:
        lines += _grid(["", "wanted", "found"], [[one.name, one.wanted, one.found] for one in missed])
    lines += [KEPT[0], kept(before), KEPT[1], ""]
    for part in run.parts:
        lines += _section(part)
    return "\n".join(lines).rstrip() + "\n"


def kept(before: str) -> str:
    """What stands between the marks of a document; nothing where there are none."""
    _, begins, rest = before.partition(KEPT[0] + "\n")
    inside, ends, _ = rest.partition(KEPT[1])
    return inside.strip() if begins and ends else ""


def _section(part: Found) -> list[str]:
    lines = [f"## {part.title}", ""]
    for servers, rows in _groups(part.rows).items():
        lines += _grid(_head(servers), [_cells(row) for row in rows])
    lines += [f"{note}\n" for note in dict.fromkeys(row.workload.note for row in part.rows) if note]
    if part.curves:
        lines += _grid(["", "", "by size"], [[one.name, one.unit, _points(one)] for one in part.curves])
        lines += [f"{note}\n" for note in dict.fromkeys(one.note for one in part.curves) if note]
    if part.text is not None:
        lines += ["```", part.text.words.rstrip(), "```", ""]
    return lines


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    align = ["---"] + ["---:" if at > 1 else "---" for at in range(1, len(head))]
    return [*(f"| {' | '.join(line)} |" for line in (head, align, *rows)), ""]


def as_json(run: Run) -> str:
    """Everything that was measured: each round, medians, ratios, targets."""
    told: dict[str, Any] = {"facts": dict(run.facts), "how": list(run.how), "parts": []}
    for part in run.parts:
        told["parts"].append(
            {
                "name": part.name,
                "seconds": round(part.seconds, 1),
                "rows": [_row_json(row) for row in part.rows],
                "curves": [asdict(curve) for curve in part.curves],
                "text": part.text.words if part.text else "",
            }
        )
    told["targets"] = [asdict(verdict) for verdict in run.verdicts()]
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _row_json(row: Row) -> dict[str, Any]:
    workload = row.workload
    return {
        "name": workload.name,
        "unit": workload.unit,
        "more_is_better": workload.more_is_better,
        "medians": {name: row.median(name) for name in workload.servers},
        "p99_ms": {name: row.p99(name) for name in workload.servers},
        "ratios": {name: row.ratio(name) for name in row.rivals()},
        "targets": dict(workload.targets),
        "limit": workload.limit,
        "rounds": {name: [asdict(one) for one in rounds] for name, rounds in row.rounds.items()},
    }
