"""`entrepot trash`, beside a server that runs: images are deleted by a client, and come back or go for good."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.aws.ecr.asking import client
from tests.aws.ecr.putting import put_image
from tests.cli.test_gc import refused, run
from tests.clients import processes
from tests.clients.serving import Server, serving
from tests.factories import an_index
from tests.faults.workload import registry

from entrepot.domain import digests

NAME = "team/app"


@pytest.fixture
def server(tmp_path: Path) -> Any:
    with serving(tmp_path, processes.environment(tmp_path), workers=1) as running:
        yield running


@pytest.fixture
def ecr(server: Server) -> Any:
    with client(server) as made:
        made.create_repository(repositoryName=NAME)
        yield made


def delete(ecr: Any, *digests_: str) -> None:
    ids = [{"imageDigest": digest} for digest in digests_]
    assert ecr.batch_delete_image(repositoryName=NAME, imageIds=ids)["failures"] == []


def trash(server: Server, *arguments: str) -> tuple[int, str]:
    done = run("trash", *arguments, "--data-dir", str(server.data_dir))
    return done.returncode, done.stdout + done.stderr


def test_list_and_restore(server: Server, ecr: Any) -> None:
    """What is listed comes back, an index with its image; what a tag is used for by now is told."""
    image, other = put_image(ecr, NAME, "1", "one"), put_image(ecr, NAME, "2", number=1)
    index = an_index(image.manifest.encode()).decode()
    named = digests.of(index.encode())
    ecr.put_image(repositoryName=NAME, imageManifest=index, imageTag="all")
    delete(ecr, named, image.digest, other.digest)
    code, text = trash(server, "list", NAME, "--json")
    rows = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert {(row["digest"], *row["tags"]) for row in rows} == {
        (named, "all"),
        (image.digest, "1", "one"),
        (other.digest, "2"),
    }
    assert all(row["repository"] == NAME and row["keptUntil"] > row["deletedAt"] for row in rows)
    assert trash(server, "list")[1].count(NAME) == 3
    put_image(ecr, NAME, "one", number=2)
    code, text = trash(server, "restore", NAME, "all", "2")
    assert (code, text.splitlines()) == (
        1,
        [
            f"{image.digest} is back as 1; other images have one now",
            f"{named} is back as all",
            f"{other.digest} is back as 2",
        ],
    )
    ids = ecr.batch_get_image(repositoryName=NAME, imageIds=[{"imageTag": tag} for tag in ("all", "1", "2")])["images"]
    assert [each["imageId"]["imageDigest"] for each in ids] == [named, image.digest, other.digest]
    assert trash(server, "list") == (0, "")


def pass_seconds(server: Server, seconds: int) -> None:
    """Make what was told of blobs, and their release, so much older."""
    text = "UPDATE repository_blobs SET leased_until = leased_until - :past, released_at = released_at - :past"
    with registry(server.data_dir) as reg:
        reg.db.write(lambda tx: tx.run(text, past=seconds * 1_000_000))


def stored(server: Server) -> int:
    return sum(path.is_file() for path in (server.data_dir / "storage" / "blobs").rglob("*"))


def test_empty(server: Server, ecr: Any) -> None:
    """What is emptied cannot come back, and its bytes are free when the command ends."""
    image = put_image(ecr, NAME, "1")
    delete(ecr, image.digest)
    pass_seconds(server, 31)
    code, text = trash(server, "empty", NAME, "--json")
    told = json.loads(text)
    assert (code, told["images"], told["blobs"], told["waiting"], stored(server)) == (0, 1, 2, 0, 0)
    assert told["bytes"] > 0
    assert trash(server, "empty") == (0, "0 images removed for good, 0 bytes collected\n")
    here = ("--data-dir", str(server.data_dir))
    assert f"{image.digest} is not in the recycle bin of {NAME}" in refused(
        "trash", "restore", NAME, image.digest, *here
    )
    delete(ecr, put_image(ecr, NAME, "1", number=1).digest)
    pass_seconds(server, 31)
    ecr.initiate_layer_upload(repositoryName=NAME)
    first, second = trash(server, "empty")[1].splitlines()
    assert first == "1 image removed for good, 0 bytes collected"
    assert second.endswith("may be needed by pushes under way: garbage collection takes them after these")
    assert stored(server) == 2


def test_empty_waits(server: Server, ecr: Any) -> None:
    """What was pushed a moment ago is free when the command ends as well: it waits until no push can need it."""
    delete(ecr, put_image(ecr, NAME, "1").digest)
    pass_seconds(server, 28)
    began = time.monotonic()
    assert json.loads(trash(server, "empty", "--json")[1])["blobs"] == 2
    assert stored(server) == 0
    assert time.monotonic() - began > 1


def test_not_in_the_bin(server: Server, ecr: Any) -> None:
    """What is there, what never was and what names nothing: 2, and each in its own words."""
    image, here = put_image(ecr, NAME, "1"), ("--data-dir", str(server.data_dir))
    for reference in ("1", image.digest, "none"):
        said = refused("trash", "restore", NAME, reference, *here)
        assert said.startswith(f"entrepot: {reference} is not in the recycle bin of {NAME}: ")
    assert "sha256:zz is neither a digest nor a tag" in refused("trash", "restore", NAME, "sha256:zz", *here)


def test_regions(server: Server, ecr: Any) -> None:
    """Another region's repository is named with --region; lists tell regions apart, and only where there are two."""
    here = put_image(ecr, NAME, "1")
    delete(ecr, here.digest)
    assert trash(server, "list")[1].startswith(f"{NAME}  {here.digest}")
    with client(server, region="eu-west-1") as far:
        far.create_repository(repositoryName="far")
        there = put_image(far, "far", "1", number=1)
        far.batch_delete_image(repositoryName="far", imageIds=[{"imageTag": "1"}, {"imageDigest": there.digest}])
    rows = trash(server, "list")[1].splitlines()
    assert [row.split()[:3] for row in rows] == [["us-east-1", NAME, here.digest], ["eu-west-1", "far", there.digest]]
    assert "or name another --region" in refused("trash", "list", "far", "--data-dir", str(server.data_dir))
    assert trash(server, "list", "--region", "eu-west-1")[1].splitlines() == rows[1:]
    assert trash(server, "restore", "far", "1", "--region", "eu-west-1")[0] == 0
    with client(server, region="eu-west-1") as far:
        far.batch_delete_image(repositoryName="far", imageIds=[{"imageDigest": there.digest}])
    pass_seconds(server, 31)
    assert trash(server, "empty", "--region", "eu-west-1")[1].startswith("1 image removed")
    assert trash(server, "list", "--account", "123456789012")[1].splitlines() == rows[:1]
    assert trash(server, "list", "--account", "210987654321") == (0, "")
    assert "--account: " in refused("trash", "list", "--account", "me", "--data-dir", str(server.data_dir))


def test_refusals(server: Server) -> None:
    """A repository that is not there, and a folder without a registry: 2, and why."""
    for words in (("list", "team/none"), ("empty", "team/none"), ("restore", "team/none", "v1")):
        here = ("--data-dir", str(server.data_dir))
        assert "The repository with name 'team/none' does not exist" in refused("trash", *words, *here)
    assert "name its folder with --data-dir" in refused("trash", "list", "--data-dir", str(server.data_dir / "none"))
