"""`entrepot backup`: a copy of everything, beside a running server."""

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec

from entrepot import app
from entrepot.cli.progress import attempt, bar, many, size
from entrepot.config import ConfigError, Settings, load
from entrepot.registry.archives import ABOUT, DATABASE
from entrepot.registry.backup import Report
from entrepot.store import blobs

ARCHIVE = ".tar"
_COMPRESSED = (".tgz", ".gz", ".zst", ".xz", ".bz2", ".zip")
_OF_A_BACKUP = frozenset({ABOUT, DATABASE, "storage", "credentials", "sealing.key", "lost+found"})
OF_A_SERVER = ("run", "entrepot.db.lock")


def back_up(config_file: str | None, flags: Mapping[str, object], place: str, *, as_json: bool) -> int:
    """Back up; return 0, 1 where damaged blobs were left out, 2 where there is no backup."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        report = _back_up(settings, _checked(place, settings))
        sys.stdout.write(msgspec.json.encode(asdict(report)).decode() + "\n" if as_json else text(report, place))
        return 1 if report.damaged else 0

    again = "run it again" if place.endswith(ARCHIVE) else "run it again, it goes on where it ended"
    room = f"make room on the disk of {place} (and of the data folder), or choose another place, and {again}"
    return attempt(work, full=room, interrupted=again)


def _back_up(settings: Settings, place: Path) -> Report:
    with app.operator(settings) as registry:
        _, total = registry.db.read(blobs.total)
    with _alone(place), bar("backing up", total) as advance:
        return app.back_up(settings, place, advance)


def _checked(given: str, settings: Settings) -> Path:
    """Where the backup goes; nothing there is overwritten but an earlier backup. Raises ConfigError."""
    if not given:
        raise ConfigError("name the place of the backup: a folder, or a file that ends in .tar")
    place, data = Path(given).resolve(), Path(settings.data_dir).resolve()
    if place == data or data in place.parents:
        raise ConfigError(f"{place} is in the data folder and would be lost with it: choose another place")
    if place.suffix in _COMPRESSED:
        raise ConfigError(f"{place} is no archive that can be written: name a file that ends in .tar, and compress it")
    if place.suffix == ARCHIVE:
        if place.is_dir():
            raise ConfigError(f"{place} is a folder: name a file, or a folder that does not end in .tar")
    elif place.exists():
        _check_folder(place)
    return place


def _check_folder(place: Path) -> None:
    if not place.is_dir():
        raise ConfigError(f"{place} is a file: name a folder, or a file that ends in .tar")
    found = {path.name for path in place.iterdir()}
    if not found.isdisjoint(OF_A_SERVER):
        raise ConfigError(f"{place} is the data folder of a registry: choose another place")
    foreign = sorted(name for name in found - _OF_A_BACKUP if not name.startswith("."))
    if foreign and ABOUT not in found:
        raise ConfigError(f"{place} holds other things ({foreign[0]}): name an empty or new folder")


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep a second backup away, which would take blobs that only this one's database names; clear what a kill left."""
    where = place.parent if place.suffix == ARCHIVE else place
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(where, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # some network file systems lock no folders
            if error.errno == errno.EWOULDBLOCK:
                raise ConfigError(f"another backup into {where} runs: wait for its end, or choose another") from None
        _sweep(where)
        yield
    finally:
        os.close(folder)


def _sweep(where: Path) -> None:
    """Clear what backups that were killed left: they hold keys, and much room."""
    for left in where.glob(".entrepot-*"):
        shutil.rmtree(left, ignore_errors=True)
    for name in _OF_A_BACKUP:
        for draft in where.glob(f".{name}-*"):
            draft.unlink()


def text(report: Report, place: str) -> str:
    """The report for people."""
    copied = f"{report.copied} of them copied ({size(report.copied_bytes)})"
    lines = [f"{many(report.blobs, 'blob')} ({size(report.bytes)}) backed up, {copied}: {place}", *left_out(report)]
    return "\n".join(lines) + "\n"


def left_out(report: Report) -> list[str]:
    """What to do about damaged blobs, if there are any."""
    if not report.damaged:
        return []
    first = (
        f"{many(len(report.damaged), 'blob')} damaged or missing and left out; push the images that need them again:"
    )
    return [first, *(f"    {digest}" for digest in report.damaged)]
