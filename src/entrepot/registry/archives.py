"""What a backup is made of, and reading it: from a folder or a tar archive, and nothing that does not belong there."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

FORMAT = 1
DATABASE, ABOUT, BLOBS = "entrepot.db", "backup.json", "storage/blobs/"
Member = tuple[str, int, BinaryIO]
_SECRETS = ("credentials", "sealing.key")


class Damaged(Exception):
    """A backup that cannot be restored; the text says why."""


class About(msgspec.Struct, frozen=True):
    """What `backup.json` says: the format, the schema, when it was made (microseconds UTC) and what is in it.

    `files`: by name the SHA-256, hexadecimal, that the database and each key may have; older backups do not have it.
    """

    format: int
    schema: int
    created_at: int
    blobs: int
    bytes: int
    files: dict[str, list[str]] = {}  # msgspec makes a new one each time

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """What the file says, where it is there and can be read."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def or_of(self, earlier: About) -> About:
        """What is true while the files of an earlier backup make way for this one's."""
        names = self.files.keys() & earlier.files.keys()
        return msgspec.structs.replace(self, files={name: self.files[name] + earlier.files[name] for name in names})


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


class Hashed:
    """What is read of a file is hashed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str:
        return self._hash.hexdigest()


def checked(data: bytes, schema: int, found: Mapping[str, str]) -> About:
    """What a backup says of itself; `found` are the SHA-256 of its files, by name. Raises Damaged."""
    try:
        about = msgspec.json.decode(data, type=About)
    except msgspec.DecodeError as error:
        raise Damaged("its backup.json cannot be read") from error
    if about.format > FORMAT or about.schema > schema:
        raise Damaged(f"it was made by a newer version (schema {about.schema}, this one knows {schema})")
    for name, digests in about.files.items():
        if name not in found:
            raise Damaged(f"{name} is missing: restore another backup")
        if found[name] not in digests:
            raise Damaged(f"the bytes of {name} are wrong: restore another backup")
    return about
