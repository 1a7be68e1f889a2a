"""The README's tour is run as it stands, with the real aws CLI and docker."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .processes import run

if TYPE_CHECKING:
    from .engines import Docker
    from .images import Layout
    from .serving import Server

README = Path(__file__).parents[2] / "README.md"
TOUR = re.compile(r"<!-- tour -->\s*```sh\n(.*?)```", re.DOTALL)
FOREIGN_PULL = re.compile(r"^docker pull (?!localhost)(\S+)\n", re.MULTILINE)


@pytest.mark.xdist_group("docker")
def test_tour(docker: Docker, server: Server, layout: Layout, tmp_path: Path) -> None:
    """Every line of the tour works in one shell, in a folder where `make serve` has been run."""
    [tour] = TOUR.findall(README.read_text())
    assert "docker push localhost:5000/" in tour
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "data").symlink_to(server.data_dir)
    # What the tour pulls from the internet is an image of ours by the same name.
    for name in FOREIGN_PULL.findall(tour):
        docker.load(layout, "small", name if ":" in name else f"{name}:latest")
    script = FOREIGN_PULL.sub("", tour).replace("localhost:5000", server.host)
    run(["bash", "-euo", "pipefail", "-c", f"cd {tmp_path}\n{script}"], docker.env)
