"""skopeo and buildah of a newer Debian: zstd:chunked layers, sync of whole repositories, sigstore attachments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .processes import run

if TYPE_CHECKING:
    from .conftest import Need
    from .images import Layout
    from .serving import Server


@pytest.fixture
def skopeo_newer(need: Need, docker_login: dict[str, str]) -> dict[str, str]:
    need("newer-skopeo")
    return docker_login | {"REGISTRY_AUTH_FILE": f"{docker_login['DOCKER_CONFIG']}/config.json"}


def copy(env: dict[str, str], *words: str) -> None:
    run(["newer-skopeo", "--insecure-policy", "copy", "--quiet", *words], env)


@pytest.mark.parametrize("kind", ["zstd", "zstd:chunked"])
def test_zstd(skopeo_newer: dict[str, str], repository: str, layout: Layout, tmp_path: Path, kind: str) -> None:
    """Layers compressed with zstd are pushed under their type and come back byte for byte."""
    ref = f"docker://{repository}:z"
    words = ("--dest-tls-verify=false", f"--dest-compress-format={kind}", "--dest-force-compress-format")
    copy(skopeo_newer, *words, f"oci:{layout.folder}:small", ref)
    shown = ["newer-skopeo", "inspect", "--raw", "--tls-verify=false", ref]
    [layer] = json.loads(run(shown, skopeo_newer))["layers"]
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar+zstd"
    assert ("io.github.containers.zstd-chunked.manifest-position" in layer.get("annotations", {})) == (
        "chunked" in kind
    )
    copy(skopeo_newer, "--src-tls-verify=false", ref, f"oci:{tmp_path}/back:z")
    stored = tmp_path / "back" / "blobs" / layer["digest"].replace(":", "/")
    assert stored.stat().st_size == layer["size"]


def test_sync(skopeo_newer: dict[str, str], pushed: str, layout: Layout, server: Server, tmp_path: Path) -> None:
    """`skopeo sync` lists the tags page by page and brings every image."""
    words = ["sync", "--all", "--src", "docker", "--dest", "dir", "--src-tls-verify=false", pushed, str(tmp_path)]
    run(["newer-skopeo", "--insecure-policy", *words], skopeo_newer)
    name = pushed.rpartition("/")[2]
    found = {path.name: path for path in tmp_path.glob(f"{name}:*")}
    assert set(found) == {f"{name}:{tag}" for tag in ("small", "debian", "multi")}
    multi = found[f"{name}:multi"] / "manifest.json"
    assert multi.read_bytes() == layout.blob(layout.digest("multi"))
    assert server.host in pushed


def test_delete_and_list(skopeo_newer: dict[str, str], pushed: str) -> None:
    """Skopeo deletes by digest, after it looked the tag up."""
    run(["newer-skopeo", "delete", "--tls-verify=false", f"docker://{pushed}:debian"], skopeo_newer)
    listed = run(["newer-skopeo", "list-tags", "--tls-verify=false", f"docker://{pushed}"], skopeo_newer)
    assert json.loads(listed)["Tags"] == ["multi", "small"]
