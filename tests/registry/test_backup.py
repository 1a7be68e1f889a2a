"""Backup beside a running registry, and restore."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.factories import KEY, a_blob, a_repository, an_image
from tests.registry.steps import CALLER, NAME, append, start

from entrepot import app
from entrepot.config import ConfigError, Settings, Trash
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, fsck, garbage, images
from entrepot.registry.context import Registry
from entrepot.store import pins

Place = Callable[[str], Path]


def nothing(_: int) -> None:
    return


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_dir=str(tmp_path / "data"), trash=Trash(retention_days=0))
    app.prepare(made)
    with app.operator(made) as reg:
        a_repository(reg)
        for number in range(3):
            an_image(reg, number, f"v{number}")
    return made


@pytest.fixture(params=["folder", "archive.tar"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "backups" / str(request.param)


def tags(reg: Registry) -> dict[str, bytes]:
    names, _ = images.tag_page(reg, KEY, NAME, "", 100)
    return {name: images.get(reg, KEY, NAME, ImageId(None, name))[1] for name in names}


def restored(place: Path, folder: Path) -> Settings:
    settings = Settings(data_dir=str(folder))
    folder.mkdir()
    app.restore(settings, place, nothing)
    app.prepare(settings)
    return settings


def test_there_and_back(settings: Settings, place: Path, tmp_path: Path) -> None:
    """Everything is there again: images, bytes, keys; and fsck finds nothing wrong."""
    report = app.back_up(settings, place, nothing)
    assert (report.blobs, report.copied, report.damaged) == (6, 6, [])
    again = restored(place, tmp_path / "again")
    assert app.credentials(again) == app.credentials(settings)
    with app.operator(settings) as before, app.operator(again) as after:
        assert tags(after) == tags(before)
        assert fsck.check(after, quick=True).findings == fsck.check(after).findings == []
        assert an_image(after, 9, "v9")


def test_a_later_backup_copies_what_is_new(settings: Settings, tmp_path: Path) -> None:
    """Into the same folder only new blobs are copied, and what is gone by then is gone from it."""
    place = tmp_path / "backup"
    app.back_up(settings, place, nothing)
    with app.operator(settings) as reg:
        an_image(reg, 7, "v7")
        deletion.delete(reg, CALLER, KEY, NAME, an_image(reg, 0, "v0"))
        garbage.collect(reg, -3 * 24 * 3600)
    report = app.back_up(settings, place, nothing)
    assert (report.blobs, report.copied) == (6, 2)
    assert len([path for path in (place / "storage" / "blobs").rglob("*") if path.is_file()]) == 6
    with app.operator(restored(place, tmp_path / "again")) as reg:
        assert sorted(tags(reg)) == ["v1", "v2", "v7"]


def test_a_backup_that_was_ended_goes_on(settings: Settings, tmp_path: Path) -> None:
    """What was copied before a kill is not copied again; a file that is short is."""
    place = tmp_path / "backup"
    count = 0

    def die(copied: int) -> None:
        nonlocal count
        count += copied > 0
        if count == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        app.back_up(settings, place, die)
    assert not (place / "backup.json").exists()
    with pytest.raises(ConfigError, match="cannot be restored"):
        restored(place, tmp_path / "early")
    [first, *_] = [path for path in (place / "storage" / "blobs").rglob("*") if path.is_file()]
    first.write_bytes(b"")
    assert app.back_up(settings, place, nothing).copied == 4
    assert len(list((place / "storage" / "uploads").iterdir())) == 0
    with app.operator(restored(place, tmp_path / "again")) as reg:
        assert fsck.check(reg).findings == []


def test_beside_pushes_and_collection(settings: Settings, place: Path, tmp_path: Path) -> None:
    """A backup is the registry at one instant, whatever is pushed, deleted and collected while it runs."""
    done = list[int]()

    def meddle(_: int) -> None:
        if not done:
            done.append(1)
            with app.operator(settings) as reg:
                an_image(reg, 8, "v8")
                for number in range(3):
                    deletion.delete(reg, CALLER, KEY, NAME, an_image(reg, number, f"v{number}"))
                taken = garbage.collect(reg, -3 * 24 * 3600)
                assert taken.blobs >= 6
                assert taken.deleted == 0

    report = app.back_up(settings, place, meddle)
    assert (report.blobs, report.damaged) == (6, [])
    with app.operator(settings) as reg:
        assert not reg.db.read(lambda tx: pins.any_set(tx, reg.now()))
        assert garbage.collect(reg).deleted >= 6
    with app.operator(restored(place, tmp_path / "again")) as reg:
        assert sorted(tags(reg)) == ["v0", "v1", "v2"]
        assert fsck.check(reg).findings == []


def test_damaged_blobs_are_left_out(settings: Settings, place: Path, tmp_path: Path) -> None:
    """Wrong bytes do not get into a backup; they are named, and can be pushed after a restore."""
    [bad, *_] = sorted(path for path in (tmp_path / "data/storage/blobs").rglob("*") if path.is_file())
    bad.write_bytes(b"wrong bytes")
    report = app.back_up(settings, place, nothing)
    assert (report.blobs, report.copied, len(report.damaged)) == (6, 5, 1)
    with app.operator(restored(place, tmp_path / "again")) as reg:
        assert [finding.kind for finding in fsck.check(reg).findings] == ["missing bytes"]
        for number in range(3):
            an_image(reg, number, f"v{number}")
        assert fsck.check(reg).findings == []


def test_a_restore_that_was_ended(settings: Settings, place: Path, tmp_path: Path) -> None:
    """No server starts on half a restore; running it again does it all."""
    app.back_up(settings, place, nothing)
    again = Settings(data_dir=str(tmp_path / "again"))

    def die(_: int) -> None:
        raise KeyboardInterrupt

    Path(again.data_dir).mkdir()
    with pytest.raises(KeyboardInterrupt):
        app.restore(again, place, die)
    with pytest.raises(ConfigError, match="did not finish"):
        app.prepare(again)
    app.restore(again, place, nothing)
    app.prepare(again)
    with app.operator(again) as reg:
        assert len(tags(reg)) == 3


def test_into_a_folder_that_is_used(settings: Settings, place: Path) -> None:
    """Nothing is restored over a registry."""
    app.back_up(settings, place, nothing)
    with pytest.raises(ConfigError, match="has a registry already"):
        app.restore(settings, place, nothing)


def test_wrong_bytes_in_a_backup(settings: Settings, tmp_path: Path) -> None:
    """A backup that rotted is refused, and nothing of it is served."""
    place = tmp_path / "backup"
    app.back_up(settings, place, nothing)
    [first, *_] = [path for path in (place / "storage" / "blobs").rglob("*") if path.is_file()]
    first.write_bytes(b"x" * first.stat().st_size)
    with pytest.raises(ConfigError, match="are wrong"):
        restored(place, tmp_path / "again")
    assert not (tmp_path / "again" / "entrepot.db").exists()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("../outside", tarfile.REGTYPE), ("/etc/passwd", tarfile.REGTYPE), ("credentials", tarfile.SYMTYPE)),
        *(("storage/blobs/../../x", tarfile.REGTYPE), ("entrepot.db", tarfile.DIRTYPE), ("a", tarfile.REGTYPE)),
    ],
)
def test_hostile_archives(settings: Settings, tmp_path: Path, name: str, kind: bytes) -> None:
    """Names and kinds that a backup never has are refused; nothing is written outside."""
    place = tmp_path / "hostile.tar"
    app.back_up(settings, place, nothing)
    with tarfile.open(place, "a") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, "/etc/passwd", 1 if kind == tarfile.REGTYPE else 0
        archive.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(ConfigError, match="cannot be restored"):
        restored(place, tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def test_cut_archives(settings: Settings, tmp_path: Path) -> None:
    """An archive that ends anywhere early is refused."""
    place = tmp_path / "whole.tar"
    app.back_up(settings, place, nothing)
    data = place.read_bytes().rstrip(b"\0")
    for number, end in enumerate(range(0, len(data), len(data) // 20)):
        cut = tmp_path / f"cut-{number}.tar"
        cut.write_bytes(data[:end])
        with pytest.raises(ConfigError, match="cannot be restored"):
            restored(cut, tmp_path / f"again-{number}")


def test_uploads_are_not_backed_up(settings: Settings, place: Path, tmp_path: Path) -> None:
    """An upload under way begins anew after a restore."""
    with app.operator(settings) as reg:
        a_blob(reg, b"bytes")
        append(reg, start(reg), b"half")
    app.back_up(settings, place, nothing)
    with app.operator(restored(place, tmp_path / "again")) as reg:
        assert reg.db.read(lambda tx: tx.one("SELECT count(*) FROM uploads")) == (0,)
