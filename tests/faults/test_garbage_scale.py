"""Garbage collection over many rows: memory that does not grow with them, and no long transaction."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.factories import KEY, Clock, a_registry, a_repository
from tests.faults.report import LONG, survived

from entrepot.domain.images import ImageId
from entrepot.registry import garbage, images
from entrepot.registry.context import Registry
from entrepot.store.db import Tx
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

BLOBS = 1_000_000 if LONG else 20_000
IMAGES = BLOBS // 10
MEMORY = 48 * 2**20

# Every image names 5 blobs, so that half of the blobs is named and half is not; all are of one repository.
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
STEPS = (
    (
        f"""{NUMBERS} INSERT INTO blobs (encryption, digest, size, location, identity, created_at)
        SELECT '', 'sha256:' || printf('%064x', i), 1000,
            printf('sha256/%02x/%02x%062x-00000000-0000-4000-8000-%012x', i % 256, i % 256, i, i), '', 0 FROM n""",
        BLOBS,
    ),
    (
        f"{NUMBERS} INSERT INTO repository_blobs (repository, blob, leased_until) SELECT :repository, i, 0 FROM n",
        BLOBS,
    ),
    (
        f"""{NUMBERS} INSERT INTO images (repository, digest, media_type, artifact_type, manifest_size, size,
            status, pushed_at)
        SELECT :repository, 'sha256:' || printf('%064x', i), '', '', 1, 1, 'ACTIVE', 0 FROM n""",
        IMAGES,
    ),
    (
        f"""{NUMBERS} INSERT INTO image_blobs (repository, digest, image, media_type)
        SELECT :repository, 'sha256:' || printf('%064x', 2 * i), 1 + i % :images, 'a layer' FROM n""",
        BLOBS // 2,
    ),
)


@pytest.fixture
def reg(tmp_path: Path) -> Registry:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    reg = a_registry(db, tmp_path, Clock())
    repository = a_repository(reg).id

    def fill(tx: Tx) -> None:
        for sql, count in STEPS:
            wanted = {"count": count, "repository": repository, "images": IMAGES}
            tx.run(sql, **{name: value for name, value in wanted.items() if f":{name}" in sql})

    db.write(fill)
    return reg


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.timeout(3600)
def test_many_blobs(reg: Registry) -> None:
    """Half of all blobs is collected, the named half stays; the memory for it is that of a window."""
    turns, most, before, ended = list[float](), list[int](), resident(), time.monotonic()

    def rest(_: float) -> bool:
        nonlocal ended
        turns.append(time.monotonic() - ended)
        ended = time.monotonic()
        if len(turns) % 100 == 0:
            most.append(resident())
        return False

    began = time.monotonic()
    seen = garbage.collect(reg, dry_run=True)
    looked = time.monotonic() - began
    taken = garbage.collect(reg, rest=rest)
    collected = time.monotonic() - began - looked
    assert seen == taken
    assert (taken.memberships, taken.blobs, taken.deleted) == (BLOBS // 2, BLOBS // 2, BLOBS // 2)
    assert reg.db.read(lambda tx: tx.one("SELECT count(*), max(id % 2) FROM blobs")) == (BLOBS // 2, 0)
    assert images.head(reg, KEY, "team/app", ImageId("sha256:" + f"{7:064x}", None)).id == 7
    grown = max(most) - before
    assert grown < MEMORY
    turns.sort()
    survived(
        "F40",
        BLOBS,
        f"blob rows: dry run in {looked:.1f} s, half of them collected in {collected:.1f} s of work with "
        f"{grown / 2**20:.0f} MiB more memory, in {len(turns)} turns: "
        f"p99 {turns[len(turns) * 99 // 100] * 1000:.1f} ms, longest {turns[-1] * 1000:.0f} ms",
    )
