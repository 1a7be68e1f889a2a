"""The trail: reads are gathered and written together, and nothing is lost when the database does not answer."""

from __future__ import annotations

import pytest
from tests.factories import a_caller, a_repository, an_image

from entrepot.registry import audit
from entrepot.registry.context import Registry
from entrepot.store import audit as table


def actions(reg: Registry) -> list[str]:
    return [row[0] for row in reg.db.read(lambda tx: tx.all("SELECT action FROM audit ORDER BY id"))]


def test_reads_are_written_together(reg: Registry) -> None:
    """Reads wait for the flush, and come in order."""
    for number in range(3):
        audit.seen(reg, a_caller(f"ecr:Read{number}"), "*", imageDigest="d")
    assert actions(reg) == []
    reg.trail.flush(reg.db)
    reg.trail.flush(reg.db)
    assert actions(reg) == ["ecr:Read0", "ecr:Read1", "ecr:Read2"]


def test_refusals_say_why(reg: Registry) -> None:
    """A refused call is on record with its error."""
    audit.seen(reg, a_caller("ecr:PutImage"), "*", "AccessDenied")
    reg.trail.flush(reg.db)
    assert reg.db.read(lambda tx: tx.one("SELECT error FROM audit")) == ("AccessDenied",)


def test_nothing_is_lost_when_the_database_fails(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is written the next time, once and in order."""
    a_repository(reg)
    an_image(reg, 1)
    before = len(actions(reg))
    audit.seen(reg, a_caller("ecr:First"), "*")
    audit.pulled(reg, a_caller(), 1, None)

    def fail(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(table, "insert_all", fail)
        with pytest.raises(ConnectionError):
            reg.trail.flush(reg.db)
    audit.seen(reg, a_caller("ecr:Second"), "*")
    reg.trail.flush(reg.db)
    assert actions(reg)[before:] == ["ecr:First", "ecr:Second"]
    assert reg.db.read(lambda tx: tx.one("SELECT pulled_at FROM images WHERE id = 1")) == (reg.now(),)


def test_what_is_gathered_is_bounded(reg: Registry) -> None:
    """A process whose database is away keeps the newest reads and does not grow for ever."""
    for number in range(audit.GATHERED_MAX + 5):
        audit.seen(reg, a_caller(), str(number))
    assert len(reg.trail._reads) == audit.GATHERED_MAX
    assert reg.trail._reads[-1].resource == str(audit.GATHERED_MAX + 4)


def test_the_newest_are_kept(reg: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is room for some only, what was gathered during a write that failed comes before what is older."""
    for number in range(audit.GATHERED_MAX):
        audit.seen(reg, a_caller(), str(number))

    def fail(*_: object) -> None:
        audit.seen(reg, a_caller(), "newest")
        raise ConnectionError

    monkeypatch.setattr(table, "insert_all", fail)
    with pytest.raises(ConnectionError):
        reg.trail.flush(reg.db)
    reads = reg.trail._reads
    assert (reads[0].resource, reads[-1].resource, len(reads)) == ("1", "newest", audit.GATHERED_MAX)
