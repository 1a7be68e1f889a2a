"""Checking everything, and mending it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from tests.factories import KEY, Clock, a_blob, a_manifest, a_registry, a_repository, an_image, an_index, push
from tests.registry.steps import CALLER, NAME, append, files, start, stored

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.domain.images import ImageId
from entrepot.registry import fsck, images, layers, uploads
from entrepot.registry.context import Registry
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def kinds(report: fsck.Report) -> list[str]:
    return sorted(finding.kind for finding in report.findings)


def blob_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "storage" / "blobs").rglob("*") if path.is_file())


def test_all_is_well(reg: Registry) -> None:
    """A registry with images, an index, a blob under lease and an upload under way has no finding."""
    for number in range(3):
        an_image(reg, number, f"v{number}")
    a_blob(reg, b"{}")
    push(reg, a_manifest())
    push(reg, an_index(a_manifest()), "all")
    append(reg, start(reg), b"half of it")
    for quick in (False, True):
        report = fsck.check(reg, quick=quick)
        assert (report.findings, report.blobs, report.manifests, report.files) == ([], 7, 5, 7)
    assert fsck.check(reg, repair=True).findings == []


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_bad_bytes(reg: Registry, tmp_path: Path, harm: str) -> None:
    """Wrong or missing bytes of any blob are found; repair marks them, so that a push heals them."""
    digest = an_image(reg, 1, "v1")
    changes: dict[str, Callable[[Path], object]] = {
        "flip": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
        "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
        "empty": lambda path: path.write_bytes(b""),
        "remove": lambda path: path.unlink(),
    }
    for path in blob_files(tmp_path):
        changes[harm](path)
    kind = "missing bytes" if harm == "remove" else "wrong bytes"
    assert kinds(fsck.check(reg)) == [kind] * 2
    layers.look(reg, KEY, NAME, digests.of(b"layer 1"))
    assert kinds(fsck.check(reg, repair=True)) == [kind] * 2
    with pytest.raises(e.LayerNotFound):
        layers.look(reg, KEY, NAME, digests.of(b"layer 1"))
    assert an_image(reg, 1, "v1") == digest
    assert stored(reg, digests.of(b"layer 1")) == b"layer 1"
    assert fsck.check(reg).findings == []


def test_bytes_without_a_row(reg: Registry, tmp_path: Path) -> None:
    """Files that no row names are found and removed; bytes that are under way are not."""
    for data in (b"left over", b"under way"):
        upload = start(reg)
        append(reg, upload, data)
        with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
            held.bytes.commit(digests.of(data))
        if data == b"left over":
            uploads.cancel(reg, CALLER, KEY, NAME, upload)
    assert kinds(fsck.check(reg)) == ["bytes without a row"]
    report = fsck.check(reg, repair=True)
    assert (kinds(report), report.left) == (["bytes without a row"], 0)
    assert files(tmp_path) == (0, 1)


def test_left_over_bytes_take_the_place_of_bad_ones(reg: Registry, tmp_path: Path) -> None:
    """Right bytes that no row names are worth more than a row whose bytes are wrong."""
    digest = a_blob(reg, b"precious")
    [bad] = blob_files(tmp_path)
    upload = start(reg)
    append(reg, upload, b"precious")
    with uploads.receiving(reg, CALLER, KEY, NAME, upload, None) as held:
        held.bytes.commit(digest)
    uploads.cancel(reg, CALLER, KEY, NAME, upload)
    bad.write_bytes(b"Precious")
    report = fsck.check(reg, repair=True)
    assert (kinds(report), report.left) == (["wrong bytes"], 0)
    assert stored(reg, digest) == b"precious"
    assert fsck.check(reg).findings == []


def test_left_over_uploads(reg: Registry, tmp_path: Path, clock: Clock) -> None:
    """Temporary files of uploads that are gone are found and removed."""
    upload = start(reg)
    append(reg, upload, b"abc")
    reg.db.write(lambda tx: tx.run("DELETE FROM uploads"))
    clock.forward(10 * 365 * 24 * 3600)
    assert kinds(fsck.check(reg)) == ["leftover upload"]
    assert fsck.check(reg, repair=True).left == 0
    assert files(tmp_path) == (0, 0)


def test_wrong_manifests(reg: Registry) -> None:
    """Wrong manifest bytes are found; they are copied from another repository, else healed by a push."""
    a_repository(reg, "other")
    digest = an_image(reg, 1, "v1")
    an_image(reg, 1, "v1", name="other")
    alone = an_image(reg, 2, "v2")
    reg.db.write(lambda tx: tx.run("UPDATE manifests SET bytes = :data WHERE image IN (1, 3)", data=b"wrong"))
    with pytest.raises(e.ManifestCorrupt):
        images.get(reg, KEY, NAME, ImageId(digest, None))
    assert kinds(fsck.check(reg)) == ["wrong manifest"] * 2
    report = fsck.check(reg, repair=True)
    assert (kinds(report), report.left) == (["wrong manifest"] * 2, 1)
    assert digests.of(images.get(reg, KEY, NAME, ImageId(digest, None))[1]) == digest
    assert an_image(reg, 2, "v2") == alone
    assert fsck.check(reg).findings == []


def test_absent_blobs_and_images(reg: Registry) -> None:
    """What images name and the repository does not have is found; blobs are taken from another repository."""
    a_repository(reg, "other")
    an_image(reg, 1, "v1")
    a_blob(reg, b"layer 1", "other")
    reg.db.write(lambda tx: tx.run("DELETE FROM repository_blobs WHERE repository = 1"))
    assert kinds(fsck.check(reg)) == ["absent blob"] * 2
    assert fsck.check(reg, sparse=True).findings == []
    report = fsck.check(reg, repair=True)
    assert report.left == 0
    assert stored(reg, digests.of(b"layer 1")) == b"layer 1"
    reg.db.write(
        lambda tx: tx.run(
            "INSERT INTO image_children (repository, digest, image) VALUES (1, :digest, 1)", digest=digests.of(b"gone")
        )
    )
    assert kinds(fsck.check(reg)) == ["absent image"]


def test_broken_references(tmp_path: Path, clock: Clock) -> None:
    """Tags, children and memberships that refer to rows which are gone are found, and removed."""
    folder = tmp_path / "broken"
    folder.mkdir()
    db = SqliteDatabase(folder / "entrepot.db")
    migrate(db)
    reg = a_registry(db, folder, clock)
    a_repository(reg)
    an_image(reg, 1, "one", "two")
    kept = an_image(reg, 2, "three")
    db.close()
    raw = apsw.Connection(str(folder / "entrepot.db"))
    raw.execute("PRAGMA foreign_keys=OFF")
    raw.execute("DELETE FROM images WHERE id = 1")
    raw.close()
    report = fsck.check(reg)
    assert set(kinds(report)) == {"broken reference"}
    assert any("row 1 of tags" in finding.where for finding in report.findings)
    assert fsck.check(reg, repair=True).left == 0
    assert fsck.check(reg).findings == []
    assert images.tag_page(reg, KEY, NAME, "", 10)[0] == ["three"]
    assert images.head(reg, KEY, NAME, ImageId(None, "three")).digest == kept
    db.close()


def test_a_damaged_database(tmp_path: Path, clock: Clock) -> None:
    """A database file that lost a page is reported, whatever else can still be read."""
    folder = tmp_path / "broken"
    folder.mkdir()
    db = SqliteDatabase(folder / "entrepot.db")
    migrate(db)
    reg = a_registry(db, folder, clock)
    a_repository(reg)
    for number in range(50):
        an_image(reg, number, f"v{number}")
    db.close()
    path = folder / "entrepot.db"
    data = bytearray(path.read_bytes())
    for page in range(len(data) // 4096 // 2, len(data) // 4096 // 2 + 4):
        data[page * 4096 : page * 4096 + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    assert {"damaged database", "unreadable"} & set(kinds(fsck.check(reg)))
    db.close()


def test_what_changes_meanwhile_is_no_finding(reg: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob that is collected, or pushed anew, between listing and looking is not reported."""
    a_blob(reg, b"bytes")
    verify = type(reg.blobs).verify

    def late(*given: object) -> object:
        monkeypatch.undo()
        [path] = blob_files(tmp_path)
        path.write_bytes(b"Bytes")
        with pytest.raises(e.BlobCorrupt):
            stored(reg, digests.of(b"bytes"))
        a_blob(reg, b"bytes")
        return verify(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(type(reg.blobs), "verify", late)
    assert fsck.check(reg).findings == []
