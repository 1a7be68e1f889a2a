"""Pushes: that they leave what they say, and that it can be cleaned away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import push, servers
from bench.connection import Connection
from bench.workloads import DOCKER_REGISTRY, ENTREPOT, REPOSITORY, Scale, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        yield started


def files(server: Server, size: int) -> int:
    return sum(path.stat().st_size == size for path in server.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["push 1 MB, POST+PUT, c=1", "push 100 MB, POST+PATCH+PUT, c=1, TLS"])
def test_blobs(server: Server, name: str) -> None:
    """A row pushes files of its size, and cleaning takes these and no other."""
    (row,) = [one for one in push.workloads(Scale(smoke=True)) if one.name == name]
    size = 100_000 if "1 MB" in name else 1_000_000
    kept = server.folder / "kept"
    kept.write_bytes(b"x")
    measured = row.run(server, 0.1)
    assert measured.rate > 0
    assert measured.p99_ms is not None
    assert files(server, size) > 0
    assert row.clean is not None
    row.clean(server)
    assert files(server, size) == 0
    assert kept.exists()


def test_images(server: Server) -> None:
    """Pushed images can be pulled by their tags."""
    (row,) = [one for one in push.workloads(Scale(smoke=True)) if one.name.endswith("c=16") and "image" in one.name]
    assert row.run(server, 0.1).rate > 0
    connection = Connection(server.port, server.headers)
    listed = connection.call("GET", f"/v2/{REPOSITORY}/tags/list?n=1", 200, keep=True)
    assert b'"tags":["' in listed.body.replace(b" ", b"")
    connection.close()


def test_rows() -> None:
    """Every size is pushed in both styles over 1, 8 and 16 connections, with the targets that were set."""
    rows = {row.name: row for row in push.workloads(Scale())}
    for size in ("10 KB", "1 MB", "100 MB", "1 GB"):
        for style in ("POST+PUT", "POST+PATCH+PUT"):
            assert {f"push {size}, {style}, c={count}" for count in (1, 8, 16)} <= set(rows)
    assert rows["push 10 KB, POST+PUT, c=1"].targets == {DOCKER_REGISTRY: 5.0}
    assert rows["push 100 MB, POST+PATCH+PUT, c=8"].targets == {DOCKER_REGISTRY: 1.2}
    assert not rows["push 1 GB, POST+PUT, c=16"].targets
    assert rows["push an image of 3 layers of 1 MB, c=16"].targets == {DOCKER_REGISTRY: 2.5}
