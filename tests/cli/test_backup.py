"""What `entrepot backup` and `entrepot restore` do, say and answer: real processes, beside a server and alone."""

from __future__ import annotations

import base64
import fcntl
import gzip
import hashlib
import http.client
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.cli.test_env import environment
from tests.cli.test_gc import COMMAND, as_somebody, interrupted, refused, run
from tests.clients import processes
from tests.clients.serving import Server, serving
from tests.faults.workload import NAME, OPERATIONS, SIZE, layer, prepared, registry, seen

from entrepot.registry import fsck

IMAGES = 24
BLOBS = 2 * IMAGES


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with images, which no test changes."""
    folder = tmp_path_factory.mktemp("source") / "data"
    prepared(folder)
    with registry(folder) as reg:
        for number in range(1, IMAGES):
            OPERATIONS["push"](reg, number)
    return folder


@pytest.fixture(params=["folder", "archive.tar"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / "backups" / str(request.param)


def backup(data: Path, place: Path) -> dict[str, int]:
    done = run("backup", str(place), "--data-dir", str(data), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, int] = json.loads(done.stdout)
    return told


def whole(place: Path, folder: Path, count: int = IMAGES) -> None:
    """Restore and see that all is there."""
    done = run("restore", str(place), "--data-dir", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    with registry(folder) as reg:
        assert fsck.check(reg).findings == []
        assert len(seen(reg)) == count


def stored(folder: Path) -> list[Path]:
    """The blobs' files below a folder, which may be moved or removed meanwhile."""
    below = os.walk(folder / "storage" / "blobs")
    return sorted(Path(place) / name for place, _, names in below for name in names)


def leftovers(place: Path) -> list[Path]:
    return [*place.parent.glob(".*"), *place.glob(".*")]


def test_there_and_back(data: Path, place: Path, tmp_path: Path) -> None:
    """What it says; a second one into a folder copies nothing; the restored registry is whole; nothing is left over."""
    words = ("--data-dir", str(data))
    done = run("backup", str(place), *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{BLOBS} blobs (4.6 MiB) backed up, {BLOBS} of them copied (4.6 MiB): {place}\n"
    again = backup(data, place)
    assert (again["blobs"], again["copied"] == 0, again["copied_bytes"] == 0) == (BLOBS, place.is_dir(), place.is_dir())
    assert leftovers(place) == []
    restored = run("restore", str(place), "--data-dir", str(tmp_path / "again"))
    assert (restored.returncode, restored.stderr) == (0, "")
    start = f"Start the server with `entrepot serve --data-dir {tmp_path / 'again'}`."
    assert restored.stdout.splitlines() == [f"{BLOBS} blobs (4.6 MiB) restored into {tmp_path / 'again'}.", start]
    assert run("fsck", "--data-dir", str(tmp_path / "again")).returncode == 0
    assert not (tmp_path / "again" / "restoring").exists()


def test_beside_a_server(tmp_path: Path) -> None:
    """Beside a server that is pushed to; the second copies only what is new; a server on the restored folder serves."""
    source, place, again = tmp_path / "first", tmp_path / "backup", tmp_path / "second"
    for folder in (source, again):
        folder.mkdir()
    with serving(source, processes.environment(source), workers=1) as server:
        ecr = client(server)
        ecr.create_repository(repositoryName=NAME)
        with registry(server.data_dir) as reg:
            OPERATIONS["push"](reg, 1)
        assert backup(server.data_dir, place)["copied_bytes"] == SIZE + 13
        with registry(server.data_dir) as reg:
            OPERATIONS["push"](reg, 2)
        assert backup(server.data_dir, place)["copied"] == 2
        before = pulled(server, "v1"), pulled(server, "v2")
    assert run("restore", str(place), "--data-dir", str(again / "data")).returncode == 0
    with serving(again, processes.environment(again), workers=1) as server:
        assert (pulled(server, "v1"), pulled(server, "v2")) == before
        assert "is in use by another server" in refused("restore", str(place), "--data-dir", str(server.data_dir))


def client(server: Server) -> Any:  # boto3 makes its classes when it runs
    env = server.env
    return boto3.client(
        "ecr",
        region_name=env["AWS_REGION"],
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def pulled(server: Server, tag: str) -> str:
    """Pull an image over HTTP and check every digest; the manifest's."""
    [login] = client(server).get_authorization_token()["authorizationData"]
    assert base64.b64decode(login["authorizationToken"]).startswith(b"AWS:")
    headers = {"Authorization": f"Basic {login['authorizationToken']}", "Accept": "*/*"}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as wire:

        def get(path: str) -> bytes:
            wire.request("GET", f"/v2/{NAME}/{path}", headers=headers)
            return wire.getresponse().read()

        manifest = get(f"manifests/{tag}")
        document = json.loads(manifest)
        for item in (document["config"], *document["layers"]):
            assert f"sha256:{hashlib.sha256(get('blobs/' + item['digest'])).hexdigest()}" == item["digest"]
    return hashlib.sha256(manifest).hexdigest()


def test_places_that_are_refused(data: Path, tmp_path: Path) -> None:
    """A backup overwrites nothing but an earlier backup: no registry, no other files; and says what to name."""
    here = ("--data-dir", str(data))
    database, other = data / "entrepot.db", tmp_path / "other"
    before = database.stat().st_ino
    for place in (data, data / "backup", data / "backup.tar"):
        assert "is in the data folder" in refused("backup", str(place), *here)
    prepared(other)
    assert "is the data folder of a registry" in refused("backup", str(other), *here)
    assert "name the place of the backup" in refused("backup", "", *here)
    assert "that ends in .tar" in refused("backup", str(tmp_path / "b.tgz"), *here)
    (tmp_path / "file").touch()
    assert "is a file: name a folder" in refused("backup", str(tmp_path / "file"), *here)
    assert "Not a directory" in refused("backup", str(tmp_path / "file/x"), *here)
    (tmp_path / "x.tar").mkdir()
    assert "is a folder: name a file" in refused("backup", str(tmp_path / "x.tar"), *here)
    assert "holds other things" in refused("backup", str(tmp_path), *here)
    assert "name its folder" in refused("backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "none"))
    assert database.stat().st_ino == before
    assert not (data / "backup.json").exists()
    with registry(other) as reg:
        assert list(seen(reg)) == ["v0"]


def test_what_is_not_restored(data: Path, tmp_path: Path) -> None:
    """Into a folder that is not empty, and from what is no backup; each with what to do, and nothing is made."""
    place, used, empty = tmp_path / "backup.tar", tmp_path / "used", tmp_path / "empty"
    backup(data, place)
    used.mkdir()
    (used / "file").touch()
    assert "holds other things (file)" in refused("restore", str(place), "--data-dir", str(used))
    (used / "file").unlink()
    prepared(used)
    assert "has a registry already" in refused("restore", str(place), "--data-dir", str(used))
    with registry(used) as reg:
        assert list(seen(reg)) == ["v0"]
    (tmp_path / "no.tar").write_bytes(b"none")
    (tmp_path / "backup.tar.gz").write_bytes(gzip.compress(place.read_bytes(), 1))
    for given, text in {
        str(tmp_path / "none"): "is not there",
        str(tmp_path / "empty.d"): "is no backup",
        str(tmp_path / "no.tar"): "is no archive",
        str(tmp_path / "backup.tar.gz"): "unpack it with gunzip first",
        str(data): "is the data folder of a registry",
    }.items():
        (tmp_path / "empty.d").mkdir(exist_ok=True)
        assert text in refused("restore", given, "--data-dir", str(empty))
    assert [path.name for path in empty.iterdir()] == ["run"]
    whole(place, empty)


@pytest.mark.parametrize("part", ["blob", "database", "key", "end"])
def test_a_damaged_archive(data: Path, tmp_path: Path, part: str) -> None:
    """One bit flipped anywhere, or no end: refused, nothing is left, and another backup can be restored."""
    place, again = tmp_path / "backup.tar", tmp_path / "again"
    backup(data, place)
    damaged = bytearray(place.read_bytes())
    key = (data / "sealing.key").read_bytes()
    spot = {
        "blob": damaged.find(layer(3)) + 999,
        "database": 40_000,
        "key": damaged.find(key),
        "end": len(damaged) // 2,
    }
    damaged[spot[part]] ^= 4
    bad = tmp_path / "bad.tar"
    bad.write_bytes(damaged[: spot["end"]] if part == "end" else damaged)
    text = "ends early" if part == "end" else "are wrong"
    assert text in refused("restore", str(bad), "--data-dir", str(again))
    assert [path.name for path in again.iterdir()] == ["run"]
    whole(place, again)


def test_damaged_blobs(data: Path, tmp_path: Path) -> None:
    """Blobs that rotted, in the registry or in the backup, are named with what to do: 1 and 2; the rest is restored."""
    source, place = tmp_path / "data", tmp_path / "backup"
    shutil.copytree(data, source)
    stored(source)[0].write_bytes(b"rotten")
    done = run("backup", str(place), "--data-dir", str(source))
    assert done.returncode == 1
    assert "1 blob damaged or missing and left out; push the images that need them again:\n    sha256:" in done.stdout
    rotten = stored(place)[0]
    rotten.write_bytes(bytes(rotten.stat().st_size))
    said = refused("restore", str(place), "--data-dir", str(tmp_path / "again"))
    assert "remove this file from the backup" in said
    rotten.unlink()
    restored = run("restore", str(place), "--data-dir", str(tmp_path / "again"), "--json")
    assert restored.returncode == 1
    assert len(json.loads(restored.stdout)["damaged"]) == 2
    assert run("fsck", "--data-dir", str(tmp_path / "again")).returncode == 1


def begun(place: Path, data: Path) -> tuple[subprocess.Popen[str], Callable[[], int]]:
    """Start a backup; and how much of it is there."""
    command = [*COMMAND, "backup", str(place), "--data-dir", str(data)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=environment(), text=True, **pipes)  # type: ignore[call-overload]

    def there() -> int:
        if place.suffix == ".tar":
            return sum(path.stat().st_size for path in place.parent.glob(".*/*.tar")) // SIZE
        return len(stored(place))

    return process, there


def struck(place: Path, data: Path, kind: int, least: int) -> tuple[int, str]:
    """Strike a backup when some blobs of it are there; how it ended and what it said."""
    process, there = begun(place, data)
    while process.poll() is None and there() < least:
        time.sleep(0.001)
    process.send_signal(kind)
    output, errors = process.communicate(timeout=30)
    assert output == ""
    return process.returncode, errors


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended_early_and_run_again(data: Path, place: Path, tmp_path: Path, kind: int) -> None:
    """Whichever way it ends there is no half of a backup; run again it goes on, and leaves nothing over."""
    place.parent.mkdir()
    code, said = struck(place, data, kind, 5)
    if kind == signal.SIGKILL:
        assert code == -signal.SIGKILL
    else:
        assert (code, said.split(": ")[1]) == (130, "interrupted")
        assert leftovers(place) == []
    assert not place.is_file()
    assert not (place / "backup.json").exists()
    if place.is_dir():
        assert "is no whole backup" in refused("restore", str(place), "--data-dir", str(tmp_path / "early"))
    assert backup(data, place)["copied"] <= BLOBS - (5 if place.is_dir() else 0)
    assert len(stored(place)) == (BLOBS if place.is_dir() else 0)
    whole(place, tmp_path / "again")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_before_it_begins(data: Path, tmp_path: Path, kind: int) -> None:
    """130 and what to do, and nothing is left behind."""
    said = interrupted(data, kind, "backup", str(tmp_path / "backup"))
    assert said == "entrepot: interrupted: run it again, it goes on where it ended\n"
    assert leftovers(tmp_path / "backup") == []


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_restore_that_is_ended(data: Path, tmp_path: Path, kind: int) -> None:
    """No server starts on half of a restore; run again it does all."""
    place, again = tmp_path / "backup.tar", tmp_path / "again"
    backup(data, place)
    command = [*COMMAND, "restore", str(place), "--data-dir", str(again)]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not stored(again / "restoring"):
        time.sleep(0.001)
    process.send_signal(kind)
    _, said = process.communicate(timeout=30)
    assert process.returncode == (130 if kind == signal.SIGINT else -signal.SIGKILL)
    if kind == signal.SIGINT:
        assert said == "entrepot: interrupted: nothing was restored; run it again\n"
        assert not (again / "restoring").exists()
    else:
        assert "did not finish: run it again" in run("serve", "--data-dir", str(again)).stderr
    whole(place, again)


@pytest.mark.parametrize("moved", [["storage"], ["storage", "credentials", "sealing.key"]])
def test_a_restore_that_is_killed_at_its_end(data: Path, tmp_path: Path, moved: list[str]) -> None:
    """Killed while everything is put in its place: no server starts, and run again it does all."""
    place, again, made = tmp_path / "backup.tar", tmp_path / "again", tmp_path / "made"
    backup(data, place)
    whole(place, made)
    (again / "restoring").mkdir(parents=True)
    for name in ("storage", "credentials", "sealing.key", "entrepot.db"):
        (made / name).rename(again / name if name in moved else again / "restoring" / name)
    assert "did not finish: run it again" in run("serve", "--data-dir", str(again)).stderr
    whole(place, again)
    (again / "restoring").mkdir()  # killed after everything was in its place
    assert "was restored already" in refused("restore", str(place), "--data-dir", str(again))
    assert not (again / "restoring").exists()
    with registry(again) as reg:
        assert len(seen(reg)) == IMAGES


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    if os.geteuid() != 0:
        assert os.environ.get("CI") != "1"
        pytest.skip("NOT TESTED, missing here: root, who can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["folder", "archive.tar"])
def test_a_full_disk(data: Path, small: Path, tmp_path: Path, name: str) -> None:
    """No space: 2 and what to do; an archive gives its bytes back, a folder goes on; the same for a restore."""
    place = small / name
    said = refused("backup", str(place), "--data-dir", str(data))
    assert said.startswith("entrepot: no space is left: make room on the disk of ")
    assert "run it again" in said
    assert leftovers(place) == []
    if name == "folder":
        kept = len(stored(place))
        assert 0 < kept < BLOBS
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        assert backup(data, place)["copied"] == BLOBS - kept
    else:
        assert list(small.iterdir()) == []
        backup(data, tmp_path / name)
        said = refused("restore", str(tmp_path / name), "--data-dir", str(small / "again"))
        assert said.startswith("entrepot: no space is left: make room on the disk of the data folder")
        assert [path.name for path in (small / "again").iterdir()] == ["run"]
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        whole(tmp_path / name, small / "again")


def test_no_permission(data: Path, tmp_path: Path) -> None:
    """A place that may not be written: 2, and what to do."""
    place, closed = tmp_path / "backup.tar", tmp_path / "closed"
    backup(data, place)
    closed.mkdir(mode=0o500)
    for command in (("backup", str(closed / "b")), ("backup", str(closed / "b.tar"))):
        done = run(*command, "--data-dir", str(data), before=as_somebody())
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "run it as the user that owns the file or folder, or choose another place" in done.stderr
    done = run("restore", str(place), "--data-dir", str(closed / "again"), before=as_somebody())
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "Permission denied" in done.stderr


def test_two_backups_at_once(data: Path, place: Path) -> None:
    """A second into the same place is refused while one runs."""
    where = place.parent if place.suffix == ".tar" else place
    where.mkdir(parents=True)
    folder = os.open(where, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert "runs: wait for its end" in refused("backup", str(place), "--data-dir", str(data))
    finally:
        os.close(folder)
    assert backup(data, place)["copied"] == BLOBS


def test_a_terminal_sees_how_far_it_is(data: Path, place: Path, tmp_path: Path) -> None:
    """A bar of both, on a terminal only."""
    for words, shown in (
        (("backup", str(place), "--data-dir", str(data)), b"backing up"),
        (("restore", str(place), "--data-dir", str(tmp_path / "again")), b"restoring"),
    ):
        done = subprocess.run(
            ["script", "-qec", shlex.join([*COMMAND, *words]), "/dev/null"],
            env=environment(TERM="xterm"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert shown in done.stdout
        assert b"4.6 MiB" in done.stdout
