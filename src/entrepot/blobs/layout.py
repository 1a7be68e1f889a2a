"""Where the local store's files lie, and which files in its folders are its own."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

from entrepot.blobs.files import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDERS = ("uploads", "blobs")

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SHA256 = "sha256/(?P<a>[0-9a-f]{2})/(?P=a)[0-9a-f]{62}"
_SHA512 = "sha512/(?P<b>[0-9a-f]{2})/(?P=b)[0-9a-f]{126}"
_NAMES = {"uploads": re.compile(_UUID), "blobs": re.compile(f"(?:{_SHA256}|{_SHA512})-{_UUID}")}
_FANS = re.compile("sha(?:256|512)(?:/[0-9a-f]{2})?")


# root/                                   folders 0700, files 0600
# ├── uploads/
# │   └── <upload id>                     locked (flock) by the request that holds it; can be longer than the upload:
# │                                       bytes reserved, or of a request that was interrupted
# └── blobs/
#     ├── sha256/ab/abcd…-<upload id>     never written to
#     └── sha512/ab/abcd…-<upload id>
def path(root: Path, folder: str, name: str | None = None) -> Path:
    """Where an upload (by its id), a blob (by its location) or the folder of them lies.

    Nothing that leaves the folder gets past: ValueError.
    """
    if name is None:
        return root / folder
    if not _NAMES[folder].fullmatch(name):
        raise ValueError(f"not a name in {folder}/: {name[:200]!r}")
    return root / folder / name


def place(root: Path, location: str) -> str:
    """Where a blob lies, as `path` says it, for who is in a hurry: joining a Path takes ten times as long."""
    if not _NAMES["blobs"].fullmatch(location):
        raise ValueError(f"not a name in blobs/: {location[:200]!r}")
    return f"{root}/blobs/{location}"


def names(root: Path, folder: str) -> Iterator[str]:
    """Ids of the uploads, or locations of the blobs, that are files here. Raises StorageUnavailable."""
    with faults(f"listing {folder}"):
        for name, own in _walk(root, folder, ""):
            if own:
                yield name


def foreign(root: Path) -> Iterator[str]:
    """Paths below root, as text that can be printed, of what the store did not put there. Raises StorageUnavailable."""
    with faults("listing the blob folder"):
        for entry in _listed(root):
            if entry.name not in FOLDERS:
                yield _printable(entry.name)
        for folder in FOLDERS:
            for name, own in _walk(root, folder, ""):
                if not own:
                    yield _printable(f"{folder}/{name}")


def _walk(root: Path, folder: str, below: str) -> Iterator[tuple[str, bool]]:
    """What is in a folder, by its path in `uploads` or `blobs`, and whether it is the store's; one list at a time."""
    for entry in _listed(root / folder / below):
        name = f"{below}/{entry.name}" if below else entry.name
        if folder == "blobs" and _FANS.fullmatch(name) and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError):  # an empty one that was removed meanwhile
                yield from _walk(root, folder, name)
        else:
            yield name, entry.is_file(follow_symlinks=False) and _NAMES[folder].fullmatch(name) is not None


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
