"""The rounds of a part: every workload on every server by turns, with a line that says how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import memory, servers
from bench.report import Found, Row
from bench.workloads import Failed, Measured, Part, Scale, Server, Workload

EVERY = 15.0
"""Seconds between two lines where standard error is no terminal."""


@dataclass(slots=True)
class Progress:
    """A line on standard error, written over where that is a terminal."""

    said: float = 0.0
    began: float = field(default_factory=time.monotonic)
    steps: int = 0
    done: int = 0

    def part(self, steps: int) -> None:
        """A part of so many steps begins."""
        self.began, self.steps, self.done = time.monotonic(), steps, 0

    def say(self, words: str, *, important: bool = False) -> None:
        """Tell what is being done, and how long the part will take at this pace."""
        now = time.monotonic()
        left = (now - self.began) / self.done * (self.steps - self.done) if self.done else 0.0
        text = f"bench: {words}" + (f", {_span(left)} left" if left else "")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{text[:140]}")
        elif important or now - self.said > EVERY:
            sys.stderr.write(f"{text}\n")
            self.said = now
        sys.stderr.flush()

    def end(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def found(part: Part, folder: Path, scale: Scale, rounds: int, seconds: float, progress: Progress) -> Found:
    """Run a part in an empty folder. Raises Failed on any error."""
    began = time.monotonic()
    progress.part(0)
    progress.say(f"{part.name}: begins", important=True)
    rows = _side_by_side(part, folder, scale, rounds, seconds, progress) if part.workloads else []
    curves = part.curves(folder, scale) if part.curves else []
    text = part.text(scale) if part.text else None
    return Found(part.name, part.title, rows, curves, text, time.monotonic() - began)


def _side_by_side(part: Part, folder: Path, scale: Scale, rounds: int, seconds: float, progress: Progress) -> list[Row]:
    workloads = part.workloads(scale) if part.workloads else []
    if scale.smoke:  # speed is not what it is about, and the machine may be small
        workloads = [replace(workload, writes=0) for workload in workloads]
    with servers.opened(part.servers, folder) as started:
        for server in started if part.fill else ():
            progress.say(f"{part.name}: filling {server.name}")
            if part.fill:
                part.fill(server, scale)
        measured = _rounds(part, workloads, {server.name: server for server in started}, rounds, seconds, progress)
    return [Row(workload, measured[workload.name]) for workload in workloads]


def _rounds(
    part: Part,
    workloads: Sequence[Workload],
    started: Mapping[str, Server],
    rounds: int,
    seconds: float,
    progress: Progress,
) -> dict[str, dict[str, list[Measured]]]:
    """Figures by workload and server. Who is first changes with the rounds."""
    measured: dict[str, dict[str, list[Measured]]] = {
        workload.name: {name: [] for name in workload.servers} for workload in workloads
    }
    if len(measured) != len(workloads):
        raise Failed(f"{part.name}: two rows have one name")
    progress.part(sum(len(one.servers) * min(rounds, one.rounds or rounds) for one in workloads))
    for number in range(rounds):
        for workload in workloads:
            if workload.rounds is not None and number >= workload.rounds:
                continue
            turn = number % len(workload.servers)
            for name in (*workload.servers[turn:], *workload.servers[:turn]):
                progress.say(f"{part.name}: {workload.name}, {name}, round {number + 1} of {rounds}")
                measured[workload.name][name].append(_measure(workload, started[name], seconds))
                progress.done += 1
    progress.end()
    return measured


def _measure(workload: Workload, server: Server, seconds: float) -> Measured:
    """One round. What it left is deleted, also after an error; that error says where it was."""
    memory.have(workload.writes)
    try:
        return workload.run(server, seconds)
    except (Failed, OSError) as error:
        raise Failed(f"{workload.part}: {workload.name}: {server.name}: {error}") from error
    finally:
        if workload.clean is not None:
            workload.clean(server)
