"""Reading a backup: the files of a folder or of a tar archive, and nothing that does not belong there."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from entrepot.registry.backup import ABOUT, BLOBS, DATABASE, Damaged

Member = tuple[str, int, BinaryIO]
_SECRETS = ("credentials", "sealing.key")


@contextmanager
def members(place: Path) -> Iterator[Iterator[Member]]:
    """The name, size and content of each file of a backup, the database first. Raises Damaged."""
    if place.is_dir():
        yield _of_folder(place)
        return
    try:
        with tarfile.open(place, "r:") as archive:
            yield _of_archive(archive)
    except FileNotFoundError:
        raise Damaged("it is not there") from None
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"it is no archive, or ends early ({error})") from error


def _of_folder(place: Path) -> Iterator[Member]:
    storage = place / BLOBS
    blobs = sorted(path for path in storage.glob("sha*/*/*") if path.is_file() and not path.is_symlink())
    others = [place / name for name in (*_SECRETS, ABOUT) if (place / name).is_file()]
    first = [place / DATABASE] if (place / DATABASE).is_file() else []
    for path in (*first, *blobs, *others):
        with path.open("rb") as file:
            yield path.relative_to(place).as_posix(), path.stat().st_size, file


def _of_archive(archive: tarfile.TarFile) -> Iterator[Member]:
    for member in archive:
        known = member.name in (DATABASE, ABOUT, *_SECRETS) or member.name.startswith(BLOBS)
        content = archive.extractfile(member) if known and member.isreg() else None
        if content is None:
            raise Damaged(f"{member.name[:200]!r} does not belong into a backup")
        with content:
            yield member.name, member.size, content  # type: ignore[misc]
