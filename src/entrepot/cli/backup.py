"""`entrepot backup` and `entrepot restore`."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import msgspec

from entrepot import app
from entrepot.cli.progress import bar, size
from entrepot.config import ConfigError, Settings, load
from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.registry.backup import Report
from entrepot.server import runtime
from entrepot.store import blobs


def back_up(config_file: str | None, flags: Mapping[str, object], place: str, *, as_json: bool) -> int:
    """Back up; return 0, 1 where damaged blobs were left out, 2 where there is no backup."""

    def work(settings: Settings) -> Report:
        with app.operator(settings) as registry:
            _, total = registry.db.read(blobs.total)
        with bar("backing up", total) as advance:
            return app.back_up(settings, Path(place), advance)

    return _run(config_file, flags, work, "backed up", place, as_json=as_json)


def restore(config_file: str | None, flags: Mapping[str, object], place: str, *, as_json: bool) -> int:
    """Restore; return 0, 1 where the backup lacks blobs, 2 where nothing was restored."""

    def work(settings: Settings) -> Report:
        Path(settings.data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        with runtime.locked(settings.data_dir), bar("restoring", 0) as advance:
            return app.restore(settings, Path(place), advance)

    return _run(config_file, flags, work, "restored", place, as_json=as_json)


def _run(
    config_file: str | None,
    flags: Mapping[str, object],
    work: Callable[[Settings], Report],
    done: str,
    place: str,
    *,
    as_json: bool,
) -> int:
    try:
        report = work(load(config_file, os.environ, flags))
    except (ConfigError, StorageFull, StorageUnavailable, OSError) as error:
        sys.stderr.write(f"entrepot: {getattr(error, 'detail', error)}\n")
        return 2
    told = msgspec.json.encode(asdict(report)).decode() + "\n"
    sys.stdout.write(told if as_json else text(report, done, place))
    return 1 if report.damaged else 0


def text(report: Report, done: str, place: str) -> str:
    """The report for people."""
    lines = [f"{report.blobs} blobs ({size(report.bytes)}) {done}, {report.copied} of them copied: {place}"]
    if report.damaged:
        lines.append(f"{len(report.damaged)} blobs are damaged or missing and were left out; push them again:")
        lines += [f"    {digest}" for digest in report.damaged]
    return "\n".join(lines) + "\n"
