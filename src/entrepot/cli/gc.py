"""`entrepot gc`: collect what nothing needs, beside a running server."""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from entrepot import app, chosen
from entrepot.cli.progress import attempt, line, many, resting, size
from entrepot.config import DAY, ConfigError, load
from entrepot.registry import garbage

GRACE_MAX = 3660 * DAY


def run(
    config_file: str | None, flags: Mapping[str, object], *, grace: float | None, dry_run: bool, as_json: bool
) -> int:
    """Collect and say what was taken; return 0, 1 where files could not be deleted, 2 where it cannot be done."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        kept = chosen.obeyed(settings).gc.grace if grace is None else _checked(grace)
        taken = garbage.Collected()
        with app.operator(settings) as registry, line("collecting") as show:
            garbage.collect(registry, kept, dry_run=dry_run, rest=resting(show, lambda: _so_far(taken)), taken=taken)
        told = {**asdict(taken), "dry_run": dry_run}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else sentence(taken, dry_run=dry_run))
        if taken.failed:
            files = many(taken.failed, "file")
            sys.stderr.write(f"entrepot: {files} could not be deleted ({taken.failure}): see to it and repeat\n")
        return 1 if taken.failed else 0

    room = "make room on the disk of the data folder and run it again"
    return attempt(work, full=room, interrupted="what was collected stays so; run it again for the rest")


def _checked(grace: float) -> float:
    """`--grace` as it may be. Less than nothing would take blobs that a push was promised. Raises ConfigError."""
    if not 0 <= grace <= GRACE_MAX:
        raise ConfigError(f"--grace {grace:g}: give seconds, 0 or more and at most {GRACE_MAX:.0f}")
    return grace


def _so_far(taken: garbage.Collected) -> str:
    return f"collecting: {taken.blobs} blobs ({size(taken.bytes)}), {taken.deleted + taken.orphans} files deleted"


def sentence(taken: garbage.Collected, *, dry_run: bool) -> str:
    """What was taken, in a line or more."""
    would = "would be " if dry_run else ""
    collected = f"{many(taken.blobs, 'blob')} ({size(taken.bytes)}) {would}collected"
    lines = [f"{collected}, {taken.memberships} taken from repositories"]
    if taken.images:
        later = "; what they free is not counted" if dry_run else ""
        lines.append(f"{many(taken.images, 'image')} {would}removed from the recycle bin for good{later}")
    if taken.orphans:
        lines.append(f"{many(taken.orphans, 'file')} that no row names {would}deleted")
    if taken.deleted > taken.blobs:
        lines.append(f"{many(taken.deleted - taken.blobs, 'file')} of an earlier run {would}deleted")
    elif taken.deleted + taken.failed < taken.blobs:
        lines.append("a backup runs: their bytes are deleted by the first run after it")
    return "\n".join(lines) + "\n"
