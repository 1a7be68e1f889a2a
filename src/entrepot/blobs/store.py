"""The seam between the registry and the bytes of its blobs.

Bytes are durable before the row that names them is written, and the row is deleted before the bytes are: a crash
leaves bytes without a row (garbage), never a row without bytes. `tests/blobs/conformance.py` says it for every store.

Every method can raise StorageUnavailable, and those that take room StorageFull. Upload ids are UUIDs as `str()`
writes them, digests are checked (`domain.digests.parse`); anything else is a ValueError, never a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database row keeps about bytes that are durable.

    `location` carries the upload that wrote the bytes (`sha256/ab/abcd…-<upload id>`), so that deleting an old copy of
    a digest never meets a newer one. `size` is in bytes. `identity` is device, inode, size, mtime and ctime (ns) of the
    file when its hash was known to be right, "" where a store has no such thing.
    """

    location: str
    size: int
    identity: str


def digest_of(location: str) -> str:
    """The digest of the bytes at a location."""
    algorithm, _, name = location.split("/")
    return f"{algorithm}:{name[: -_UUID_LENGTH - 1]}"


def upload_of(location: str) -> str:
    """The upload that wrote the bytes at a location."""
    return location[-_UUID_LENGTH:]


class Upload(Protocol):
    """Bytes being received, held by one request at a time.

    Calls may come from any thread and are carried out one after the other. After `suspend`, `commit`, `discard` or
    StorageFull the upload is let go: `truncate`, `suspend` and `discard`, with which a request cleans up after itself,
    then do nothing, and all else raises UploadLost. An upload
    that is merely dropped lets go as well; its bytes stay until `BlobStore.discard`.
    """

    upload_id: str
    offset: int
    """Bytes so far."""

    def reserve(self, count: int) -> None:
        """Make room for `count` more bytes before any is read. Raises StorageFull: all bytes have been given back."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append and hash. Raises StorageFull: all bytes, also of earlier requests, have been given back."""

    def digest(self) -> str:
        """The sha256 digest of all bytes so far."""

    def truncate(self, offset: int) -> None:
        """Go back to an earlier offset, after a request that failed half-way. Cheap to where this request began."""

    def suspend(self) -> None:
        """Let go and keep the bytes for a later request, of any process. They need not survive a power cut.

        Write the row first: who resumes next goes by it.
        """

    def commit(self, digest: str) -> Stored:
        """Verify the bytes, make them durable, let go.

        Raises DigestMismatch, and UploadLost where the upload was discarded meanwhile or its id has stored these bytes
        before (which stay as they are). After any error the bytes have been given back. A caller whose transaction then
        fails owes a `BlobStore.delete` of the location, unless the transaction may have succeeded after all.
        """

    def discard(self) -> None:
        """Give the bytes back. Idempotent."""


class Blob(Protocol):
    """An open blob whose bytes were right when it was opened, or not written to since they were."""

    size: int
    file: bool
    """Whether `fileno` is there, for sendfile."""
    rehashed: bool
    """Whether the identity on record did not match, so that all bytes were hashed to open it."""
    identity: str
    """What to put on record when `rehashed`."""

    def fileno(self) -> int:
        """The descriptor of the file, until `close`. Raises OSError where there is no file."""

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes, fewer only at the end of the blob. Raises BlobCorrupt when it became shorter since."""

    def close(self) -> None:
        """Idempotent."""


class BlobStore(Protocol):
    """Where blob bytes live."""

    def create(self, upload_id: str) -> Upload:
        """Begin an upload under an id that was never used. Raises UploadBusy when it was."""

    def resume(self, upload_id: str, offset: int, digest: str) -> Upload:
        """Take up an upload at the offset, and digest of the bytes so far, that its row says.

        Bytes past the offset, of a request that was interrupted, do not count. Nothing is changed before the first
        write, so a caller can look at the row again once it holds the upload, and suspend it if the row moved on.
        Raises UploadLost when bytes are missing or differ, UploadBusy when another request holds it.
        """

    def discard(self, upload_id: str) -> None:
        """Give the bytes of an unfinished upload back. Idempotent; a request that holds it finds UploadLost."""

    def open(self, stored: Stored, digest: str) -> Blob:
        """Open a blob. Raises BlobMissing; BlobCorrupt when the bytes are not those of the digest."""

    def open_unchanged(self, stored: Stored, digest: str) -> Blob | None:
        """Open a blob that needs no hashing and, as far as is known, no waiting; None where `open` has to look."""

    def delete(self, location: str) -> None:
        """Delete a blob whose row is gone. Idempotent; blobs that are open stay readable."""

    def abandoned(self, before: int) -> Iterator[str]:
        """Ids of uploads that no request holds and that were last written before `before` (microseconds UTC)."""

    def size(self, location: str) -> int | None:
        """How many bytes are stored at a location, None where there are none."""

    def locations(self) -> Iterator[str]:
        """Where the stored blobs are, folder by folder; those stored or deleted meanwhile may be among them or not."""

    def foreign(self) -> Iterator[str]:
        """Names of what lies among the store's own and is not: it is never looked at nor deleted."""

    def verify(self, stored: Stored, digest: str, pace: Callable[[int], None]) -> str:
        """Hash a stored blob whole and return its identity; `pace` is told the bytes of each piece as it is read.

        They come from the disk and do not stay in memory for it. Raises BlobMissing; BlobCorrupt also where the disk
        cannot read them.
        """

    def room(self) -> tuple[int, int]:
        """How many bytes can still be stored (negative where a reserve is used up), and how many there are in all."""

    def check(self) -> None:
        """Raise StorageUnavailable when blobs cannot be read and written. A full disk is not that."""
