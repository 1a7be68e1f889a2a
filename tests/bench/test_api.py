"""Calls of the ECR API: signed once, taken by a server that looks at signatures, cleaned away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from bench import api, servers
from bench.connection import Connection, body
from bench.workloads import ENTREPOT, Failed, Scale, Server, Workload

SCALE = Scale(smoke=True)
PUTS: list[Workload] = [row for row in api.workloads(SCALE) if row.name.startswith("PutImage")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        api.fill(started, SCALE)
        yield started


def images(server: Server) -> int:
    return len(api.call(server, "ListImages", {"repositoryName": api.REPOSITORY, "maxResults": 1000})["imageIds"])


@pytest.mark.parametrize("read", api.READS, ids=lambda read: read.name)
def test_reads(server: Server, read: api.Read) -> None:
    """A call that was signed once can be sent again and again, and tells of what is there."""
    assert server.key is not None
    fields, data = api.signed(server.port, server.key, read.operation, read.document)
    with closing(Connection(server.port, fields)) as connection:
        for _ in range(3):
            connection.call("POST", "/", 200, body(data))
    assert read.told(api.call(server, read.operation, read.document))


def test_signatures_count(server: Server) -> None:
    """A call that is signed with another key is refused."""
    assert server.key is not None
    stranger = replace(server, key=replace(server.key, secret_access_key="another"))
    with pytest.raises(Failed, match=r"40[03] and not 200: .*Signature"):
        api.call(stranger, "DescribeImages", {"repositoryName": api.REPOSITORY})


@pytest.mark.parametrize("row", PUTS, ids=lambda row: row.name)
def test_puts(server: Server, row: Workload) -> None:
    """PutImage adds images, and what a round has added is deleted after it."""
    assert row.run(server, 0.1).rate > 0
    assert images(server) > api.IMAGES
    assert row.clean is not None
    row.clean(server)
    assert images(server) == api.IMAGES
