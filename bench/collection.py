"""What the collection of garbage takes over many blobs and files, and what pulls notice of it."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bench import filling, servers, stock, wrk
from bench.workloads import Curve, Failed, Scale, Server
from entrepot import app
from entrepot.config import Settings
from entrepot.registry import garbage
from entrepot.registry.context import Registry
from entrepot.store.db import Tx

EACH = 10
"""One blob of so many is garbage and has a file, the others are of one image and have none."""
CONNECTIONS = 4
WITHIN = 1.1
MINUTES = 15
WINDOWS = 8
SOME = 2_000  # blobs that are collected while pulls wait: all that a collection does is done in these seconds
NAME = "bench/old"
CONTENT = b"garbage"
NEVER, AT_START = {"ENTREPOT_GC__INTERVAL": "0"}, {"ENTREPOT_GC__GRACE": "0"}
NOTE = (
    "While somebody writes, a collection works a twentieth of the time, so that pushes have the rest. "
    "What nobody names any more is a tenth of the blobs, and each of these has a file."
)

_NUMBERS = """
    WITH RECURSIVE every(i) AS (SELECT :first UNION ALL SELECT i + :step FROM every WHERE i + :step <= :last),
    n AS (SELECT i, printf('%02x%062x', i % 256, i) AS digits FROM every WHERE i % :each <> :without)
"""
_BLOBS = (
    f"""{_NUMBERS} INSERT INTO blobs (id, encryption, digest, size, location, identity, created_at)
    SELECT i, '', 'sha256:' || digits, 7,
        'sha256/' || substr(digits, 1, 2) || '/' || digits || printf('-00000000-0000-4000-8000-%012x', i), '', 0 FROM n
    """,
    f"{_NUMBERS} INSERT INTO repository_blobs (repository, blob, leased_until) SELECT :repository, i, 0 FROM n",
)
_IMAGES = (
    f"""{_NUMBERS} INSERT INTO images (repository, digest, media_type, artifact_type, manifest_size, size, status,
        pushed_at)
    SELECT :repository, 'sha256:' || digits, '', '', 1, 1, 'ACTIVE', 0 FROM n WHERE i % :each = 1""",
    f"""{_NUMBERS} INSERT INTO image_blobs (repository, digest, image, media_type)
    SELECT :repository, 'sha256:' || digits,
        (SELECT id FROM images WHERE repository = :repository
            AND digest = 'sha256:' || printf('%02x%062x', (i - i % :each + 1) % 256, i - i % :each + 1)),
        'a layer' FROM n""",
)


# --- what is there ---------------------------------------------------------------------------------------------


def fill(reg: Registry, data: Path, count: int) -> None:
    """So many blobs, most of them named by images, and what `litter` adds."""
    made = reg.db.write(partial(filling.add_repository, reg=reg, name=NAME))
    wanted = {"first": 1, "step": 1, "last": count, "each": EACH, "without": 0, "repository": made}
    reg.db.write(partial(_insert, steps=(*_BLOBS, *_IMAGES), wanted=wanted))
    litter(reg, data, count)


def litter(reg: Registry, data: Path, count: int, each: int = EACH) -> None:
    """Every tenth blob, or fewer of these, as something that nobody needs: rows and files."""
    repository = reg.db.read(partial(filling.find_repository, name=NAME))
    wanted = {"first": each, "step": each, "last": count, "each": EACH, "without": -1, "repository": repository}
    reg.db.write(partial(_insert, steps=_BLOBS, wanted=wanted))
    root = data / "storage" / "blobs" / "sha256"
    for folder in range(256):
        (root / f"{folder:02x}").mkdir(0o700, parents=True, exist_ok=True)
    for number in range(each, count + 1, each):
        fan = f"{number % 256:02x}"
        (root / fan / f"{fan}{number:062x}-00000000-0000-4000-8000-{number:012x}").write_bytes(CONTENT)


def _insert(tx: Tx, steps: tuple[str, ...], wanted: Mapping[str, int]) -> None:
    for sql in steps:
        tx.run(sql, **{name: value for name, value in wanted.items() if f":{name}" in sql})


# --- what it takes ---------------------------------------------------------------------------------------------


def collected(reg: Registry, count: int) -> float:
    """Seconds of one collection in a registry that nobody uses. Raises Failed."""
    began = time.monotonic()
    taken = garbage.collect(reg, 0.0)
    if (taken.blobs, taken.deleted, taken.orphans) != (count // EACH, count // EACH, 0):
        raise Failed(f"of {count} blobs a collection took {taken}")
    return time.monotonic() - began


def waits(folder: Path, scale: Scale) -> tuple[float, float]:
    """Milliseconds that one manifest GET in a hundred takes at least: without a collection, and during one."""
    found = []
    for settings, busy in ((NEVER, False), (AT_START, True)):
        before = _garbage(folder / "data")
        with servers.entrepot(folder, settings=settings) as server:
            if not busy:
                stock.fill(server, stock.image(scale, "1 MB"))
            found.append(statistics.median(_p99(server, scale) for _ in range(scale.of(WINDOWS, 1))))
        after = _garbage(folder / "data")
        if (before == after) == busy:
            raise Failed(f"of {before} rows to collect {after} are left, which is not as it was to be")
    return found[0], found[1]


def _p99(server: Server, scale: Scale) -> float:
    stocked = stock.image(scale, "1 MB")
    request = wrk.Request(stocked.by_tag(), length=len(stocked.document))
    return wrk.requests_per_second(server, request, CONNECTIONS, float(scale.of(2, 1)), tls=False).p99_ms or 0.0


def _garbage(data: Path) -> int:
    """How many rows a collection has still to take away."""
    where = f"id % {EACH} = 0 AND size = {len(CONTENT)}"
    blobs = f"SELECT count(*) FROM blobs WHERE {where}"
    members = f"SELECT count(*) FROM repository_blobs WHERE blob IN (SELECT id FROM blobs WHERE {where})"
    with app.operator(Settings(data_dir=str(data))) as reg:
        row = reg.db.read(lambda tx: tx.one(f"SELECT ({blobs}) + ({members}) + (SELECT count(*) FROM trash)"))
        return int(row[0]) if row else 0


def curves(folder: Path, scale: Scale) -> list[Curve]:
    """Collections over two sizes, and the wait of pulls beside the larger one."""
    sizes = (scale.of(100_000, 1_000), scale.of(1_000_000, 2_000))
    found, waited = [], (0.0, 0.0)
    for count in sizes:
        place = folder / str(count)
        data = place / "data"
        data.mkdir(parents=True)
        app.prepare(Settings(data_dir=str(data)))
        with app.operator(Settings(data_dir=str(data))) as reg:
            fill(reg, data, count)
            found.append(collected(reg, count))
            litter(reg, data, count, EACH * max(1, count // EACH // SOME))
        if count == sizes[-1]:
            waited = waits(place, scale)
        shutil.rmtree(place)
    names = tuple(f"{count:,} blobs, {count // EACH:,} of them files to delete" for count in sizes)
    return [
        Curve("collection while nobody writes", "s", names, tuple(found), note=NOTE),
        Curve(
            "collection while somebody always does",
            "min",
            names,
            tuple(one * (1 + garbage.REST) / 60 for one in found),
            limit=MINUTES,
        ),
        Curve(
            f"p99 of a manifest GET, c={CONNECTIONS}, beside it", "ms", ("without", "during it"), waited, within=WITHIN
        ),
    ]
