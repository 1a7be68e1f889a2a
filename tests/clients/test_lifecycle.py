"""Lifecycle policies through the aws CLI, the server's own clock and `entrepot lifecycle run`."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.aws.ecr.putting import put_image
from tests.domain.lifecycle_worlds import a_rule, a_text

from .processes import environment, fail, run
from .serving import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMAND = [sys.executable, "-m", "entrepot", "lifecycle", "run"]


def _name(repository: str) -> str:
    return repository.partition("/")[2]


def test_every_command(aws: Callable[..., Any], ecr: Any, repository: str, tmp_path: Path) -> None:
    """`aws ecr` puts, gets, previews, waits and deletes, with the policy in a file as everybody has it."""
    name = _name(repository)
    digests = [put_image(ecr, name, f"v{number}", number=number).digest for number in range(3)]
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(json.loads(a_text(a_rule(1, "any", more_than=1))), indent=2))
    at = ["--repository-name", name]
    put = aws("ecr", "put-lifecycle-policy", *at, "--lifecycle-policy-text", f"file://{policy}")
    assert put["lifecyclePolicyText"] == policy.read_text()
    assert aws("ecr", "get-lifecycle-policy", *at)["lifecyclePolicyText"] == policy.read_text()
    assert aws("ecr", "start-lifecycle-policy-preview", *at)["status"] == "IN_PROGRESS"
    aws("ecr", "wait", "lifecycle-policy-preview-complete", *at)
    shown = aws("ecr", "get-lifecycle-policy-preview", *at, "--page-size", "1")
    assert [result["imageDigest"] for result in shown["previewResults"]] == sorted(digests[:2])
    assert aws("ecr", "delete-lifecycle-policy", *at)["lifecyclePolicyText"] == policy.read_text()


def test_run(aws: Callable[..., Any], ecr: Any, server: Server, repository: str) -> None:
    """`entrepot lifecycle run` explains each image beside the server, then does what it said, in text and in JSON."""
    name = _name(repository)
    first = int(os.urandom(4).hex(), 16)  # no other repository names these blobs
    images = [put_image(ecr, name, tag, number=first + at) for at, tag in enumerate(("v1", "v2"))]
    old, new = (image.digest for image in images)
    assert "put-lifecycle-policy" in fail([*COMMAND, name], server.env)
    assert "does not exist in the registry" in fail([*COMMAND, "no/such"], server.env)
    aws(
        *["ecr", "put-lifecycle-policy", "--repository-name", name],
        *["--lifecycle-policy-text", a_text(a_rule(5, "tagged", patterns=["v*"], more_than=1))],
    )
    text = run([*COMMAND, name, "--dry-run"], server.env).decode().splitlines()
    freed = len(images[0].layer) + len(images[0].config)
    assert text[0] == (
        f"{name}: 1 of 2 images would be taken, {freed} bytes would come free after 7 days in the recycle bin"
    )
    assert sorted(text[1:]) == sorted(
        [
            f"  expire   {old}  [v1]  it is not among the newest 1 of rule 5",
            f"  keep     {new}  [v2]  it is among the newest 1 of rule 5",
        ]
    )
    (told,) = json.loads(run([*COMMAND, name, "--dry-run", "--json"], server.env))["repositories"]
    assert (told["repository"], told["expiring"], told["archiving"], told["bytes"]) == (name, 1, 0, freed)
    assert {(image["digest"], image["action"], image["why"], image["rule"]) for image in told["images"]} == {
        (old, "expire", "taken", 5),
        (new, "keep", "kept", 5),
    }
    assert len(ecr.list_images(repositoryName=name)["imageIds"]) == 2
    assert run([*COMMAND, name], server.env) == b"1 repository, 2 images: 1 expired, 0 archived\n"
    assert json.loads(run([*COMMAND, name, "--json"], server.env))["expired"] == 0
    assert [image["imageDigest"] for image in ecr.list_images(repositoryName=name)["imageIds"]] == [new]
    assert ecr.get_lifecycle_policy(repositoryName=name)["lastEvaluatedAt"].year > 2000


def test_by_itself(tmp_path: Path) -> None:
    """A server whose `lifecycle.interval` is a second applies a policy without being asked."""
    from tests.aws.ecr.asking import client  # noqa: PLC0415  # its assertions are rewritten when it is imported first

    env = environment(tmp_path) | {"ENTREPOT_LIFECYCLE__INTERVAL": "1"}
    with serving(tmp_path, env, workers=1) as own, client(own) as ecr:
        ecr.create_repository(repositoryName="team/app")
        for number in range(3):
            put_image(ecr, "team/app", f"v{number}", number=number)
        ecr.put_lifecycle_policy(repositoryName="team/app", lifecyclePolicyText=a_text(a_rule(1, "any", more_than=1)))
        deadline = time.monotonic() + 60
        while len(found := ecr.list_images(repositoryName="team/app")["imageIds"]) > 1:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        assert [image["imageTag"] for image in found] == ["v2"]
