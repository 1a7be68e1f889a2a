"""The local store: the suite of every store, and what only a file system can do to a blob."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from entrepot.blobs import suspended
from entrepot.blobs.files import identity, open_private
from entrepot.blobs.local import LocalBlobStore
from entrepot.blobs.store import BlobStore, Stored
from entrepot.domain.digests import of
from entrepot.domain.errors import (
    BlobCorrupt,
    BlobMissing,
    StorageFull,
    StorageUnavailable,
    UploadBusy,
    UploadLost,
)

from .conformance import BlobStoreConformance
from .uses import EMPTY, content, files, new_id, payload, stored, unfinished

if TYPE_CHECKING:
    pass

DATA = payload(300_000)
DIGEST = of(DATA)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class TestConformance(BlobStoreConformance):
    """The suite, on a folder."""


class TestLayout:
    def test_everything_is_private(self, store: LocalBlobStore, root: Path) -> None:
        """Folders are 0700, files 0600, under the names that the layout says."""
        blob = stored(store, DATA)
        big = stored(store, DATA, "sha512")
        upload_id = new_id()
        store.create(upload_id).suspend()
        assert files(root) == sorted(
            [root / "uploads" / upload_id, root / "blobs" / blob.location, root / "blobs" / big.location]
        )
        assert re.fullmatch(rf"sha256/{DIGEST[7:9]}/{DIGEST[7:]}-[0-9a-f-]{{36}}", blob.location)
        for path in [root, *root.rglob("*")]:
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path

    def test_a_symbolic_link_is_not_followed(self, store: LocalBlobStore, root: Path, tmp_path: Path) -> None:
        """A link in the place of an upload or a blob leads nowhere."""
        target = tmp_path / "elsewhere"
        target.write_bytes(DATA)
        upload_id = new_id()
        (root / "uploads" / upload_id).symlink_to(target)
        with pytest.raises(StorageUnavailable):
            store.resume(upload_id, 0, EMPTY)
        assert unfinished(store) == set()
        blob = stored(store, DATA)
        (root / "blobs" / blob.location).unlink()
        (root / "blobs" / blob.location).symlink_to(target)
        with pytest.raises(StorageUnavailable):
            store.open(blob, DIGEST)
        assert target.read_bytes() == DATA

    def test_other_files_in_the_folders_are_left_alone(self, store: LocalBlobStore, root: Path) -> None:
        """What is not an upload is never listed as an abandoned one."""
        (root / "uploads" / "lost+found").mkdir()
        (root / "uploads" / new_id()).mkdir()
        (root / "uploads" / "notes.txt").write_text("mine")
        assert unfinished(store) == set()

    def test_what_is_not_a_blob_is_foreign(self, store: LocalBlobStore, root: Path) -> None:
        """Files, folders and links that nobody stored are named, and neither listed as blobs nor as uploads."""
        blob = stored(store, DATA)
        twin = root / "blobs" / blob.location[:-1]
        (twin.parent / (twin.name + "g")).touch()
        other = twin.name + ("0" if blob.location[-1] != "0" else "1")
        (twin.parent / other).mkdir()
        link = twin.parent / (twin.name[:-1] + "ab")
        link.symlink_to(root / "blobs" / blob.location)
        (root / "blobs" / "sha256" / "zz").mkdir()
        (root / "blobs" / "md5").mkdir()
        (root / "uploads" / "notes.txt").write_text("mine")
        (root / "uploads" / os.fsdecode(b"\xff\n")).touch()
        (root / "lost+found").mkdir()
        assert list(store.locations()) == [blob.location]
        near = f"blobs/{blob.location[:70]}"
        assert sorted(store.foreign()) == sorted(
            ["lost+found", "uploads/notes.txt", "uploads/\\udcff\n", "blobs/md5", "blobs/sha256/zz"]
            + [f"{Path(near).parent}/{name}" for name in (twin.name + "g", other, link.name)]
        )
        assert store.size(f"{Path(blob.location).parent}/{other}") is None
        assert store.size(f"{Path(blob.location).parent}/{link.name}") is None

    def test_a_folder_that_cannot_be_used_is_said(self, root: Path) -> None:
        """A file in the place of a folder, or a folder that went away (a volume not mounted), is StorageUnavailable.

        Then nothing is taken for missing or lost.
        """
        store = LocalBlobStore(root)
        blob = stored(store, DATA)
        root.rename(root.with_name("away"))
        for call in (
            store.check,
            lambda: store.open(blob, DIGEST),
            lambda: store.resume(new_id(), 0, EMPTY),
            lambda: store.create(new_id()),
            lambda: list(store.abandoned(2**62)),
            lambda: list(store.locations()),
            lambda: list(store.foreign()),
            lambda: store.verify(blob, DIGEST, lambda _: None),
        ):
            with pytest.raises(StorageUnavailable):
                call()
        root.write_text("a file")
        with pytest.raises(StorageUnavailable):
            LocalBlobStore(root)
        root.unlink()
        root.with_name("away").rename(root)
        assert content(store, blob, DIGEST) == DATA


class TestIdentity:
    """Bytes that may have been written to are hashed before any of them leaves."""

    def test_an_untouched_file_is_not_hashed_again(self, store: LocalBlobStore) -> None:
        """The identity of a commit still matches at the next open, and there is a descriptor to send from."""
        blob = stored(store, DATA)
        with contextlib.closing(store.open(blob, DIGEST)) as opened:
            assert (opened.rehashed, opened.identity, opened.file) == (False, blob.identity, True)
            assert os.fstat(opened.fileno()).st_size == len(DATA)

    @pytest.mark.parametrize("keep_times", [False, True])
    @pytest.mark.parametrize("at", [0, 123_456, len(DATA) - 1])
    def test_a_flipped_bit_is_not_served(self, store: LocalBlobStore, root: Path, at: int, keep_times: bool) -> None:
        """A bit flip is found, also when its author sets mtime back: nobody can set ctime."""
        blob = stored(store, DATA)
        path = root / "blobs" / blob.location
        before = path.stat()
        with path.open("r+b") as file:
            file.seek(at)
            file.write(bytes([DATA[at] ^ 1]))
        if keep_times:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        with pytest.raises(BlobCorrupt):
            store.open(blob, DIGEST)

    @pytest.mark.parametrize("size", [0, 1, len(DATA) - 1, len(DATA) + 1])
    def test_another_length_is_not_served(self, store: LocalBlobStore, root: Path, size: int) -> None:
        """Truncated, emptied and lengthened files are damage."""
        blob = stored(store, DATA)
        os.truncate(root / "blobs" / blob.location, size)
        with pytest.raises(BlobCorrupt):
            store.open(blob, DIGEST)

    @pytest.mark.parametrize("harm", ["flip", "empty", "cut", "longer"])
    def test_verify_finds_what_the_identity_hides(self, store: LocalBlobStore, root: Path, harm: str) -> None:
        """Damage is found by the bytes alone: the identity on record is that of the damaged file."""
        blob = stored(store, DATA)
        path = root / "blobs" / blob.location
        if harm == "flip":
            with path.open("r+b") as file:
                file.seek(200_000)
                file.write(bytes([DATA[200_000] ^ 4]))
        else:
            os.truncate(path, {"empty": 0, "cut": len(DATA) - 1, "longer": len(DATA) + 1}[harm])
        with pytest.raises(BlobCorrupt):
            store.verify(Stored(blob.location, blob.size, identity(path.stat())), DIGEST, lambda _: None)

    def test_verify_leaves_the_page_cache_as_it_was(self, store: LocalBlobStore, root: Path) -> None:
        """Of 20 MiB that were read whole nothing stays in memory."""
        data = payload(20 * 1024 * 1024)
        blob = stored(store, data)
        store.verify(blob, of(data), lambda _: None)
        with (root / "blobs" / blob.location).open("rb") as file:
            kept = 0
            for start in range(0, len(data), 1024 * 1024):
                try:
                    kept += os.preadv(file.fileno(), [bytearray(4096)], start, os.RWF_NOWAIT)
                except BlockingIOError:
                    continue
                except OSError as refused:
                    pytest.skip(f"the kernel does not tell here what is in memory: {refused}")
        assert kept == 0

    def test_a_missing_file_is_missing(self, store: LocalBlobStore, root: Path) -> None:
        """A file that is gone, or whose folder is, is BlobMissing; a folder in its place is damage."""
        blob = stored(store, DATA)
        path = root / "blobs" / blob.location
        path.unlink()
        with pytest.raises(BlobMissing):
            store.open(blob, DIGEST)
        path.mkdir()
        with pytest.raises(BlobCorrupt):
            store.open(blob, DIGEST)
        path.rmdir()
        path.parent.rmdir()
        with pytest.raises(BlobMissing):
            store.open(blob, DIGEST)

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_a_restored_file_is_hashed_and_served(self, store: LocalBlobStore, root: Path, algorithm: str) -> None:
        """The same bytes in another file open with the flag and the identity to put on record, then without."""
        blob = stored(store, DATA, algorithm)
        path = root / "blobs" / blob.location
        path.rename(path.with_name("old"))
        path.write_bytes(DATA)
        with contextlib.closing(store.open(blob, of(DATA, algorithm))) as opened:
            assert opened.rehashed
            assert opened.read(0, len(DATA)) == DATA
        blob = Stored(blob.location, blob.size, opened.identity)
        with contextlib.closing(store.open(blob, of(DATA, algorithm))) as opened:
            assert not opened.rehashed

    def test_what_needs_a_look_is_not_opened_unchanged(self, store: LocalBlobStore, root: Path) -> None:
        """Only the very file whose hash was right is opened without hashing; not one written to, replaced or gone."""
        blob = stored(store, DATA)
        path = root / "blobs" / blob.location
        opened = store.open_unchanged(blob, DIGEST)
        assert opened is not None
        with contextlib.closing(opened):
            assert (opened.rehashed, opened.identity, opened.read(0, len(DATA))) == (False, blob.identity, DATA)
        assert store.open_unchanged(Stored(blob.location, blob.size, ""), DIGEST) is None
        os.utime(path)
        assert store.open_unchanged(blob, DIGEST) is None
        path.unlink()
        assert store.open_unchanged(blob, DIGEST) is None
        path.mkdir()
        assert store.open_unchanged(blob, DIGEST) is None

    def test_a_push_heals(self, store: LocalBlobStore, root: Path) -> None:
        """After damage the same bytes pushed again are a whole blob."""
        damaged = stored(store, DATA)
        os.truncate(root / "blobs" / damaged.location, 0)
        assert content(store, stored(store, DATA), DIGEST) == DATA

    def test_a_blob_that_shrinks_while_it_is_read_is_broken_off(self, store: LocalBlobStore, root: Path) -> None:
        """A read never answers fewer bytes than the blob has there."""
        blob = stored(store, DATA)
        with contextlib.closing(store.open(blob, DIGEST)) as opened:
            os.truncate(root / "blobs" / blob.location, 1000)
            assert opened.read(0, 1000) == DATA[:1000]
            with pytest.raises(BlobCorrupt):
                opened.read(500, 1000)


class TestUploadFile:
    def test_reserved_room_is_real_and_given_back(self, store: LocalBlobStore, root: Path) -> None:
        """Reserve takes the blocks at once; suspend and commit give back what was not written."""
        upload = store.create(new_id())
        path = root / "uploads" / upload.upload_id
        upload.reserve(8 * 1024 * 1024)
        assert path.stat().st_blocks * 512 >= 8 * 1024 * 1024
        upload.write(b"bytes")
        upload.suspend()
        assert path.stat().st_size == 5
        assert path.stat().st_blocks * 512 < 1024 * 1024
        upload = store.resume(upload.upload_id, 5, of(b"bytes"))
        upload.reserve(1024 * 1024)
        blob = upload.commit(of(b"bytes"))
        assert (root / "blobs" / blob.location).stat().st_size == 5

    def test_more_than_there_is_cannot_be_reserved(self, store: LocalBlobStore, root: Path) -> None:
        """A reservation that does not fit is refused at once and leaves nothing."""
        upload = store.create(new_id())
        upload.write(DATA)
        with pytest.raises(StorageFull):
            upload.reserve(2**60)
        assert files(root) == []

    def test_the_reserve_stays_free(self, root: Path) -> None:
        """Where no more than the reserve is free, uploads are refused and leave nothing; all else works."""
        blob = stored(LocalBlobStore(root), DATA)
        begun = LocalBlobStore(root).create(new_id())
        begun.write(b"bytes")
        begun.suspend()
        store = LocalBlobStore(root, reserve=2**60)
        upload = store.create(new_id())
        with pytest.raises(StorageFull):
            upload.write(b"bytes")
        upload = store.create(new_id())
        with pytest.raises(StorageFull):
            upload.reserve(1)
        upload = store.resume(begun.upload_id, 5, of(b"bytes"))
        with pytest.raises(StorageFull):
            upload.write(b"bytes")
        assert files(root) == [root / "blobs" / blob.location]
        assert content(store, blob, DIGEST) == DATA
        store.delete(blob.location)
        assert files(root) == []

    def test_a_folder_that_was_removed_is_made_again(self, store: LocalBlobStore, root: Path) -> None:
        """Somebody who removes empty folders makes one push fail, not all of them until the next start."""
        store.delete(stored(store, DATA).location)
        for folder in (root / "blobs" / "sha256").iterdir():
            folder.rmdir()
        with pytest.raises(StorageUnavailable):
            stored(store, DATA)
        assert content(store, stored(store, DATA), DIGEST) == DATA

    def test_a_byte_changed_between_two_requests_is_found(self, store: LocalBlobStore, root: Path) -> None:
        """The hash that a process remembers holds for the file it was made from, not for one written to since."""
        upload = store.create(new_id())
        upload.write(DATA)
        upload.suspend()
        path = root / "uploads" / upload.upload_id
        with path.open("r+b") as file:
            file.write(b"!")
        with pytest.raises(UploadLost):
            store.resume(upload.upload_id, len(DATA), DIGEST)

    def test_remembered_hashes_are_bounded(self, store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """An upload whose hash was forgotten goes on like any other."""
        monkeypatch.setattr(suspended, "_KEPT", 3)
        ids = [new_id() for _ in range(10)]
        for upload_id in ids:
            upload = store.create(upload_id)
            upload.write(upload_id.encode())
            upload.suspend()
        assert len(store._suspended._known) == 3
        for upload_id in ids:
            store.resume(upload_id, 36, of(upload_id.encode())).discard()

    def test_no_descriptor_is_left_open(self, store: LocalBlobStore, root: Path) -> None:
        """Every way an upload or a blob can end, well or badly, closes its file."""
        blob = stored(store, DATA)
        damaged = stored(store, DATA)
        os.truncate(root / "blobs" / damaged.location, 0)
        held = store.create(new_id())
        before = open_files()
        for _ in range(20):
            with contextlib.closing(store.open(blob, DIGEST)):
                pass
            with contextlib.suppress(BlobCorrupt):
                store.open(damaged, DIGEST)
            with contextlib.suppress(UploadBusy):
                store.create(held.upload_id)
            with contextlib.suppress(UploadBusy):
                store.resume(held.upload_id, 0, EMPTY)
            with contextlib.suppress(UploadLost):
                store.resume(new_id(), 0, EMPTY)
            upload = store.create(new_id())
            upload.suspend()
            with contextlib.suppress(UploadLost):
                store.resume(upload.upload_id, 3, EMPTY)
            store.resume(upload.upload_id, 0, EMPTY).discard()
            upload = store.create(new_id())
            with contextlib.suppress(StorageFull):
                upload.reserve(2**60)
            assert list(store.abandoned(0)) == []
            stored(store, b"")
            store.check()
        assert open_files() == before
        held.discard()


def test_a_faster_request_keeps_the_file(store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes the file of an upload, and finds it held before it could hold it, leaves it to who does."""
    upload_id, faster = new_id(), []

    def overtaken(path: str, flags: int) -> int:
        monkeypatch.undo()
        fd = open_private(path, flags)
        faster.append(store.resume(upload_id, 0, EMPTY))
        return fd

    monkeypatch.setattr("entrepot.blobs.local.open_private", overtaken)
    with pytest.raises(UploadBusy):
        store.create(upload_id)
    faster[0].write(b"abc")
    assert content(store, faster[0].commit(of(b"abc")), of(b"abc")) == b"abc"


def test_the_local_store_fits_the_seam(root: Path) -> None:
    """Mypy proves that the methods fit; this, that a caller who knows only the seam gets a blob back."""
    store: BlobStore = LocalBlobStore(root)
    assert content(store, stored(store, b""), EMPTY) == b""
