"""Blob bytes in a folder of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import threading
from typing import TYPE_CHECKING

from entrepot.blobs import files, layout
from entrepot.blobs.files import (
    PIECE,
    UNREADABLE,
    allocate,
    faults,
    hash_of,
    hold,
    identity,
    is_abandoned,
    is_at,
    open_private,
    sync_folder,
    unseen,
    verify,
    write_back,
)
from entrepot.blobs.opened import LocalBlob
from entrepot.blobs.store import Stored
from entrepot.blobs.suspended import Known, Suspended
from entrepot.domain.errors import (
    BlobCorrupt,
    BlobMissing,
    DigestMismatch,
    StorageFull,
    StorageUnavailable,
    UploadBusy,
    UploadLost,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash
    from pathlib import Path

_WRITE_BACK = 8 * 1024 * 1024

_WRITE = 128 * 1024
"""Bytes written and hashed in one go: they are in the processor's cache for the second.

For larger writes Linux takes larger pieces of memory, of which a virtual machine may have to ask its host for each.
"""

_FAN = frozenset(f"{number:02x}" for number in range(256))
"""Folders for the blobs of an algorithm, by the first two digits."""


class LocalBlobStore:
    """A folder on a local file system; `BlobStore` says what its methods promise.

    `reserve` bytes stay free: uploads are refused when the file system has no more than that, so that the database
    beside them can still write. Several processes can use one folder.
    Raises StorageUnavailable when the folder cannot be made or written to.
    """

    def __init__(self, root: Path, reserve: int = 0) -> None:
        self.root = root.absolute()
        self.reserve = reserve
        self._durable: set[Path] = set()
        self._fanned: set[Path] = set()
        self._suspended = Suspended()
        with faults("preparing the blob folder"):
            if not self.root.is_dir():
                self.root.mkdir(0o700, parents=True, exist_ok=True)
                sync_folder(self.root.parent)
            for name in layout.FOLDERS:
                self.make_folder(layout.path(self.root, name))
        self.check()

    def create(self, upload_id: str) -> LocalUpload:
        path = layout.path(self.root, "uploads", upload_id)
        with faults("beginning an upload"), contextlib.ExitStack() as undo:
            try:
                file = io.FileIO(path, "x+", opener=open_private)
            except FileExistsError:
                raise UploadBusy(upload_id) from None
            undo.callback(file.close)
            try:
                hold(file.fileno(), upload_id)
            except OSError:
                path.unlink(missing_ok=True)  # but not where another request was faster and holds it
                raise
            undo.pop_all()
        return LocalUpload(self, upload_id, file, 0, hashlib.sha256())

    def resume(self, upload_id: str, offset: int, digest: str) -> LocalUpload:
        path = layout.path(self.root, "uploads", upload_id)
        with faults("resuming an upload"), contextlib.ExitStack() as undo:
            try:
                file = io.FileIO(path, "r+", opener=open_private)
            except FileNotFoundError:
                self.check()
                raise UploadLost(upload_id) from None
            undo.callback(file.close)
            hold(file.fileno(), upload_id)
            if not is_at(file.fileno(), path):
                # Its holder stored or discarded it between our open and our lock: a stored blob is never written to.
                raise UploadLost(upload_id)
            so_far = self._hash_so_far(file.fileno(), upload_id, offset)
            if so_far is None or f"sha256:{so_far.hexdigest()}" != digest:
                raise UploadLost(upload_id)
            undo.pop_all()
        return LocalUpload(self, upload_id, file, offset, so_far)

    def _hash_so_far(self, fd: int, upload_id: str, offset: int) -> _Hash | None:
        known = self._suspended.take(upload_id)
        if known is not None and known.offset == offset and known.identity == identity(os.fstat(fd)):
            return known.hash
        return hash_of(fd, "sha256", offset)

    def discard(self, upload_id: str) -> None:
        with faults("discarding an upload"):
            # Unlinked, never truncated: by now its holder may have made it a stored blob.
            layout.path(self.root, "uploads", upload_id).unlink(missing_ok=True)
        self._suspended.take(upload_id)

    def open(self, stored: Stored, digest: str) -> LocalBlob:
        with faults("opening a blob"), contextlib.ExitStack() as undo:
            file = self._open(stored.location, digest)
            undo.callback(file.close)
            found = identity(os.fstat(file.fileno()))
            rehashed = found != stored.identity
            if rehashed:
                found = verify(file.fileno(), stored.size, digest)
            undo.pop_all()
        return LocalBlob(file, stored.size, digest, found, rehashed=rehashed)

    def open_unchanged(self, stored: Stored, digest: str) -> LocalBlob | None:
        with faults("opening a blob"), contextlib.suppress(BlobMissing, BlobCorrupt):
            file = self._open(stored.location, digest)
            found = identity(os.fstat(file.fileno()))
            if found == stored.identity:
                return LocalBlob(file, stored.size, digest, found, rehashed=False)
            file.close()
        return None

    def verify(self, stored: Stored, digest: str, pace: Callable[[int], None]) -> str:
        with faults("verifying a blob"), self._open(stored.location, digest) as file:
            try:
                with unseen(file.fileno(), pace) as step:
                    return verify(file.fileno(), stored.size, digest, step)
            except OSError as fault:
                if fault.errno in UNREADABLE:  # one bad place on the disk is damage of what lies there
                    raise BlobCorrupt(digest) from fault
                raise

    def _open(self, location: str, digest: str) -> io.FileIO:
        try:
            return io.FileIO(layout.place(self.root, location), "r", opener=open_private)
        except FileNotFoundError:
            self.check()
            raise BlobMissing(digest) from None
        except (IsADirectoryError, NotADirectoryError):
            raise BlobCorrupt(digest) from None

    def delete(self, location: str) -> None:
        with faults("deleting a blob"):
            # The folder is not synced. The row is gone for good, so an unlink that a power cut undoes leaves garbage;
            # and a sync for each blob would slow down the pushes that garbage collection runs beside.
            layout.path(self.root, "blobs", location).unlink(missing_ok=True)

    def abandoned(self, before: int) -> Iterator[str]:
        for name in layout.names(self.root, "uploads"):
            with faults("listing uploads"):
                give_back = is_abandoned(layout.path(self.root, "uploads", name), before)
            if give_back:
                yield name

    def size(self, location: str) -> int | None:
        path = layout.path(self.root, "blobs", location)
        with faults("looking for a blob"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                return found.st_size
        return None

    def locations(self) -> Iterator[str]:
        return layout.names(self.root, "blobs")

    def foreign(self) -> Iterator[str]:
        return layout.foreign(self.root)

    def room(self) -> tuple[int, int]:
        return files.room(self.root, self.reserve)

    def check(self) -> None:
        folders = [layout.path(self.root, name) for name in layout.FOLDERS]
        with faults("checking the blob folder"):
            devices = {folder.stat().st_dev for folder in folders}
            usable = all(folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK) for folder in folders)
        if not usable:
            raise StorageUnavailable("the blob folder cannot be read and written")
        if len(devices) > 1:
            raise StorageUnavailable("uploads/ and blobs/ are on different file systems")

    def make_folder(self, path: Path) -> None:
        """Make a folder below root that survives a power cut. Raises OSError.

        Its parent is synced also where the folder is there already, once in each process: another process may have
        made it a moment ago and not have come to sync it.
        """
        if path == self.root or path in self._durable:
            return
        self.make_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            path.mkdir(0o700)
        sync_folder(path.parent)
        self._durable.add(path)

    def fan_out(self, algorithm: str) -> None:
        """Make all folders of an algorithm, in one go and once in each process: one sync is for all. Raises OSError."""
        folder = layout.path(self.root, "blobs") / algorithm
        if folder in self._fanned:
            return
        self.make_folder(folder)
        for name in _FAN.difference(path.name for path in folder.iterdir()):
            with contextlib.suppress(FileExistsError):
                (folder / name).mkdir(0o700)
        sync_folder(folder)
        self._fanned.add(folder)

    def forget_folders(self) -> None:
        """Look again at what folders there are: somebody has removed one."""
        self._durable.clear()
        self._fanned.clear()

    def remember(self, upload_id: str, known: Known) -> None:
        """Keep the hash of a suspended upload for the next request that comes to this process."""
        self._suspended.put(upload_id, known)


class LocalUpload:
    """A locked file in `uploads/`; `Upload` says what its methods promise.

    `_room` is the offset up to which there was room when it was last asked: asking costs as much as a small write.
    `_lock` keeps one thread from closing the descriptor under another (a request is cancelled, its thread still
    writes): by then the number could be another file's.
    """

    def __init__(self, store: LocalBlobStore, upload_id: str, file: io.FileIO, offset: int, so_far: _Hash) -> None:
        self.upload_id = upload_id
        self.offset = offset
        self._store = store
        self._path = layout.path(store.root, "uploads", upload_id)
        self._file = file
        self._hash = so_far
        self._begun = Known("", offset, so_far.copy())
        self._touched = False
        self._written_back = self._room = offset
        self._lock = threading.Lock()

    def reserve(self, count: int) -> None:
        with self._held("reserving room") as fd:
            if count > 0:
                self._touched = True
                self._cut(fd)
                allocate(fd, self.offset, count, self._store.reserve)
                self._room = self.offset + count

    def write(self, data: bytes | bytearray | memoryview) -> None:
        with self._held("writing an upload") as fd, memoryview(data).cast("B") as view:
            if self.offset + len(view) > self._room:
                free = files.check_room(fd, len(view), self._store.reserve)
                self._room = self.offset + max(len(view), min(free, PIECE))
            self._touched = True
            for start in range(0, len(view), _WRITE):
                self._append(fd, view[start : start + _WRITE])
            if self.offset - self._written_back >= _WRITE_BACK:
                write_back(fd, self._written_back, self.offset - self._written_back)
                self._written_back = self.offset

    def _append(self, fd: int, piece: memoryview) -> None:
        done = 0
        while done < len(piece):
            done += os.pwrite(fd, piece[done:], self.offset + done)
        self._hash.update(piece)
        self.offset += len(piece)

    def digest(self) -> str:
        with self._lock:
            return f"sha256:{self._hash.hexdigest()}"

    def truncate(self, offset: int) -> None:
        with self._lock, faults("truncating an upload"):
            if self._file.closed or offset == self.offset:
                return
            if not 0 <= offset < self.offset:
                raise ValueError(f"{offset} is not an earlier offset than {self.offset}")
            began_here = offset == self._begun.offset
            so_far = self._begun.hash.copy() if began_here else hash_of(self._file.fileno(), "sha256", offset)
            if so_far is None:
                raise UploadLost(self.upload_id)
            self._hash, self.offset, self._touched = so_far, offset, True
            self._written_back = min(self._written_back, offset)

    def suspend(self) -> None:
        with self._lock, faults("suspending an upload"):
            if self._file.closed:
                return
            try:
                if self._touched:
                    self._cut(self._file.fileno())
                now = identity(os.fstat(self._file.fileno()))
                self._store.remember(self.upload_id, Known(now, self.offset, self._hash.copy()))
            finally:
                self._file.close()

    def commit(self, digest: str) -> Stored:
        with self._held("storing a blob") as fd:
            try:
                algorithm, _, hexadecimal = digest.partition(":")
                location = f"{algorithm}/{hexadecimal[:2]}/{hexadecimal}-{self.upload_id}"
                target = layout.path(self._store.root, "blobs", location)
                self._cut(fd)
                whole = self._hash if algorithm == "sha256" else hash_of(fd, algorithm, self.offset)
                if whole is None:
                    raise UploadLost(self.upload_id)
                if whole.hexdigest() != hexadecimal:
                    raise DigestMismatch(digest, f"{algorithm}:{whole.hexdigest()}")
                self._make_durable(fd, target)
                stored = Stored(location, self.offset, identity(os.fstat(fd)))
            except BaseException:
                self._drop()
                raise
            self._file.close()
        return stored

    def _make_durable(self, fd: int, target: Path) -> None:
        """`uploads/` needs no sync: should a power cut bring the old name back, `discard` takes just the name."""
        os.fsync(fd)
        self._store.fan_out(target.parent.parent.name)
        if not is_at(fd, self._path) or target.exists():
            # Requests that worked by an old row: this one was discarded, or its id has stored the bytes before, and
            # they may be on record.
            raise UploadLost(self.upload_id)
        try:
            self._path.rename(target)
        except FileNotFoundError:
            if not is_at(fd, self._path):
                raise UploadLost(self.upload_id) from None
            self._store.forget_folders()
            raise
        try:
            if not is_at(fd, target):
                raise UploadLost(self.upload_id)
            sync_folder(target.parent)
        except (OSError, UploadLost):
            target.unlink()
            raise

    def discard(self) -> None:
        with self._lock, faults("discarding an upload"):
            self._drop()

    @contextlib.contextmanager
    def _held(self, doing: str) -> Iterator[int]:
        """The descriptor, for one method at a time. A full disk gives all bytes back at once."""
        with self._lock:
            if self._file.closed:
                raise UploadLost(self.upload_id)
            try:
                with faults(doing):
                    yield self._file.fileno()
            except StorageFull:
                self._drop()
                raise

    def _drop(self) -> None:
        if not self._file.closed:
            with self._file:
                if is_at(self._file.fileno(), self._path):
                    self._path.unlink(missing_ok=True)

    def _cut(self, fd: int) -> None:
        if os.fstat(fd).st_size != self.offset:
            os.ftruncate(fd, self.offset)
