"""What `entrepot lifecycle run` says and answers, and what is left when it is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.test_env import environment
from tests.domain.lifecycle_worlds import a_rule, a_text
from tests.factories import KEY, a_blob, a_caller, a_descriptor, a_manifest, a_repository, push

from entrepot import app
from entrepot.cli.lifecycle import sentence
from entrepot.config import Settings, Trash
from entrepot.domain.manifests import OCI_MANIFEST
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import lifecycle, repositories
from entrepot.registry.context import Registry
from entrepot.registry.lifecycle import Ran

COMMAND = (sys.executable, "-m", "entrepot", "lifecycle", "run")
NAME = "team/app"


@contextmanager
def registry(folder: Path) -> Iterator[Registry]:
    with app.operator(Settings(data_dir=str(folder), trash=Trash(retention_days=0))) as reg:
        yield reg


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments, "--data-dir", str(folder)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=60)


def an_image(reg: Registry, number: int, *, signed: bool) -> None:
    """Push an image without layers, and where it is `signed` a signature of it."""
    manifest = a_manifest(annotations={"number": str(number)})
    push(reg, manifest)
    if signed:
        push(reg, a_manifest(annotations={"of": str(number)}, subject=a_descriptor(manifest, OCI_MANIFEST)))


def fill(folder: Path, images: int, *, signed: bool, keep: int) -> None:
    app.prepare(Settings(data_dir=str(folder)))
    with registry(folder) as reg:
        a_repository(reg, NAME)
        a_blob(reg, b"{}", NAME)
        for number in range(images):
            an_image(reg, number, signed=signed)
        text = a_text(a_rule(1, "untagged", more_than=keep))
        lifecycle.put(reg, a_caller("ecr:PutLifecyclePolicy"), KEY, NAME, text)


def counted(reg: Registry) -> tuple[int, int]:
    """How many images and how many signatures there are."""
    rows = reg.db.read(lambda tx: tx.all("SELECT subject, digest FROM images WHERE deleted_at IS NULL"))
    digests = {row[1] for row in rows}
    assert all(row[0] in digests for row in rows if row[0]), "a signature without its image"
    return sum(row[0] is None for row in rows), sum(row[0] is not None for row in rows)


def test_all_repositories(tmp_path: Path) -> None:
    """Without a name every policy is applied; with --dry-run nothing is, and the answer is one object or lines."""
    fill(tmp_path, 3, signed=False, keep=1)
    told = json.loads(run(tmp_path, "--dry-run", "--json").stdout)
    assert (told["dry_run"], [one["expiring"] for one in told["repositories"]]) == (True, [2])
    lines = run(tmp_path, "--dry-run").stdout.splitlines()
    assert lines[0] == "team/app: 2 of 3 images would be taken, 0 bytes would come free"
    assert sum(line.startswith("  expire  ") for line in lines) == 2
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 repository, 3 images: 2 expired, 0 archived\n")
    again = json.loads(run(tmp_path, "--json").stdout)
    assert again == {
        "repositories": 1,
        "images": 1,
        "expired": 0,
        "archived": 0,
        "held": 0,
        "left": 0,
        "stopped": False,
    }


def a_repository_in(reg: Registry, key: RegistryKey, name: str) -> None:
    caller, mutability = a_caller("ecr:CreateRepository"), Mutability()
    repositories.create(
        reg, caller, key, name, mutability=mutability, scan_on_push=False, encryption_type="AES256", tags={}
    )


def test_regions(tmp_path: Path) -> None:
    """Another region's policy is named with --region, and repositories are told apart where there are two regions."""
    fill(tmp_path, 3, signed=False, keep=1)
    far = RegistryKey(KEY.account, "eu-west-1")
    with registry(tmp_path) as reg:
        a_repository_in(reg, far, "far")
        lifecycle.put(reg, a_caller("ecr:PutLifecyclePolicy"), far, "far", a_text(a_rule(1, "any", more_than=1)))
    done = run(tmp_path, "far")
    assert (done.returncode, "name another --region" in done.stderr) == (2, True)
    lines = run(tmp_path, "--dry-run").stdout.splitlines()
    assert {line.split(":")[0] for line in lines if not line.startswith(" ")} == {
        "team/app in us-east-1",
        "far in eu-west-1",
    }
    for words in (["far", "--region", "eu-west-1"], ["--region", "eu-west-1"]):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stdout) == (0, "1 repository, 0 images: 0 expired, 0 archived\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "see `aws ecr describe-repositories`"), ("bare", "set one with `aws ecr put-lifecycle")],
)
def test_what_is_not_there(tmp_path: Path, name: str, words: str) -> None:
    """A repository that is not there, or has no policy, is one line that says what to do, and 2."""
    app.prepare(Settings(data_dir=str(tmp_path)))
    with registry(tmp_path) as reg:
        a_repository(reg, "bare")
    for more in ([], ["--dry-run"], ["--json"]):
        done = run(tmp_path, name, *more)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert words in done.stderr
    assert run(tmp_path).stdout == "0 repositories, 0 images: 0 expired, 0 archived\n"
    assert run(tmp_path / "nowhere").returncode == 2


def test_killed(tmp_path: Path) -> None:
    """Kill -9 in the middle leaves no signature without its image, and the next run does the rest."""
    fill(tmp_path, 120, signed=True, keep=10)
    process = subprocess.Popen([*COMMAND, "--data-dir", str(tmp_path)], env=environment())
    with registry(tmp_path) as reg:
        deadline = time.monotonic() + 30
        while counted(reg)[0] == 120 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        images, signatures = counted(reg)
        assert images == signatures < 120
        evaluated = lifecycle.get(reg, KEY, NAME).evaluated_at
        assert images == 10 or evaluated == 0
        assert run(tmp_path).returncode == 0
        assert counted(reg) == (10, 10)
        assert lifecycle.get(reg, KEY, NAME).evaluated_at > 0


def test_sentences() -> None:
    """What is held or left is said, in numbers that read well."""
    assert sentence(Ran(repositories=2, images=1, expired=1, held=1, left=2)) == (
        "2 repositories, 1 image: 1 expired, 0 archived\n"
        "1 image kept by an index or a protection; --dry-run names them\n"
        "2 images changed meanwhile: run it again\n"
    )


def test_help() -> None:
    """The help has examples and the exit codes."""
    done = subprocess.run(
        [*COMMAND, "--help"], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert "entrepot lifecycle run team/app --dry-run" in done.stdout
    assert "Exit codes:" in done.stdout
