"""The benchmark as a user runs it, tiny: every row of every part gets a figure for each of its servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import servers
from bench.__main__ import PARTS
from bench.workloads import DOCKER_REGISTRY, MOTO, NGINX

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What `python -m bench --smoke` measures."""
    missing = servers.missing([DOCKER_REGISTRY, NGINX, MOTO])
    if missing:
        reason = f"NOT TESTED, missing here: {', '.join(missing)} (as root on Debian, `make tools` installs them)"
        if os.environ.get("CI") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    file = tmp_path_factory.mktemp("bench") / "found.json"
    before = sorted((ROOT / "docs").glob("benchmarks.*"))
    command = [sys.executable, "-m", "bench", "--smoke", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "targets met" in done.stdout
    assert sorted((ROOT / "docs").glob("benchmarks.*")) == before
    return json.loads(file.read_text())


@pytest.mark.clients
def test_every_row_has_a_figure_for_each_of_its_servers(told: Any) -> None:
    """Every part is there with rows, curves or words, every row with a figure above nothing for every server."""
    assert [part["name"] for part in told["parts"]] == list(PARTS)
    for part in told["parts"]:
        assert part["rows"] or part["curves"] or part["text"], part["name"]
        for row in part["rows"]:
            assert set(row["medians"]) == set(row["rounds"]), row["name"]
            assert all(value > 0 for value in row["medians"].values()), row
            assert all(len(rounds) == 1 for rounds in row["rounds"].values()), row
        for curve in part["curves"]:
            assert len(curve["values"]) == len(curve["sizes"]), curve


@pytest.mark.clients
def test_every_operation_with_a_target_is_a_row(told: Any) -> None:
    """The operations that have targets are measured against the rivals that the targets name."""
    rows = {row["name"]: row["targets"] for part in told["parts"] for row in part["rows"]}
    for name, rivals in {
        "manifest GET by tag, c=16": {"docker-registry", "nginx"},
        "manifest HEAD by tag, c=1": {"docker-registry", "nginx"},
        "blob GET 10 KB, c=16": {"docker-registry", "nginx"},
        "blob GET 1 GB, c=16": {"docker-registry", "nginx"},
        "push 10 KB, POST+PATCH+PUT, c=16": {"docker-registry"},
        "push an image of 3 layers of 1 MB, c=16": {"docker-registry"},
        "PutImage, c=1": {"moto_server"},
    }.items():
        assert set(rows[name]) == rivals, name


def test_an_error_ends_the_run_without_figures(tmp_path: Path) -> None:
    """Where a rival cannot be started, the run leaves with 1, says why, and writes nothing."""
    file = tmp_path / "found.json"
    command = [sys.executable, "-m", "bench", "lists", "--smoke", "--json", str(file)]
    env = {**os.environ, "PATH": str(tmp_path)}
    script = "import sys, bench.processes as p; p.PROGRAMS = ''; from bench.__main__ import main; sys.exit(main())"
    command[1:3] = ["-c", script]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "not installed: wrk, docker-registry" in done.stderr
    assert not done.stdout
    assert not file.exists()
