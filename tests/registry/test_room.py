"""Making room on a disk that is nearly full, of its own, where root runs the tests."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.factories import KEY, Clock, a_blob, a_caller, a_manifest, a_registry, a_repository, push

from entrepot.domain import sizes
from entrepot.domain.blobs import SILENCE
from entrepot.domain.errors import StorageFull
from entrepot.registry import bin as recycling
from entrepot.registry import deletion, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from entrepot.registry.context import Registry
    from entrepot.store.db import Database

LAYER = 300_000  # bytes
EVERYTHING = sizes.parse(2**59)  # more than any disk has


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    if os.geteuid() != 0:
        if os.environ.get("CI") == "1":
            raise AssertionError("the tests need root to mount a small file system")
        pytest.skip("NOT TESTED, missing here: root, who can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def an_image(reg: Registry, number: int) -> str:
    layer = bytes([number]) * LAYER
    a_blob(reg, layer)
    a_blob(reg, b"{}")
    return push(reg, a_manifest(layer)).digest


def until_full(reg: Registry) -> Iterator[str]:
    """Push images until there is no room."""
    with suppress(StorageFull):
        for number in range(50):
            yield an_image(reg, number)


def test_a_full_disk(db: Database, small: Path, clock: Clock) -> None:
    """Images of the bin go until there is room, the one deleted first in front; then pushes succeed again."""
    reg = a_registry(db, small, clock)
    reg = replace(reg, keeping=replace(reg.keeping, retention=10**13))
    a_repository(reg)
    every = list(until_full(reg))
    assert len(every) > 8
    for digest in every:
        clock.forward(1)
        deletion.delete(reg, a_caller(), KEY, "team/app", digest)
    assert room.make(reg, EVERYTHING) == 0  # a push that was told of the layers may still come
    clock.forward(SILENCE / 1_000_000 + 1)
    before = reg.blobs.room()[0]
    assert before < LAYER + 100_000
    gone = room.make(reg, sizes.parse(before + 2 * LAYER))
    assert gone in (2, 3)
    assert [each.digest for each in recycling.listing(reg)] == every[gone:]
    assert reg.blobs.room()[0] >= before + 2 * LAYER
    an_image(reg, 99)
    recycling.restore(reg, a_caller(), KEY, "team/app", every[-1])
