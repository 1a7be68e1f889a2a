"""The scrub: damage is found before somebody needs the bytes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.factories import KEY, Clock, a_blob, a_repository
from tests.registry.steps import NAME, stored

from entrepot.domain import errors as e
from entrepot.registry import figures, layers, scrub
from entrepot.registry.context import Registry
from entrepot.registry.scrub import Scrubbed

WEEK = 7 * 24 * 3600 + 1


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def damage(path: Path, kind: str) -> None:
    """Change a file so that its identity stays as it can: as a disk does that forgets."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    match kind:
        case "flip":
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
        case "cut":
            path.write_bytes(data[:-1])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.unlink()
            return
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("kind", ["flip", "cut", "empty", "remove"])
def test_every_damage_is_found(reg: Registry, tmp_path: Path, clock: Clock, kind: str) -> None:
    """Every damaged blob is found, told of once, not offered, and healed by a push; sound ones are left."""
    contents = [b"blob %d" % number for number in range(9)]
    found = {a_blob(reg, data): data for data in contents}
    paths = sorted(path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    for path in paths[:4]:
        damage(path, kind)
    clock.forward(WEEK)
    assert scrub.scrub(reg).damaged == 4
    assert scrub.scrub(reg) == Scrubbed()
    events = reg.db.read(lambda tx: tx.all("SELECT detail FROM outbox WHERE type = 'Entrepot Blob Damaged'"))
    bad = {json.loads(detail)["layer-digest"] for (detail,) in events}
    assert (len(events), len(bad)) == (4, 4)
    assert figures.read(reg)[1] == 4
    for digest, data in found.items():
        if digest in bad:
            with pytest.raises(e.LayerNotFound):
                layers.look(reg, KEY, NAME, digest)
            with pytest.raises((e.BlobCorrupt, e.BlobMissing)):
                stored(reg, digest)
            a_blob(reg, data)
        assert stored(reg, digest) == data
    assert figures.read(reg)[1] == 0


def test_what_was_hashed_lately_is_left(reg: Registry, clock: Clock) -> None:
    """A blob is hashed once in so many days, the longest ago first."""
    a_blob(reg, b"one")
    clock.forward(WEEK / 2)
    a_blob(reg, b"two")
    assert scrub.scrub(reg) == Scrubbed()
    clock.forward(WEEK / 2 + 1)
    assert scrub.scrub(reg) == Scrubbed(blobs=1, bytes=3)
    assert scrub.scrub(reg, days=0.001).blobs == 1


def test_pace(reg: Registry, clock: Clock) -> None:
    """It rests so long that it keeps below its rate, and stops at once when it is told to."""
    for number in range(4):
        a_blob(reg, b"%d" % number * 1000)
    clock.forward(WEEK)
    rests = list[float]()

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        return len(rests) == 3

    done = scrub.scrub(reg, bytes_per_second=1000, rest=rest)
    assert 0.5 < rests[0] < 1.01
    assert 1.5 < rests[1] < 2.01
    assert done.blobs == 2
    assert scrub.scrub(reg, bytes_per_second=0).blobs == 2


def test_a_blob_that_was_replaced_meanwhile(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Bytes that a push has put in the place of bad ones are no damage."""
    a_blob(reg, b"bytes")
    [path] = (path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    damage(path, "flip")
    clock.forward(WEEK)

    def rest(_: float) -> bool:
        a_blob(reg, b"bytes")
        return False

    assert scrub.scrub(reg, rest=rest).damaged == 0


def test_a_clock_that_goes_back(reg: Registry, clock: Clock) -> None:
    """No blob is hashed twice in a run, whatever the clock does meanwhile."""
    for number in range(5):
        a_blob(reg, b"%d" % number)
    clock.forward(WEEK)

    def rest(_: float) -> bool:
        clock.forward(-3 * WEEK)
        return False

    assert scrub.scrub(reg, rest=rest).blobs == 5
