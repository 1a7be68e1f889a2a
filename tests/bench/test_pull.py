"""Pulls of large layers: counted whole, and what the kernel threw away does not come up again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import content, generator, memory, pull, push, servers
from bench.connection import Connection
from bench.workloads import ENTREPOT, REPOSITORY, WITH_FILES, Failed, Scale, Server

SIZE = 3_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        yield started


@pytest.fixture(scope="module")
def path(server: Server) -> str:
    """The path of a layer of SIZE bytes."""
    connection = Connection(server.port, server.headers)
    blob = content.blobs(SIZE, chunked=False).another()
    push.push_blob(connection, REPOSITORY, blob)
    connection.close()
    return f"/v2/{REPOSITORY}/blobs/{blob.digest}"


@pytest.mark.parametrize("connections", [1, 5])
def test_layers(server: Server, path: str, connections: int) -> None:
    """So many layers are pulled as were wanted, and all of their bytes are counted."""
    wanted = {"path": path, "length": SIZE, "count": 4 * connections}
    load = generator.run(generator.job(server, "bench.pull:layers", connections, 30, **wanted))
    assert load.bytes == 4 * connections * SIZE


def test_another_length_fails_the_run(server: Server, path: str) -> None:
    """A layer that is not as long as it was when it was pushed is an error."""
    with pytest.raises(Failed, match=f"has {SIZE} bytes and not 5"):
        generator.run(generator.job(server, "bench.pull:layers", 1, 30, path=path, length=5, count=1))


def test_a_connection_goes_on_behind_dropped_bytes(server: Server, path: str) -> None:
    """After a body that nobody wanted the next answer begins where it begins."""
    connection = Connection(server.port, server.headers)
    for _ in range(3):
        assert connection.call("GET", path, 200).length == SIZE
        assert connection.call("GET", "/v2/", 200, keep=True).body == b"{}"
    assert len(connection.call("GET", path, 200, keep=True).body) == SIZE
    connection.close()


def test_rows() -> None:
    """Large layers are pulled by the generator, all others by wrk; both from all three servers."""
    rows = {row.name: row for row in pull.workloads(Scale())}
    for size, told in (("10 KB", False), ("1 MB", False), ("100 MB", True), ("1 GB", True)):
        for connections in (1, 16):
            row = rows[f"blob GET {size}, c={connections}"]
            assert bool(row.note) == told
            assert row.servers == WITH_FILES


@pytest.mark.parametrize("wanted", [0, 1, 10_000_000])
def test_memory_is_given_back(wanted: int) -> None:
    """Using memory for a moment leaves nothing behind, and none is no error."""
    memory.have(wanted)
