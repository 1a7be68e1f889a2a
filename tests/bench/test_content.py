"""Content to push: what is sent is what its digest says, however it is framed."""

from __future__ import annotations

import hashlib

import pytest

from bench.content import BLOCK, CHUNK, TAIL, Blobs, blobs

SIZES = [TAIL, TAIL + 1, CHUNK, CHUNK + TAIL - 1, CHUNK + TAIL, 2 * CHUNK, BLOCK, BLOCK + TAIL, 3 * BLOCK + CHUNK + 777]


def unframed(data: bytes) -> bytes:
    """The content of a body in chunks."""
    content = b""
    while True:
        line, _, data = data.partition(b"\r\n")
        size = int(line, 16)
        content, end, data = content + data[:size], data[size : size + 2], data[size + 2 :]
        assert end == b"\r\n"
        if size == 0:
            assert data == b""
            return content


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunked", [False, True])
def test_digests(size: int, chunked: bool) -> None:
    """A blob has its size and its digest, and no two blobs are the same."""
    source = Blobs(size, chunked=chunked)
    first, second = source.another(), source.another()
    for blob in (first, second):
        sent = b"".join(blob.body.pieces)
        content = unframed(sent) if chunked else sent
        assert len(content) == size == blob.size == blob.body.length
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == blob.digest
    assert first.digest != second.digest


def test_chunks_are_dockers() -> None:
    """Content is cut into chunks of 32 KiB."""
    sent = b"".join(blobs(5 * CHUNK, chunked=True).another().body.pieces)
    assert sent.startswith(b"8000\r\n")
    assert sent.count(b"\r\n8000\r\n") == 4
