"""Rounds: every workload on every server by turns, cleaned up after, with the first error as the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import rounds
from bench.workloads import Failed, Measured, Part, Scale, Server, Workload

QUIET = rounds.Progress()


def a_part(calls: list[str], *, fails: bool = False, bounded: int | None = None) -> Part:
    def run(server: Server, seconds: float) -> Measured:
        calls.append(f"{server.name} {seconds}")
        if fails:
            raise Failed("404 and not 200")
        return Measured(1.0)

    def clean(server: Server) -> None:
        calls.append(f"clean {server.name}")

    def workloads(_: Scale) -> list[Workload]:
        return [Workload("a row", "part", "MB/s", ("one", "two"), run, rounds=bounded, clean=clean)]

    return Part("part", "A part", (), workloads=workloads)


def measured(part: Part, count: int) -> dict[str, dict[str, list[Measured]]]:
    workloads = part.workloads(Scale()) if part.workloads else []
    servers = {name: Server(name, 1, Path(), 1) for name in ("one", "two")}
    return rounds._rounds(part, workloads, servers, count, 0.5, QUIET)


def test_servers_take_turns_at_being_first() -> None:
    """In each round every server runs the workload, and another one begins."""
    calls: list[str] = []
    found = measured(a_part(calls), 3)
    assert [call for call in calls if not call.startswith("clean")] == [
        *("one 0.5", "two 0.5"),
        *("two 0.5", "one 0.5"),
        *("one 0.5", "two 0.5"),
    ]
    assert {name: len(one) for name, one in found["a row"].items()} == {"one": 3, "two": 3}


def test_a_workload_may_have_fewer_rounds() -> None:
    """What is long is bounded by itself."""
    calls: list[str] = []
    assert len(measured(a_part(calls, bounded=1), 5)["a row"]["one"]) == 1


def test_an_error_says_where_it_was_and_what_was_left_is_cleaned() -> None:
    """The first error ends the run, after the workload has cleaned up."""
    calls: list[str] = []
    with pytest.raises(Failed, match="part: a row: one: 404 and not 200"):
        measured(a_part(calls, fails=True), 2)
    assert calls == ["one 0.5", "clean one"]


def test_progress_is_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is a line when it matters or after some seconds, and it says what is left."""
    progress = rounds.Progress()
    progress.part(10)
    progress.say("begins", important=True)
    progress.say("not now")
    progress.said, progress.done, progress.began = -100.0, 1, progress.began - 60
    progress.say("half-way")
    assert capsys.readouterr().err == "bench: begins\nbench: half-way, 9 min left\n"
