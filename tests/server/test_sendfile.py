"""Files on their way to a socket: from memory on the loop, else by a thread, and clients that are slow or gone."""

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entrepot.server import sendfile
from entrepot.server.sendfile import FileTooShort, StandsStill, Transfer

CONTENT = os.urandom(9 * 1024 * 1024 + 1)
SECONDS = 30.0


def never() -> bool:
    return False


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    number = os.open(path, os.O_RDONLY)
    yield number
    os.close(number)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP connection: our end, which does not block, and the client's, which takes little at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        client.connect(listening.getsockname())
        client.settimeout(SECONDS)
        ours, _ = listening.accept()
        with ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
            ours.setblocking(False)
            yield ours, client


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def taken(client: socket.socket, count: int) -> bytes:
    """Read that many bytes, or fewer where the other side ends."""
    got = bytearray()
    while len(got) < count and (piece := client.recv(count - len(got))):
        got += piece
    return bytes(got)


def run(work: Callable[[ThreadPoolExecutor], Awaitable[None]]) -> None:
    with ThreadPoolExecutor(1) as pool:

        async def main() -> None:
            await work(pool)

        asyncio.run(main())


def test_head_and_file_begin_together(file: int, ends: tuple[socket.socket, socket.socket]) -> None:
    """A file that fits is sent whole behind its head, at once."""
    ours, client = ends
    transfer = Transfer(ours.fileno(), file, 5, 1005)
    assert sendfile.begin(transfer, b"head") == b""
    assert transfer.done()
    assert taken(client, 1004) == b"head" + CONTENT[5:1005]


def test_a_head_that_does_not_fit_is_left_over(file: int, ends: tuple[socket.socket, socket.socket]) -> None:
    """What the socket did not take of the head is returned, and nothing of the file has gone before it."""
    ours, client = ends
    transfer = Transfer(ours.fileno(), file, 0, 1000)
    head = CONTENT[:4_000_000]
    before, left = b"", head
    while left != before:
        before, left = left, sendfile.begin(transfer, left)
    assert 0 < len(left) < len(head)
    assert left == head[-len(left) :]
    assert transfer.offset == 0
    assert taken(client, len(head) - len(left)) == head[: -len(left)]


@pytest.mark.parametrize("cached", [True, False])
def test_the_rest_follows(
    file: int, ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    """A slow client gets every byte, from memory or where the file system cannot tell what is in memory."""
    if not cached:
        monkeypatch.setattr(sendfile, "_NOWAIT", None)
    ours, client = ends
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(taken(client, len(CONTENT) - 3)))
    reader.start()
    run(lambda pool: sendfile.finish(pool, Transfer(ours.fileno(), file, 3, len(CONTENT)), SECONDS, never))
    reader.join(SECONDS)
    assert got == [CONTENT[3:]]


def test_bytes_on_the_disk_alone_are_not_in_memory(file: int) -> None:
    """It is asked of the next piece, at its start and its end; past the end of a file no disk is needed."""
    size = len(CONTENT)
    os.fsync(file)
    assert sendfile.in_memory(file, 0, size)
    assert sendfile.in_memory(file, size, size + 10)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.pread(file, 1, 0)
    assert sendfile.in_memory(file, 0, 1)
    assert not sendfile.in_memory(file, 0, size)
    assert not sendfile.in_memory(file, sendfile.PIECE, size)


def test_a_client_that_takes_nothing_is_given_up(file: int, ends: tuple[socket.socket, socket.socket]) -> None:
    """StandsStill after the time allowed, and not before."""
    ours, _ = ends

    async def work(pool: ThreadPoolExecutor) -> None:
        began = asyncio.get_running_loop().time()
        with pytest.raises(StandsStill):
            await sendfile.finish(pool, Transfer(ours.fileno(), file, 0, len(CONTENT)), 0.3, never)
        assert 0.3 <= asyncio.get_running_loop().time() - began < SECONDS

    run(work)


def test_a_client_that_left(file: int, ends: tuple[socket.socket, socket.socket]) -> None:
    """Sending ends with a ConnectionError when the client resets, and quietly when we know that it is gone."""
    ours, client = ends

    async def work(pool: ThreadPoolExecutor) -> None:
        transfer = Transfer(ours.fileno(), file, 0, len(CONTENT))
        await sendfile.finish(pool, transfer, SECONDS, lambda: True)
        assert transfer.offset == 0
        asyncio.get_running_loop().call_later(0.1, client.close)
        with pytest.raises(ConnectionError):
            await sendfile.finish(pool, Transfer(ours.fileno(), file, 0, len(CONTENT)), SECONDS, never)

    run(work)


@pytest.mark.parametrize("cached", [True, False])
def test_a_file_that_is_too_short(
    file: int, ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    """What there is is sent, then it is said; on the loop as by a thread."""
    if not cached:
        monkeypatch.setattr(sendfile, "_NOWAIT", None)
    ours, client = ends

    async def work(pool: ThreadPoolExecutor) -> None:
        with pytest.raises(FileTooShort, match="ends 5 bytes before"):
            await sendfile.finish(
                pool, Transfer(ours.fileno(), file, len(CONTENT) - 10, len(CONTENT) + 5), SECONDS, never
            )

    run(work)
    assert taken(client, 10) == CONTENT[-10:]


@pytest.mark.parametrize("cached", [True, False])
def test_who_is_cancelled_sends_no_more(
    file: int, ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    """After it neither loop nor thread has the socket or the file, so their numbers can be closed."""
    if not cached:
        monkeypatch.setattr(sendfile, "_NOWAIT", None)
    ours, client = ends
    transfer = Transfer(ours.fileno(), file, 0, len(CONTENT))

    async def work(pool: ThreadPoolExecutor) -> None:
        open_before = descriptors()
        sending = asyncio.ensure_future(sendfile.finish(pool, transfer, SECONDS, never))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert descriptors() == open_before
        at = transfer.offset
        assert taken(client, at) == CONTENT[:at]
        await asyncio.sleep(0.05)
        assert transfer.offset == at

    run(work)
