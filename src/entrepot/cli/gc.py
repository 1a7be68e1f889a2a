"""`entrepot gc`: collect what nothing needs, beside a running server."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from entrepot import app
from entrepot.cli.progress import size
from entrepot.config import ConfigError, load
from entrepot.domain.errors import StorageFull
from entrepot.registry import garbage


def run(
    config_file: str | None, flags: Mapping[str, object], *, grace: float | None, dry_run: bool, as_json: bool
) -> int:
    """Collect, say what was taken, and return 0; 2 where that cannot be done."""
    try:
        settings = load(config_file, os.environ, flags)
        with app.operator(settings) as registry:
            kept = settings.gc.grace if grace is None else grace
            taken = garbage.collect(registry, kept, dry_run=dry_run, rest=_rest)
    except (ConfigError, StorageFull) as error:
        sys.stderr.write(f"entrepot: {error}\n")
        return 2
    told = {**asdict(taken), "dry_run": dry_run}
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else sentence(taken, dry_run=dry_run))
    return 0


def _rest(seconds: float) -> bool:
    time.sleep(seconds)  # as long as the work took: pushes beside it get their turn
    return False


def sentence(taken: garbage.Collected, *, dry_run: bool) -> str:
    """What was taken, in a line or two."""
    would = "would be " if dry_run else ""
    lines = [f"{taken.blobs} blobs ({size(taken.bytes)}) {would}collected, {taken.memberships} taken from repositories"]
    if taken.orphans:
        lines.append(f"{taken.orphans} files that no row names {would}deleted")
    if taken.deleted < taken.blobs and not dry_run:
        lines.append("their bytes are deleted when the backup that runs has ended")
    return "\n".join(lines) + "\n"
