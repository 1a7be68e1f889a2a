"""Run the long fault tests and write `docs/durability.md`: each fault, how often it struck, what was left standing.

Arguments that it does not know go to pytest, as `-k restore`; a run of only some tests leaves the page as it is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "durability.md"

# Each fault that the tests know by its number: what strikes, and why it cannot where it is not tried.
FAULTS = {
    "F1": ("kill -9 after the POST of an upload", ""),
    "F2": ("kill -9 in the middle of a PATCH", ""),
    "F3": ("kill -9 between PATCH and PUT, during PUT, between rename and commit, before the answer", ""),
    "F4": ("kill -9 in a manifest PUT", ""),
    "F5": ("kill -9 while tags move", ""),
    "F6": ("kill -9 in garbage collection and in a delete", ""),
    "F7": ("kill -9 in a lifecycle run", ""),
    "F8": ("power cut", ""),
    "F9": ("no space at a write", ""),
    "F10": ("no space for the database", ""),
    "F11": ("I/O errors", ""),
    "F12": ("no inodes, no file descriptors", ""),
    "F13": ("the database locked by another process", ""),
    "F14": ("PostgreSQL killed", "metadata is in SQLite; arrives with PostgreSQL"),
    "F15": ("PostgreSQL's pool exhausted", "arrives with PostgreSQL"),
    "F16": ("S3 answers 500 or 503", "bytes are in a folder; arrives with S3"),
    "F17": ("S3 times out", "arrives with S3"),
    "F18": ("S3 reads what is old", "arrives with S3"),
    "F19": ("uploads that nobody finishes", ""),
    "F20": ("bytes that rot", ""),
    "F21": ("rows without bytes, bytes without rows", "each is made and mended in tests/registry/test_fsck.py"),
    "F22": ("two writers of one tag", ""),
    "F23": ("two writers of one immutable tag", ""),
    "F24": ("many pushers of one blob, some break off", ""),
    "F25": ("two replicas of the server", "one server owns the folder; arrives with PostgreSQL and S3"),
    "F26": ("an upload that hops from worker to worker", "each run of tests/conformance: its server has two workers"),
    "F27": ("workers killed under load", ""),
    "F28": ("garbage collection beside pushes, pulls, mounts and deletes", ""),
    "F29": ("mount beside delete of the source beside garbage collection", ""),
    "F30": ("garbage collection with indexes, nested indexes, referrers, subjects that are missing", ""),
    "F31": ("an image deleted and collected while it is pulled", ""),
    "F32": (
        "caches of replicas after a delete",
        "nothing is cached but immutable bytes, and each read asks the database",
    ),
    "F33": ("clock jumps", ""),
    "F34": ("a replication target that is down", "arrives with replication"),
    "F35": ("an upstream that breaks off", "arrives with pull-through caches"),
    "F36": ("a stampede on a cold pull-through blob", "arrives with pull-through caches"),
    "F37": ("a scanner that hangs", "arrives with scanning"),
    "F38": ("an upgrade that dies half-way; a downgrade", ""),
    "F39": ("backup under load, restore", ""),
    "F40": ("a million blob rows, a hundred thousand images", ""),
    "F41": (
        "24 hours of mixed load and kills",
        "not run: hours, not counts; the kills of F1 to F6 are each tried alone",
    ),
    "F42": ("clients that dribble or vanish", "each run of tests/server/test_protocol.py and test_cycle.py"),
}

HEAD = """# How it survives

The rule: what was acknowledged is readable with the right digest for ever; what was not leaves nothing visible; wrong
bytes are never served as right. `tests/faults/` tries to break it. A short version is part of `make test`; this page is
written by the long one, `make torture`, which takes about an hour, needs root and strace (`make tools` installs it),
and fails at the first violation.

Each try ends with the same look: every image that is listed is fetched whole and hashed, what was acknowledged is among
them, nothing is there that was never pushed, and the folder holds the bytes that the database names and no others.
The numbers of the faults are the tests' own.

How the fault strikes: `strace --inject` kills the process at, or fails, each system call that changes something; the
power cut is a model, recorded from the system calls of a real run, in which every write, rename and unlink that was not
synced may be lost, torn, or kept on its own; full and small disks are real file systems; servers are real servers.

| fault | | tried | |
|---|---|---|---|
"""

FOOT = """
Last run: {day}, no violation. {remark}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--report", type=Path, help="write the page from the report of an earlier, whole run")
    parser.add_argument("--remark", default="", help="what a reader has to know of the run")
    parser.add_argument("--processes", default="auto", help="how many tests run at once (default: as many as CPUs)")
    wanted, some = parser.parse_known_args()
    began = dt.datetime.now(dt.UTC)
    report = wanted.report or _run(wanted.processes, some)
    if report is None:
        print(f"{PAGE.name} stays as it is: the run failed")
        return 1
    tried = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    missing = untried(tried)
    if some or missing:
        print(f"{PAGE.name} stays as it is: {'only some tests ran' if some else 'not tried: ' + ', '.join(missing)}")
        told = set().union(*(numbers(line["fault"]) for line in tried))
        print("".join(row for number in FAULTS if number in told for row in _rows(number, tried)), end="")
        print(f"the report is {report}")
        return 0 if some else 1
    PAGE.write_text(page(tried, began, wanted.remark), "utf-8")
    print(f"wrote {PAGE.name}")
    return 0


def _run(processes: str, more: list[str]) -> Path | None:
    """Run the tests; their report, None where one failed."""
    report = Path(tempfile.mkdtemp()) / "report.jsonl"
    report.touch()
    more_of = {"ENTREPOT_TORTURE": "1", "ENTREPOT_TORTURE_REPORT": str(report), "CI": "1"}
    command = [sys.executable, "-m", "pytest", "-n", processes, "--timeout", "7200", "tests/faults", *more]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more_of}, check=False)
    return None if done.returncode else report


def untried(report: list[dict[str, object]]) -> list[str]:
    """The faults that a report tells nothing of and that have no reason for it."""
    told = set().union(*(numbers(line["fault"]) for line in report))
    return [number for number, (_, reason) in FAULTS.items() if not reason and number not in told]


def page(report: list[dict[str, object]], day: dt.datetime, remark: str = "") -> str:
    """The page of a report: lines of `fault` (a number, or several), `tried` and `what`."""
    rows = "".join(row for number in FAULTS for row in _rows(number, report))
    return HEAD + rows + FOOT.format(day=day.date(), remark=remark).replace(" \n", "\n")


def _rows(number: str, report: list[dict[str, object]]) -> Iterator[str]:
    strikes, reason = FAULTS[number]
    told = Counter[str]()
    for line in report:
        if number in numbers(line["fault"]):
            told[str(line["what"])] += int(str(line["tried"]))
    if not told:
        yield f"| {number} | {strikes} | – | {reason or 'NOT TRIED'} |\n"  # noqa: RUF001
    for row, (what, tried) in enumerate(sorted(told.items())):
        yield f"| {number if row == 0 else ''} | {strikes if row == 0 else ''} | {tried:,} | {what} |\n"


def numbers(fault: object) -> set[str]:
    """`F1-F3, F5` as the numbers that it stands for."""
    found: set[str] = set()
    for first, last in re.findall(r"F(\d+)(?:-F(\d+))?", str(fault)):
        found.update(f"F{number}" for number in range(int(first), int(last or first) + 1))
    return found


if __name__ == "__main__":
    sys.exit(main())
