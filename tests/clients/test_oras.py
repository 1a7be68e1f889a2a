"""oras: artifacts, what is attached to an image, and copying all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .processes import fail, run

if TYPE_CHECKING:
    from .conftest import Need
    from .images import Layout

SBOM = "application/spdx+json"


@pytest.fixture
def oras(need: Need, docker_login: dict[str, str], tmp_path: Path) -> Oras:
    need("oras")
    return Oras(docker_login, tmp_path)


class Oras:
    """Runs oras in a folder of its own."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env = env
        self.folder = folder

    def __call__(self, *words: str) -> str:
        return run(["oras", *words], self.env).decode()

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def referrers(self, ref: str) -> list[dict[str, Any]]:
        """What the Referrers API lists: the fallback tag is not looked at."""
        words = ("discover", "--plain-http", "--distribution-spec", "v1.1-referrers-api", "--format", "json", ref)
        return list(json.loads(self(*words)).get("referrers") or [])


def test_an_artifact(oras: Oras, repository: str) -> None:
    """A file is pushed with an artifact type of its own and pulled again."""
    made = oras.file("notes.txt", "hello\n")
    kind = "application/vnd.example.notes"
    oras(
        "push",
        "--plain-http",
        "--disable-path-validation",
        "--artifact-type",
        kind,
        f"{repository}:n",
        f"{made}:text/plain",
    )
    manifest = json.loads(oras("manifest", "fetch", "--plain-http", f"{repository}:n"))
    assert (manifest["artifactType"], manifest["config"]["mediaType"]) == (kind, "application/vnd.oci.empty.v1+json")
    layer = manifest["layers"][0]["digest"]
    assert oras("blob", "fetch", "--plain-http", "--output", "-", f"{repository}@{layer}") == "hello\n"


def test_attach_and_discover(oras: Oras, pushed: str) -> None:
    """What is attached to an image is found through the Referrers API, by type too; no fallback tag is made."""
    note = oras.file("sbom.json", "{}")
    for kind in (SBOM, "application/vnd.example.other"):
        attach = ("attach", "--plain-http", "--disable-path-validation", "--artifact-type", kind)
        oras(*attach, "--annotation", f"about={kind}", f"{pushed}:small", note)
    found = oras.referrers(f"{pushed}:small")
    assert {item["artifactType"] for item in found} == {SBOM, "application/vnd.example.other"}
    assert all(item["annotations"]["about"] == item["artifactType"] for item in found)
    words = ("discover", "--plain-http", "--artifact-type", SBOM, "--format", "json", f"{pushed}:small")
    assert [item["artifactType"] for item in json.loads(oras(*words))["referrers"]] == [SBOM]
    tags = oras("repo", "tags", "--plain-http", pushed).split()
    assert tags == ["debian", "multi", "small"]


def test_copy_with_referrers(oras: Oras, pushed: str, repository: str, layout: Layout, aws: Any) -> None:
    """`oras copy -r` brings an index, its images and all that refers to it into another repository."""
    note = oras.file("sbom.json", "{}")
    attach = ("attach", "--plain-http", "--disable-path-validation", "--artifact-type", SBOM)
    oras(*attach, f"{pushed}:multi", note)
    name = repository.partition("/")[2] + "/copy"
    there = aws("ecr", "create-repository", "--repository-name", name)["repository"]["repositoryUri"]
    oras("copy", "-r", "--from-plain-http", "--to-plain-http", f"{pushed}:multi", f"{there}:multi")
    assert oras("resolve", "--plain-http", f"{there}:multi").strip() == layout.digest("multi")
    assert [item["artifactType"] for item in oras.referrers(f"{there}:multi")] == [SBOM]
    children = json.loads(layout.blob(layout.digest("multi")))["manifests"]
    for child in children:
        assert oras("manifest", "fetch", "--plain-http", "--descriptor", f"{there}@{child['digest']}")


def test_blobs_and_deletion(oras: Oras, pushed: str, layout: Layout) -> None:
    """Blobs are pushed, fetched and deleted on their own; one that an image names is refused."""
    made = oras.file("bytes", "some bytes")
    pushed_as = json.loads(oras("blob", "push", "--plain-http", "--descriptor", pushed, made))["digest"]
    assert oras("blob", "fetch", "--plain-http", "--output", "-", f"{pushed}@{pushed_as}") == "some bytes"
    oras("blob", "delete", "--plain-http", "--force", f"{pushed}@{pushed_as}")
    fail(["oras", "blob", "fetch", "--plain-http", "--output", "-", f"{pushed}@{pushed_as}"], oras.env)
    named = layout.manifest("small").config
    assert "is named by an image" in fail(
        ["oras", "blob", "delete", "--plain-http", "--force", f"{pushed}@{named}"], oras.env
    )
    oras("manifest", "delete", "--plain-http", "--force", f"{pushed}@{layout.digest('debian')}")
    assert oras("repo", "tags", "--plain-http", pushed).split() == ["multi", "small"]
