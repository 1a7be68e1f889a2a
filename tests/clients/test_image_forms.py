"""Docker schema 2 and OCI images, indexes of several platforms, and copies between repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .engines import KEEP, login
from .images import GREETING, INDEX, MANIFEST, Layout
from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engines import Buildah, Podman, Skopeo
    from .serving import Server

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
TO = "--dest-tls-verify=false"
FROM = "--src-tls-verify=false"


@pytest.mark.parametrize(("form", "media_type"), [("v2s2", DOCKER_MANIFEST), ("oci", MANIFEST)])
def test_form_is_kept(
    skopeo: Skopeo, server: Server, repository: str, layout: Layout, ecr: Any, form: str, media_type: str
) -> None:
    """An image keeps its form and its digest: DescribeImages names the media type, and a copy back is the same."""
    login(skopeo, server)
    here, there = f"oci:{layout.folder}:debian", f"docker://{repository}:{form}"
    run(["skopeo", "copy", TO, f"--format={form}", here, there], skopeo.env)
    name = repository.removeprefix(f"{server.host}/")
    [image] = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert image["imageManifestMediaType"] == media_type
    assert image["imageSizeInBytes"] == layout.manifest("debian").size

    run(["skopeo", "copy", FROM, there, f"dir:{skopeo.folder}/back"], skopeo.env)
    raw = (skopeo.folder / "back" / "manifest.json").read_bytes()
    digest = run(["skopeo", "manifest-digest", f"{skopeo.folder}/back/manifest.json"], skopeo.env).decode().strip()
    assert digest == image["imageDigest"]
    assert [layer["digest"] for layer in json.loads(raw)["layers"]] == list(layout.manifest("debian").layers)


def test_index_by_skopeo(skopeo: Skopeo, server: Server, repository: str, layout: Layout, ecr: Any) -> None:
    """An index and all its images arrive whole, and come back whole by tag, by digest, and one platform at a time."""
    login(skopeo, server)
    run(["skopeo", "copy", KEEP, "--all", TO, f"oci:{layout.folder}:multi", f"docker://{repository}:multi"], skopeo.env)
    index = layout.digest("multi")
    images = ecr.describe_images(repositoryName=repository.removeprefix(f"{server.host}/"))["imageDetails"]
    kept = {image["imageDigest"]: image.get("imageTags") for image in images}
    assert kept.pop(index) == ["multi"]
    assert kept == {entry["digest"]: None for entry in json.loads(layout.blob(index))["manifests"]}
    assert next(i for i in images if i["imageDigest"] == index)["imageManifestMediaType"] == INDEX

    for number, ref in enumerate([f"{repository}:multi", f"{repository}@{index}"]):
        whole = f"oci:{skopeo.folder}/whole{number}:multi"
        run(["skopeo", "copy", "--all", FROM, f"docker://{ref}", whole], skopeo.env)
        assert Layout(skopeo.folder / f"whole{number}").digest("multi") == index
    for architecture in ("amd64", "arm64"):
        back = f"oci:{skopeo.folder}/{architecture}:1"
        override = [f"--override-arch={architecture}", "--override-os=linux"]
        run(["skopeo", *override, "copy", FROM, f"docker://{repository}:multi", back], skopeo.env)
        one = Layout(skopeo.folder / architecture)
        assert json.loads(one.blob(one.manifest("1").config))["architecture"] == architecture


def test_index_by_podman(podman: Podman, server: Server, repository: str, layout: Layout, ecr: Any) -> None:
    """`podman manifest push` brings a list that another store pulls by tag and by digest."""
    login(podman, server)
    _build_list(podman, layout)
    _push_list_and_pull(podman, ["manifest", "push", "--all"], repository, server, ecr)


def test_index_by_buildah(buildah: Buildah, server: Server, repository: str, layout: Layout, ecr: Any) -> None:
    """`buildah manifest push --all` brings a list that another store pulls by tag and by digest."""
    login(buildah, server)
    _build_list(buildah, layout)
    _push_list_and_pull(buildah, ["manifest", "push", "--all"], repository, server, ecr)


def _build_list(engine: Podman | Buildah, layout: Layout) -> None:
    run(engine.words("manifest", "create", "multi"), engine.env)
    run(engine.words("manifest", "add", "--all", "multi", f"oci:{layout.folder}:multi"), engine.env)


def _push_list_and_pull(engine: Podman | Buildah, push: list[str], repository: str, server: Server, ecr: Any) -> None:
    ref = f"{repository}:multi"
    run(engine.words(*push, "--tls-verify=false", "multi", f"docker://{ref}"), engine.env)
    images = ecr.describe_images(repositoryName=repository.removeprefix(f"{server.host}/"))["imageDetails"]
    [tagged] = [image for image in images if image.get("imageTags")]
    assert tagged["imageTags"] == ["multi"]
    assert tagged["imageManifestMediaType"] in {INDEX, DOCKER_LIST}
    assert len(images) == 3
    for name in (ref, f"{repository}@{tagged['imageDigest']}"):
        elsewhere = engine.elsewhere()
        run(elsewhere.pull(name), elsewhere.env)
        assert elsewhere.read(name, "srv/greeting") == GREETING


def test_copy_between_repositories(
    skopeo: Skopeo, server: Server, repository: str, layout: Layout, aws: Callable[..., Any]
) -> None:
    """A copy to a second repository mounts the layers: the same digest stands in both, only the config travels."""
    login(skopeo, server)
    other = repository + "/copy"
    aws("ecr", "create-repository", "--repository-name", other.removeprefix(f"{server.host}/"))
    run(["skopeo", "copy", KEEP, TO, f"oci:{layout.folder}:debian", f"docker://{repository}:1"], skopeo.env)
    copy = ["skopeo", "--debug", "copy", KEEP, FROM, TO, f"docker://{repository}:1", f"docker://{other}:1"]
    done = run(["sh", "-c", 'exec "$@" 2>&1', "sh", *copy], skopeo.env).decode()
    assert "mount=sha256" in done
    assert done.count('msg="PATCH ') == 1
    digests = [
        run(["skopeo", "inspect", "--tls-verify=false", "--format={{.Digest}}", f"docker://{ref}:1"], skopeo.env)
        for ref in (repository, other)
    ]
    assert digests[0] == digests[1]


def test_list_tags_inspect_and_delete(skopeo: Skopeo, server: Server, repository: str, layout: Layout) -> None:
    """The list-tags, inspect and delete of skopeo see what is there, and afterwards that it is gone."""
    login(skopeo, server)
    for tag in ("b", "a"):
        run(["skopeo", "copy", KEEP, TO, f"oci:{layout.folder}:small", f"docker://{repository}:{tag}"], skopeo.env)
    plain = "--tls-verify=false"
    assert json.loads(run(["skopeo", "list-tags", plain, f"docker://{repository}"], skopeo.env))["Tags"] == ["a", "b"]
    seen = json.loads(run(["skopeo", "inspect", plain, f"docker://{repository}:a"], skopeo.env))
    assert (seen["Digest"], seen["Layers"]) == (layout.digest("small"), list(layout.manifest("small").layers))
    run(["skopeo", "delete", plain, f"docker://{repository}:a"], skopeo.env)
    assert "not found" in fail(["skopeo", "inspect", plain, f"docker://{repository}:b"], skopeo.env)
