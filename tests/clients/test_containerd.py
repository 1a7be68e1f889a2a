"""containerd pulls what skopeo pushed: an image by tag, and an index with all its platforms by digest."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from .engines import KEEP, login
from .processes import run

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Need
    from .engines import Docker, Skopeo
    from .images import Layout
    from .serving import Server


@pytest.mark.xdist_group("docker")
def test_pull(need: Need, docker: Docker, skopeo: Skopeo, server: Server, repository: str, layout: Layout) -> None:
    """`ctr images pull` brings an image and an index under the digests that were pushed."""
    need("ctr")
    login(skopeo, server)
    to = ["skopeo", "copy", KEEP, "--all", "--dest-tls-verify=false"]
    for tag in ("debian", "multi"):
        run([*to, f"oci:{layout.folder}:{tag}", f"docker://{repository}:{tag}"], skopeo.env)
    password = run(["aws", "ecr", "get-login-password"], server.env).decode().strip()
    # dockerd's own containerd, in a namespace of which docker knows nothing.
    ctr = ["ctr", f"--address={docker.folder}/exec/containerd/containerd.sock", "--namespace=entrepot", "images"]
    pull = [*ctr, "pull", "--plain-http", "--snapshotter=native", "--all-platforms", f"--user=AWS:{password}"]
    names = {f"{repository}:debian": layout.digest("debian")}
    names[f"{repository}@{layout.digest('multi')}"] = layout.digest("multi")
    for name, digest in names.items():
        run([*pull, name], docker.env)
        [line] = [line for line in run([*ctr, "list"], docker.env).decode().splitlines() if line.startswith(name)]
        assert digest in line
        run([*ctr, "remove", "--sync", name], docker.env)


@pytest.mark.xdist_group("docker")
def test_mirror(
    need: Need, docker: Docker, skopeo: Skopeo, server: Server, ecr: Any, layout: Layout, tmp_path: Path
) -> None:
    """Containerd with a hosts.toml asks us for another registry's image, with `?ns=` in every request."""
    need("ctr")
    ecr.create_repository(repositoryName="library/mirrored")
    login(skopeo, server)
    to = ["skopeo", "copy", KEEP, "--all", "--dest-tls-verify=false", f"oci:{layout.folder}:multi"]
    run([*to, f"docker://{server.host}/library/mirrored:1"], skopeo.env)
    password = run(["aws", "ecr", "get-login-password"], server.env).decode().strip()
    hosts = tmp_path / "registry.example.com"
    hosts.mkdir()
    auth = base64.b64encode(f"AWS:{password}".encode()).decode()
    (hosts / "hosts.toml").write_text(
        f'server = "http://127.0.0.1:1"\n[host."http://{server.host}"]\ncapabilities = ["pull", "resolve"]\n'
        f'[host."http://{server.host}".header]\nauthorization = "Basic {auth}"\n'
    )
    ctr = ["ctr", f"--address={docker.folder}/exec/containerd/containerd.sock", "--namespace=mirror", "images"]
    name = "registry.example.com/library/mirrored:1"
    run([*ctr, "pull", f"--hosts-dir={tmp_path}", "--snapshotter=native", "--all-platforms", name], docker.env)
    [line] = [line for line in run([*ctr, "list"], docker.env).decode().splitlines() if line.startswith(name)]
    assert layout.digest("multi") in line
    assert "ns=registry.example.com" in (server.data_dir.parent / "serve.log").read_text()
    run([*ctr, "remove", "--sync", name], docker.env)
