"""What `entrepot gc` takes, says and answers, beside a server and alone."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from tests.cli.test_env import environment
from tests.clients import processes
from tests.clients.serving import serving
from tests.faults.workload import OPERATIONS, SIZE, prepared, registry, seen

from entrepot.cli import app

COMMAND = (sys.executable, "-m", "entrepot")
_GARBAGE = f"SELECT location FROM blobs WHERE size = {SIZE} ORDER BY id DESC LIMIT 1"
_DAYS = 4 * 24 * 3600 * 1_000_000


def run(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a command; `before` are words in front of it."""
    command = [*before, *COMMAND, *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=60)


def refused(*arguments: str) -> str:
    """Do, in this process, what cannot be done: 2, nothing on standard output, one line that says what to do."""
    output, errors = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as variables:
        for name in os.environ.keys() - environment().keys():
            variables.delenv(name)
        with redirect_stdout(output), redirect_stderr(errors), pytest.raises(SystemExit) as ended:
            app(arguments, prog_name="entrepot")
    assert (ended.value.code, output.getvalue()) == (2, ""), errors.getvalue()
    said = errors.getvalue()
    assert said.startswith("entrepot: "), said
    assert said.count("\n") == 1, said
    return said


def interrupted(folder: Path, kind: int, *arguments: str) -> str:
    """Send a signal to a command that waits for its turn to write; what it says, with 130."""
    with (folder / "entrepot.db.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [*COMMAND, *arguments, "--data-dir", str(folder)]
        process = subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        threads, end = Path(f"/proc/{process.pid}/task"), time.monotonic() + 30
        while len(list(threads.iterdir())) < 2:  # one waits for the lock
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(kind)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (130, ""), errors
    return errors


def with_garbage(folder: Path) -> None:
    """A data folder with the image v0, and an image that was deleted two days ago."""
    prepared(folder)
    deleted_long_ago(folder, 7)


def deleted_long_ago(folder: Path, number: int) -> None:
    with registry(folder) as reg:
        past = replace(reg, now=lambda: reg.now() - _DAYS)
        for operation in ("push", "delete"):
            OPERATIONS[operation](past, number)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with_garbage(tmp_path / "data")
    return tmp_path / "data"


def files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "storage" / "blobs").rglob("*"))


def test_alone(data: Path) -> None:
    """A dry run takes nothing and counts what the run takes; a second run finds nothing; the image is whole."""
    told = json.loads(run("gc", "--data-dir", str(data), "--dry-run", "--json").stdout)
    assert (told["blobs"], told["bytes"], told["memberships"], told["dry_run"]) == (2, SIZE + 13, 2, True)
    assert files(data) == 4
    dry = run("gc", "--data-dir", str(data), "--dry-run")
    assert (dry.returncode, dry.stdout) == (
        0,
        "2 blobs (195.3 KiB) would be collected, 2 taken from repositories\n",
    )
    done = run("gc", "--data-dir", str(data))
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "2 blobs (195.3 KiB) collected, 2 taken from repositories\n",
        "",
    )
    assert files(data) == 2
    again = json.loads(run("gc", "--data-dir", str(data), "--json").stdout)
    assert (again["blobs"], again["deleted"], again["failed"], again["dry_run"]) == (0, 0, 0, False)
    with registry(data) as reg:
        assert list(seen(reg)) == ["v0"]


def test_beside_a_server(data: Path, tmp_path: Path) -> None:
    """A server that runs is no hindrance, and goes on."""
    env = processes.environment(tmp_path) | {"ENTREPOT_TRASH__RETENTION_DAYS": "0"}
    with serving(tmp_path, env, workers=1) as server:
        assert server.data_dir == data
        end = time.monotonic() + 30
        while files(data) > 2:  # the server collects when it starts
            assert time.monotonic() < end
            time.sleep(0.05)
        deleted_long_ago(data, 6)
        told = json.loads(run("gc", "--data-dir", str(data), "--json").stdout)
        assert told["blobs"] == 2
        with registry(data) as reg:
            OPERATIONS["push"](reg, 8)
        again = json.loads(run("gc", "--data-dir", str(data), "--json", "--grace", "0").stdout)
        assert again["blobs"] == again["failed"] == 0
    with registry(data) as reg:
        assert sorted(seen(reg)) == ["v0", "v8"]


def test_what_is_refused(data: Path, tmp_path: Path) -> None:
    """Wrong arguments and folders: 2, and what to do; nothing is collected."""
    here = ("--data-dir", str(data))
    assert "--grace -1: give seconds, 0 or more" in refused("gc", *here, "--grace", "-1")
    assert "--grace nan: give seconds" in refused("gc", *here, "--grace", "nan")
    assert "name its folder with --data-dir" in refused("gc", "--data-dir", str(tmp_path / "none"))
    for arguments, text in ((("--grace", "day"), "'--grace'"), (("--grce", "1"), "--grce"), (("x",), "unexpected")):
        done = run("gc", *here, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert text in done.stderr
        assert "entrepot gc -h" in done.stderr
    assert files(data) == 4


def test_no_permission(data: Path) -> None:
    """A folder of somebody else: 2, and the file and what to do."""
    for path in (data, data / "storage"):
        path.chmod(0)
    done = run("gc", "--data-dir", str(data), before=as_somebody())
    assert (done.returncode, done.stdout) == (2, "")
    assert "run it as the user that owns" in done.stderr
    assert done.stderr.count("\n") == 1
    for path in (data, data / "storage"):
        path.chmod(0o700)
    assert files(data) == 4


def as_somebody() -> tuple[str, ...]:
    """Words in front of a command which let it open only what it may, also where the tests run as root."""
    if os.geteuid() != 0:
        return ()
    assert shutil.which("setpriv")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")


def test_a_file_that_cannot_be_deleted(data: Path) -> None:
    """1, and how many files and why; the next run deletes them."""
    with registry(data) as reg:
        [location] = [name for (name,) in reg.db.read(lambda tx: tx.all(_GARBAGE)) if name]
    bad = data / "storage" / "blobs" / location
    aside = bad.with_name("aside")
    bad.rename(aside)
    bad.mkdir()
    done = run("gc", "--data-dir", str(data))
    assert done.returncode == 1
    assert "entrepot: 1 file could not be deleted" in done.stderr
    assert "see to it and repeat" in done.stderr
    bad.rmdir()
    aside.rename(bad)
    assert run("gc", "--data-dir", str(data)).returncode == 0
    assert files(data) == 2


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(data: Path, kind: int) -> None:
    """130, and what to do; a run after it does the rest."""
    assert interrupted(data, kind, "gc").startswith("entrepot: interrupted: ")
    assert json.loads(run("gc", "--data-dir", str(data), "--json").stdout)["blobs"] == 2


def test_a_terminal_sees_how_far_it_is(data: Path) -> None:
    """Progress on a terminal only, and gone at the end."""
    command = shlex.join([*COMMAND, "gc", "--data-dir", str(data)])
    shown = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        env=environment(TERM="xterm"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"collecting" in shown.stdout
    assert b"2 blobs (195.3 KiB) collected" in shown.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", ["gc", "fsck", "backup", "restore"])
def test_help(command: str) -> None:
    """Examples and exit codes."""
    shown = run(command, "--help").stdout
    assert shown.count(f"\n    entrepot {command}") >= 2
    codes = shown.partition("Exit codes:")[2].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in codes if line] == ["0", "1", "2", "130"]
