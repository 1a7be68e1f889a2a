"""zb's workloads: all of them, and what each leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import servers, zb
from bench.workloads import ENTREPOT, Scale, Server, Workload

ROWS = zb.workloads(Scale(smoke=True))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.opened([ENTREPOT], tmp_path_factory.mktemp("servers")) as [started]:
        yield started


def test_names() -> None:
    """The 16 workloads that need no second registry are there, once each."""
    assert len({row.name for row in zb.workloads(Scale())}) == 16
    assert len({row.name for row in ROWS}) == 16


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "10" not in row.name or "Mixed" in row.name], ids=lambda row: row.name
)
def test_rows(server: Server, row: Workload) -> None:
    """Each kind of row works."""
    measured = row.run(server, 0.1)
    assert measured.rate > 0
    assert measured.p50_ms is not None


def test_one_layer_for_all() -> None:
    """The layers of one size are the same in a run and others in the next one; configs always differ."""
    assert zb.layer("a", 5000).digest == zb.layer("a", 5000).digest != zb.layer("b", 5000).digest
    assert sum(len(piece) for piece in zb.layer("a", 3 * zb.MIB + 5000).body.pieces) == 3 * zb.MIB + 5000
    assert zb.config().digest != zb.config().digest
