"""Medians, ratios, targets met and missed, and the documents that tell them."""

from __future__ import annotations

import json

import pytest

from bench import plot, report
from bench.report import Found, Row, Run
from bench.workloads import DOCKER_REGISTRY, ENTREPOT, NGINX, WITH_FILES, Curve, Measured, Server, Text, Workload


def _never(_server: Server, _seconds: float) -> Measured:
    raise AssertionError("a report runs nothing")


def a_row(ours: list[float], theirs: list[float], *, more: bool = True, limit: float | None = None) -> Row:
    targets = {DOCKER_REGISTRY: 4.0 if more else 0.3}
    servers = (ENTREPOT, DOCKER_REGISTRY)
    workload = Workload("a pull", "pull", "MB/s", servers, _never, more_is_better=more, targets=targets, limit=limit)
    return Row(
        workload, {name: [Measured(one) for one in rates] for name, rates in zip(servers, (ours, theirs), strict=True)}
    )


def a_run(*rows: Row, curves: tuple[Curve, ...] = (), text: Text | None = None) -> Run:
    return Run({"Machine": "a laptop"}, [Found("pull", "Pulls", rows, curves, text, 1.0)], ["How it was done."])


def test_the_median_counts_and_not_the_mean() -> None:
    """One slow round of a server changes neither its figure nor the ratio."""
    row = a_row([10, 12, 0.1], [2, 2.4, 900])
    assert row.median(ENTREPOT) == 10
    assert row.ratio(DOCKER_REGISTRY) == pytest.approx(10 / 2.4)


@pytest.mark.parametrize(
    ("ours", "more", "met"), [(8, True, True), (7.9, True, False), (0.6, False, True), (0.7, False, False)]
)
def test_a_target_is_at_least_or_where_less_is_better_at_most(ours: float, more: bool, met: bool) -> None:
    """A ratio of exactly the target meets it."""
    assert [verdict.met for verdict in a_row([ours], [2], more=more).verdicts()] == [met]


def test_a_limit_is_for_our_own_figure() -> None:
    """A limit is compared with entrepot's median whatever the ratio is."""
    assert [verdict.met for verdict in a_row([500], [1], limit=400).verdicts()] == [True, True]
    assert [verdict.met for verdict in a_row([0.5], [500], more=False, limit=0.4).verdicts()] == [True, False]


def test_a_p99_is_only_told_where_every_round_has_one() -> None:
    """A round without a finished request leaves no percentile to take a median of."""
    workload = a_row([1], [1]).workload
    rounds = {ENTREPOT: [Measured(1, 1, 5), Measured(1, 1, 7), Measured(1, 1, 6)], DOCKER_REGISTRY: [Measured(1)]}
    assert Row(workload, rounds).p99(ENTREPOT) == 6
    assert Row(workload, rounds).p99(DOCKER_REGISTRY) is None


def test_a_curve_is_judged_by_its_highest_point() -> None:
    """Growth within a factor of the first value, and below a limit of its own."""
    curve = Curve("GET", "µs", ("100", "10,000", "100,000"), (10, 14, 12), within=1.3, limit=14)
    found = list(Found("growth", "Growth", curves=[curve]).verdicts())
    assert [verdict.met for verdict in found] == [False, True]
    assert "1.40" in found[0].found


@pytest.mark.parametrize(("value", "text"), [(123456.7, "123,457"), (99.94, "99.9"), (1.234, "1.23"), (0.051, "0.05")])
def test_figures_have_the_digits_that_count(value: float, text: str) -> None:
    """Three digits, whatever the size."""
    assert report.figure(value) == text


def test_the_table_tells_every_figure_and_what_was_missed() -> None:
    """The terminal's table has medians, ratios, curves, words, and each missed target."""
    curve = Curve("GET as it grows", "µs", ("1", "2"), (10, 20), within=1.3)
    words = report.table(a_run(a_row([3], [1]), curves=(curve,), text=Text("said by itself", met=True)))
    for part in ("a pull", "3.00", "GET as it grows, µs: 1: 10.0, 2: 20.0", "said by itself", "targets met: 1 of 3"):
        assert part in words
    assert words.count("missed:") == 2


def test_what_is_written_by_hand_stays_in_the_document() -> None:
    """A new run keeps what stands between the marks, once, and nothing else."""
    first = report.markdown(a_run(a_row([9], [1])))
    mark = report.KEPT[0]
    written = first.replace(f"{mark}\n", f"{mark}\nThe disk is the limit.\n")
    second = report.markdown(a_run(a_row([1], [1])), written)
    assert second.count("The disk is the limit.") == 1
    assert "Targets met: 0 of 1. Missed:" in second
    assert report.markdown(a_run(a_row([1], [1])), second) == second
    assert report.kept("no marks here") == ""


def test_the_data_has_every_round() -> None:
    """JSON holds each round beside medians, ratios and verdicts."""
    told = json.loads(report.as_json(a_run(a_row([8, 10], [2, 2]))))
    (row,) = told["parts"][0]["rows"]
    assert [one["rate"] for one in row["rounds"][ENTREPOT]] == [8, 10]
    assert row["ratios"] == {DOCKER_REGISTRY: 4.5}
    assert told["targets"][0]["met"] is True


def test_rows_with_other_servers_have_a_table_of_their_own() -> None:
    """A table has a column for each server of its rows, and none that stays empty."""
    three = Workload("a file", "pull", "MB/s", WITH_FILES, _never, targets={NGINX: 1.0})
    row = Row(three, {name: [Measured(1.0)] for name in WITH_FILES})
    text = report.markdown(a_run(a_row([1], [1]), row))
    assert text.count("|  |  | entrepot | docker-registry |") == 2
    assert text.count("| nginx |") == 1
    assert f"1.00{report.TIMES} ✓" in text
    assert plot.shown(a_run(a_row([1], [1]), row)) == [a_row([1], [1]), row]
