"""Registries that have grown: that they are whole, and that their garbage is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench import collection, filling, generator, growth, servers
from bench.workloads import ENTREPOT, Server
from entrepot import app
from entrepot.config import Settings

REPOSITORIES, IMAGES = 3, 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        filling.grow(started.folder / "data", REPOSITORIES, IMAGES)
        yield started


@pytest.mark.parametrize("maker", growth.MORE)
def test_asked(server: Server, maker: str) -> None:
    """Everything that is asked of a grown registry is answered."""
    assert server.key is not None
    asked = replace(server, headers={}) if maker == "descriptions" else server
    options = {"repositories": REPOSITORIES, "images": IMAGES, "port": server.port, "key": asdict(server.key)}
    load = generator.run(generator.job(asked, f"bench.grown:{maker}", 2, 30, count=20, **options))
    assert load.count == 20
    assert load.bytes > 0


def test_collection(tmp_path: Path) -> None:
    """A tenth of the blobs is garbage with files, and all that a collection takes; again when it is laid out anew."""
    settings = Settings(data_dir=str(tmp_path))
    app.prepare(settings)
    with app.operator(settings) as reg:
        collection.fill(reg, tmp_path, 500)
        assert len(list(reg.blobs.locations())) == 50
        for _ in range(2):
            assert collection.collected(reg, 500) > 0
            assert list(reg.blobs.locations()) == []
            collection.litter(reg, tmp_path, 500)
            assert len(list(reg.blobs.locations())) == 50
