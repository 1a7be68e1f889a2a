"""What the local store asks of the file system: durable folders, identities, hashes, reserved room, and its faults."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import io
import os
import stat
from typing import TYPE_CHECKING

from entrepot.domain.errors import BlobCorrupt, StorageFull, StorageUnavailable, UploadBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash
    from pathlib import Path

PIECE = 1024 * 1024
"""Bytes that are read or written in one go: with more, memory grows and speed does not."""

_FORGET = 8 * PIECE

UNREADABLE = {errno.EIO, errno.EBADMSG, errno.EUCLEAN}
"""What reading a file gives where the disk, or the file system's own check, finds its bytes spoilt."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def faults(doing: str) -> Iterator[None]:
    """Tell OSErrors as StorageFull (no room, over quota, over the file size limit) or StorageUnavailable."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise StorageFull from fault
        raise StorageUnavailable(f"{doing}: {fault.strerror}") from fault


def open_private(path: str, flags: int) -> int:
    """An opener for `io.FileIO`: mode 0600 where the file is made, and no symbolic link at the end of the path."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def hold(fd: int, upload_id: str) -> None:
    """Lock the file of an upload until it is closed. Raises UploadBusy when another request has it, OSError."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UploadBusy(upload_id) from None


def is_abandoned(path: Path, before: int) -> bool:
    """Whether an upload was last written before an instant (microseconds UTC) and is not held.

    The lock is tried as well because a clock can jump, and a request that is alive is not abandoned.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_mtime_ns // 1000 >= before:
            return False
        with io.FileIO(path, "r", opener=open_private) as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return False
    return True


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def is_at(fd: int, path: Path) -> bool:
    """Whether a path still names the file that is open."""
    try:
        return os.path.samestat(os.fstat(fd), path.lstat())
    except FileNotFoundError:
        return False


def identity(status: os.stat_result) -> str:
    """What changes with every write to a file: device, inode, size, mtime and ctime in ns."""
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def hash_of(fd: int, algorithm: str, size: int, pace: Callable[[int], None] = lambda _: None) -> _Hash | None:
    """The hash of the first `size` bytes of a file, None where there are fewer. Raises OSError.

    `pace` is called with the bytes of each piece, and may wait.
    """
    result = hashlib.new(algorithm)
    buffer = memoryview(bytearray(min(size, PIECE)))
    done = 0
    while done < size:
        got = os.preadv(fd, [buffer[: size - done]], done)
        if got == 0:
            return None
        result.update(buffer[:got])
        done += got
        pace(got)
    return result


def verify(fd: int, size: int, digest: str, pace: Callable[[int], None] = lambda _: None) -> str:
    """Hash a whole file and return the identity under which the hash was right. Raises BlobCorrupt, OSError.

    A file that changes meanwhile (be it a link that a backup makes) is hashed again; three times over is damage.
    """
    algorithm, _, hexadecimal = digest.partition(":")
    for _ in range(3):
        before = os.fstat(fd)
        whole = hash_of(fd, algorithm, size, pace) if before.st_size == size else None
        if whole is None or whole.hexdigest() != hexadecimal:
            break
        if identity(os.fstat(fd)) == identity(before):
            return identity(before)
    raise BlobCorrupt(digest)


# fallocate(2) itself: os.posix_fallocate, where a file system cannot reserve, writes a byte into every 4 KiB instead.
_LIBC = ctypes.CDLL(None, use_errno=True)
_FALLOCATE = getattr(_LIBC, "fallocate64", None) or getattr(_LIBC, "fallocate", None)
if _FALLOCATE is not None:
    _FALLOCATE.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


def check_room(fd: int, count: int, reserve: int) -> int:
    """How many bytes are free beside `reserve`. Raises OSError, ENOSPC, where that is less than `count`."""
    found = os.fstatvfs(fd)
    free = found.f_bavail * found.f_frsize - reserve
    if free < count:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return free


def room(folder: Path, reserve: int) -> tuple[int, int]:
    """How many bytes are free beside `reserve`, less than none where that is used up, and how many there are in all."""
    with faults("looking how much room there is"):
        found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize - reserve, found.f_blocks * found.f_frsize


def allocate(fd: int, offset: int, count: int, reserve: int = 0) -> None:
    """Take the room for `count` bytes from `offset` on; the file grows to `offset + count` where that can be done.

    Raises OSError: ENOSPC where that would leave less than `reserve` bytes free. A file system that cannot reserve is
    only asked how much is free.
    """
    check_room(fd, count, reserve)  # before it is tried: trying would fill the disk for everybody until it fails
    while _FALLOCATE is not None and _FALLOCATE(fd, 0, offset, count) != 0:
        code = ctypes.get_errno()
        if code in {errno.EOPNOTSUPP, errno.ENOSYS}:
            return
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code))


def write_back(fd: int, offset: int, count: int) -> None:
    """Let the disk begin with bytes that were written, so that fsync waits less. They stay cached: they are busy."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, offset, count, os.POSIX_FADV_DONTNEED)


@contextlib.contextmanager
def unseen(fd: int, pace: Callable[[int], None]) -> Iterator[Callable[[int], None]]:
    """A pace that keeps a file out of the page cache, from the start to the end of its reading.

    What the kernel still has says nothing about the disk, and a look at everything must not push out what is in use.
    """
    read = 0

    def step(count: int) -> None:
        nonlocal read
        read += count
        if read >= _FORGET:
            _forget_pages(fd)
            read = 0
        pace(count)

    _forget_pages(fd)
    try:
        yield step
    finally:
        _forget_pages(fd)


def _forget_pages(fd: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
