"""What is swept and trimmed, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.factories import KEY, Clock, a_repository, an_image
from tests.registry.steps import CALLER, NAME, append, files, finish, start, stored

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.registry import audit, housekeeping, repositories, uploads
from entrepot.registry.context import Registry
from entrepot.store import audit as audit_table
from entrepot.store import uploads as table


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def test_sweep_ends_idle_uploads(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Uploads that nothing was written to are ended and their bytes given back; others are left alone."""
    idle = start(reg)
    append(reg, idle, b"abc")
    clock.forward(3600)
    busy = start(reg)
    append(reg, busy, b"abc")
    assert uploads.sweep(reg, 1800 * 1_000_000) == 1
    assert files(tmp_path)[0] == 1
    append(reg, busy, b"def", 3)
    with pytest.raises(e.UploadNotFound):
        append(reg, idle, b"def", 3)


def test_sweep_gives_back_orphans(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Temporary files without a row, as a deleted repository leaves them, are given back when they are old."""
    upload = start(reg)
    append(reg, upload, b"abc")
    repositories.delete(reg, CALLER, KEY, NAME, force=False)
    assert files(tmp_path)[0] == 1
    clock.forward(10 * 365 * 24 * 3600)  # the file's own time is the real clock's
    uploads.sweep(reg, 3600 * 1_000_000)
    assert files(tmp_path) == (0, 0)


def test_sweep_leaves_what_a_request_holds(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """A request that takes longer than an upload may be idle keeps its upload, with a row or without one."""
    upload, orphan = start(reg), start(reg)
    append(reg, upload, b"abc")
    with (
        uploads.receiving(reg, CALLER, KEY, NAME, upload, 3) as held,
        uploads.receiving(reg, CALLER, KEY, NAME, orphan, 0) as other,
    ):
        held.bytes.write(b"def")
        other.bytes.write(b"xyz")
        clock.forward(10 * 365 * 24 * 3600)
        reg.db.write(lambda tx: table.delete(tx, orphan))
        assert uploads.sweep(reg, 1) == 0
        assert files(tmp_path) == (2, 0)
        assert uploads.keep(reg, held) == 6
    assert stored_after(reg, upload) == b"abcdef"


def stored_after(reg: Registry, upload: str) -> bytes:
    finish(reg, upload, digests.of(b"abcdef"))
    return stored(reg, digests.of(b"abcdef"))


def test_sweep_looks_again(reg: Registry, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that was written to after the sweep had found it idle goes on."""
    upload = start(reg)
    append(reg, upload, b"abc")
    clock.forward(3600)
    resume = type(reg.blobs).resume

    def late(*given: Any) -> Any:
        monkeypatch.undo()
        append(reg, upload, b"def", 3)
        return resume(*given)

    monkeypatch.setattr(type(reg.blobs), "resume", late)
    assert uploads.sweep(reg, 1800 * 1_000_000) == 0
    assert stored_after(reg, upload) == b"abcdef"


def test_sweep_of_many(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """More uploads than are read at once are ended, those without bytes as well, and one that is held in between."""
    ids = sorted(start(reg) for _ in range(230))
    for upload in ids[::50]:
        append(reg, upload, b"abc")
    clock.forward(3600)
    with uploads.receiving(reg, CALLER, KEY, NAME, ids[50], 3):
        assert uploads.sweep(reg, 1) == 229
    assert files(tmp_path) == (1, 0)
    assert reg.db.read(lambda tx: tx.all("SELECT id FROM uploads")) == [(ids[50],)]


# --- records ---------------------------------------------------------------------------------------------------


def actions(reg: Registry) -> list[str]:
    return [row[0] for row in reg.db.read(lambda tx: tx.all("SELECT action FROM audit ORDER BY id"))]


def test_trim(reg: Registry, clock: Clock) -> None:
    """Records and events are forgotten after their time, and not before."""
    an_image(reg, 1, "a")
    old = len(actions(reg))
    assert old > 0
    clock.forward(6 * 24 * 3600)
    assert housekeeping.trim(reg) == 0
    clock.forward(2 * 24 * 3600)
    assert housekeeping.trim(reg) == 1
    assert len(actions(reg)) == old
    clock.forward(90 * 24 * 3600)
    an_image(reg, 2, "b")
    new = len(actions(reg)) - old
    assert housekeeping.trim(reg) == old
    assert len(actions(reg)) == new


def test_nothing_to_sweep(reg: Registry) -> None:
    """There is nothing to do where nothing is left behind."""
    start(reg)
    assert housekeeping.sweep_uploads(reg) == 0


def test_trim_takes_a_bounded_bite(reg: Registry, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transaction forgets so many records, until none is left that is too old."""
    for number in range(7):
        audit.seen(reg, CALLER, str(number))
    reg.trail.flush(reg.db)
    clock.forward(91 * 24 * 3600)
    bites: list[int] = []
    trim = audit_table.trim

    def counting(*given: Any) -> int:
        bites.append(trim(*given))
        return bites[-1]

    monkeypatch.setattr(audit_table, "trim", counting)
    monkeypatch.setattr(housekeeping, "_BATCH", 3)
    assert housekeeping.trim(reg) == 8  # with the record of the repository
    assert bites == [3, 3, 2, 0]
