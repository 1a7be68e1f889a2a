"""What `entrepot fsck` finds, mends, says and answers, beside a server and alone."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from tests.cli.test_env import environment
from tests.cli.test_gc import COMMAND, as_somebody, interrupted, refused, run
from tests.clients import processes
from tests.clients.serving import serving
from tests.faults.workload import OPERATIONS, SIZE, prepared, registry, seen


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the images v0 and v1."""
    prepared(tmp_path / "data")
    with registry(tmp_path / "data") as reg:
        OPERATIONS["push"](reg, 1)
    return tmp_path / "data"


def layers(folder: Path) -> list[Path]:
    """The files of the two layers."""
    return sorted(path for path in (folder / "storage" / "blobs").rglob("*") if path.is_file() if _size(path) == SIZE)


def _size(path: Path) -> int:
    return path.stat().st_size


def rot(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_all_is_well(data: Path) -> None:
    """0, and what was looked at; the same as JSON."""
    done = run("fsck", "--data-dir", str(data))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["4 blobs (390.7 KiB), 2 manifests and 4 files checked.", "All is well."]
    told = json.loads(run("fsck", "--data-dir", str(data), "--json", "--quick").stdout)
    checked = {"blobs": 4, "bytes": 2 * SIZE + 26, "manifests": 2, "files": 4}
    assert told == {"checked": checked, "findings": [], "repaired": 0}


def test_damage(data: Path) -> None:
    """1 while something is left, each finding with what to do; mended as far as it can be; healed by a push: 0."""
    one, two = layers(data)
    rot(one)
    two.unlink()
    (data / "storage" / "blobs" / "sha256" / "00" / f"{'0' * 64}-11111111-1111-4111-8111-111111111111").write_bytes(
        b"x"
    )
    here = ("--data-dir", str(data))
    found = run("fsck", *here)
    assert found.returncode == 1
    kinds = ("wrong bytes: sha256:", "missing bytes: sha256:", "bytes without a row: sha256/00/")
    assert all(kind in found.stdout for kind in kinds)
    assert found.stdout.splitlines()[-1] == "Findings: 3. Stop the server and run it again with --repair."
    repaired = json.loads(run("fsck", *here, "--repair", "--json").stdout)
    assert (len(repaired["findings"]), repaired["repaired"]) == (3, 1)
    left = run("fsck", *here, "--repair")
    assert left.returncode == 1
    assert left.stdout.splitlines()[-1] == "Findings repaired: 0, left: 2."
    assert left.stdout.count("push it again") == 2
    with registry(data) as reg:
        for number in (0, 1):
            OPERATIONS["push"](reg, number)
        assert sorted(seen(reg)) == ["v0", "v1"]
    assert run("fsck", *here).stdout.endswith("All is well.\n")


def test_beside_a_server(data: Path, tmp_path: Path) -> None:
    """It checks beside a server; to repair it wants the folder alone, and says which process has it."""
    with serving(tmp_path, processes.environment(tmp_path), workers=1):
        assert run("fsck", "--data-dir", str(data)).returncode == 0
        assert "is in use by another server (process " in refused("fsck", "--data-dir", str(data), "--repair")
    assert run("fsck", "--data-dir", str(data), "--repair").returncode == 0


def test_what_is_refused(data: Path, tmp_path: Path) -> None:
    """Wrong arguments and folders: 2, and what to do."""
    none = tmp_path / "none"
    assert "name its folder with --data-dir" in refused("fsck", "--data-dir", str(none))
    assert not none.exists()
    done = run("fsck", "--data-dir", str(data), "--fix")
    assert (done.returncode, done.stdout) == (2, "")
    data.chmod(0)
    denied = [run("fsck", "--data-dir", str(data), *more, before=as_somebody()) for more in ((), ("--repair",))]
    data.chmod(0o700)
    for done in denied:
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "owner" in done.stderr or "owns" in done.stderr


def test_a_repair_of_an_absent_folder_makes_none(tmp_path: Path) -> None:
    """A mistyped folder is not made."""
    refused("fsck", "--data-dir", str(tmp_path / "none"), "--repair")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(data: Path, kind: int) -> None:
    """130 while it repairs, and the next run does it all."""
    rot(layers(data)[0])
    assert interrupted(data, kind, "fsck", "--repair").startswith("entrepot: interrupted: run it again")
    assert "left: 1." in run("fsck", "--data-dir", str(data), "--repair").stdout


def test_a_terminal_sees_how_far_it_is(data: Path) -> None:
    """A bar on a terminal only."""
    shown = subprocess.run(
        ["script", "-qec", shlex.join([*COMMAND, "fsck", "--data-dir", str(data)]), "/dev/null"],
        env=environment(TERM="xterm"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"checking" in shown.stdout
    assert b"All is well." in shown.stdout
