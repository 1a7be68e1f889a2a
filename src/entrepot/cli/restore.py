"""`entrepot restore`: bring a backup back into an empty data folder."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import msgspec

from entrepot import app
from entrepot.cli.backup import OF_A_SERVER, left_out
from entrepot.cli.progress import attempt, bar, many, size
from entrepot.config import ConfigError, Settings, load
from entrepot.registry.archives import ABOUT, DATABASE, About
from entrepot.registry.backup import Report
from entrepot.server import runtime

_RESTORED = ("storage", "credentials", "sealing.key")
_HARMLESS = frozenset({app.RESTORING, "run", "lost+found", "entrepot.toml"})
_MAGIC = {b"\x1f\x8b": "gunzip", b"\x28\xb5\x2f\xfd": "unzstd", b"\xfd7zXZ": "unxz", b"BZh": "bunzip2"}


def restore(config_file: str | None, flags: Mapping[str, object], place: str, *, as_json: bool) -> int:
    """Restore; return 0, 1 where the backup lacks blobs, 2 where nothing was restored."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        total = _checked(Path(place))
        Path(settings.data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        with runtime.locked(settings.data_dir):
            _clear(Path(settings.data_dir))
            report = _restore(settings, Path(place), total)
        told = msgspec.json.encode(asdict(report)).decode() + "\n"
        sys.stdout.write(told if as_json else text(report, settings.data_dir))
        return 1 if report.damaged else 0

    room = "make room on the disk of the data folder, or choose another with --data-dir, and run it again"
    return attempt(work, full=room, interrupted="nothing was restored; run it again")


def _checked(place: Path) -> int:
    """About how many bytes a backup has. Raises ConfigError for what is none, OSError."""
    if not place.exists():
        raise ConfigError(f"{place} is not there: name the folder or file that `entrepot backup` made")
    if not place.is_dir():
        with place.open("rb") as file:
            start = file.read(8)
        for magic, program in _MAGIC.items():
            if start.startswith(magic):
                raise ConfigError(f"{place} is compressed: unpack it with {program} first")
        return place.stat().st_size
    if not (place / ABOUT).exists():
        if any((place / name).exists() for name in OF_A_SERVER):
            raise ConfigError(f"{place} is the data folder of a registry: `entrepot backup` makes a backup of it")
        if (place / "storage").exists():
            raise ConfigError(f"{place} is no whole backup (no {ABOUT}): run `entrepot backup` into it again")
        raise ConfigError(f"{place} is no backup: name the folder or file that `entrepot backup` made")
    about = About.read(place / ABOUT)
    return about.bytes if about else 0  # the restore says what is wrong with it


def _clear(folder: Path) -> None:
    """Take away what a restore that was killed left, and see that there is nothing else. Raises ConfigError.

    No server starts where `restoring/` is, so without a database what lies beside it was moved there by the restore.
    """
    unfinished = folder / app.RESTORING
    if unfinished.exists() and (folder / DATABASE).exists():
        shutil.rmtree(unfinished)
        raise ConfigError(f"{folder} was restored already, all of it: start the server with `entrepot serve`")
    if unfinished.exists():
        for name in _RESTORED:
            if (folder / name).is_dir():
                shutil.rmtree(folder / name)
            (folder / name).unlink(missing_ok=True)
    found = {path.name for path in folder.iterdir()} - _HARMLESS
    if found.isdisjoint((DATABASE, "storage")) and found:
        raise ConfigError(
            f"{folder} holds other things ({min(found)}): restore into an empty folder, named with --data-dir"
        )


def _restore(settings: Settings, place: Path, total: int) -> Report:
    folder = Path(settings.data_dir)
    try:
        with bar("restoring", total) as advance:
            return app.restore(settings, place, advance)
    except BaseException:
        if not (
            folder / "storage"
        ).exists():  # else it was ended while everything was put in place: the next run goes on
            shutil.rmtree(folder / app.RESTORING, ignore_errors=True)
        raise


def text(report: Report, folder: str) -> str:
    """The report for people."""
    lines = [
        f"{many(report.blobs, 'blob')} ({size(report.bytes)}) restored into {folder}.",
        *left_out(report),
        f"Start the server with `entrepot serve --data-dir {folder}`.",
    ]
    return "\n".join(lines) + "\n"
