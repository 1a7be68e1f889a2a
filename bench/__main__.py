"""`python -m bench [PART ...]`: start the servers, run the rounds by turns, write the table and the documents."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bench import generator, heads, machine, plot, report, rounds, servers
from bench.workloads import Failed, Part, Scale

PARTS = {
    "pull": "bench.pull:PART",
    "tls": "bench.tls:PART",
    "push": "bench.push:PART",
    "mixed": "bench.mixed:PART",
    "lists": "bench.lists:PART",
    "zb": "bench.zb:PART",
    "api": "bench.api:PART",
    "footprint": "bench.footprint:PART",
    "growth": "bench.growth:PART",
    "lifecycle": "bench.scripts:LIFECYCLE",
    "authorisation": "bench.scripts:AUTHORISATION",
}
DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT, DATA, PICTURE = "benchmarks.md", "benchmarks.json", "benchmarks.svg"
SMOKE_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Leave with 0, also where targets are missed; with 1 after any error: then there are no figures."""
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    count, seconds = (1, SMOKE_SECONDS) if chosen.smoke else (chosen.rounds, chosen.seconds)
    if chosen.smoke:
        generator.PROCESSES = heads.PROCESSES = 1  # starting them takes longer than what they are to do
    names = [name for name in PARTS if name in (chosen.parts or PARTS)]
    try:
        with tempfile.TemporaryDirectory(prefix="entrepot-bench-", ignore_cleanup_errors=True) as folder:
            run = _run(names, Path(folder), Scale(smoke=chosen.smoke), count, seconds)
    except Failed as error:
        sys.stderr.write(f"\nbench: {error}\n")
        return 1
    sys.stdout.write(report.table(run))
    if chosen.json:
        Path(chosen.json).write_text(report.as_json(run))
    if names == list(PARTS) and not chosen.smoke:
        write(run, DOCS)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each workload on each server (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds of a round (default: 1)")
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured there")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, one short round: that it works, not how fast")
    return parser


def _run(names: Sequence[str], folder: Path, scale: Scale, count: int, seconds: float) -> report.Run:
    parts = [_part(PARTS[name]) for name in names]
    started = sorted({name for part in parts for name in part.servers})
    if missing := servers.missing(started):
        raise Failed(f"not installed: {', '.join(missing)} (`make tools` installs them on Debian, pip moto_server)")
    facts = machine.facts(folder, count, seconds, started)
    progress = rounds.Progress()
    found = []
    for part in parts:
        own = folder / part.name
        own.mkdir()
        found.append(rounds.found(part, own, scale, count, seconds, progress))
        shutil.rmtree(own, ignore_errors=True)
    return report.Run(facts, found, machine.how(folder, scale, names))


def _part(place: str) -> Part:
    module, _, name = place.partition(":")
    part: Part = getattr(import_module(module), name)
    return part


def write(run: report.Run, docs: Path) -> None:
    """Write the document, the data and the picture; what is written by hand in the document stays."""
    document = docs / DOCUMENT
    before = document.read_text() if document.exists() else ""
    document.write_text(report.markdown(run, before))
    (docs / DATA).write_text(report.as_json(run))
    (docs / PICTURE).write_text(plot.svg(run))


if __name__ == "__main__":
    sys.exit(main())
