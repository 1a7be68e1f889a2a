"""crane: the client library of kaniko, ko, cosign and others, which probes with POST and DELETE before it pushes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .processes import run

if TYPE_CHECKING:
    from .conftest import Need
    from .images import Layout
    from .serving import Server


@pytest.fixture
def crane(need: Need, docker_login: dict[str, str]) -> Crane:
    need("crane")
    return Crane(docker_login)


class Crane:
    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def __call__(self, *words: str) -> str:
        return run(["crane", *words], self.env).decode().strip()


def test_look(crane: Crane, pushed: str, layout: Layout, server: Server) -> None:
    """Tags, catalog, digests, manifests and configurations are as they were pushed, and every layer is valid."""
    assert crane("ls", pushed).split() == ["debian", "multi", "small"]
    assert pushed.partition("/")[2] in crane("catalog", server.host).split()
    for tag in ("debian", "small", "multi"):
        assert crane("digest", f"{pushed}:{tag}") == layout.digest(tag)
        assert json.loads(crane("manifest", f"{pushed}:{tag}")) == json.loads(layout.blob(layout.digest(tag)))
    assert crane("config", f"{pushed}:small").encode() == layout.blob(layout.manifest("small").config)
    assert "PASS" in crane("validate", "--remote", f"{pushed}:debian")
    assert "PASS" in crane("validate", "--remote", f"{pushed}:multi")


def test_change_and_copy(crane: Crane, pushed: str, layout: Layout, tmp_path: Path) -> None:
    """Layers are appended, labels set, tags moved and images copied within the registry."""
    archive = tmp_path / "layer.tar"
    with tarfile.open(archive, "w") as layer:
        member = tarfile.TarInfo("srv/appended")
        member.size = 3
        layer.addfile(member, io.BytesIO(b"abc"))
    crane("append", "--base", f"{pushed}:small", "--new_layer", str(archive), "--new_tag", f"{pushed}:appended")
    crane("mutate", f"{pushed}:appended", "--label", "made=here", "--tag", f"{pushed}:labelled")
    labels = json.loads(crane("config", f"{pushed}:labelled"))["config"]["Labels"]
    assert labels == {"made": "here"}
    crane("tag", f"{pushed}:labelled", "moved")
    crane("tag", f"{pushed}:small", "moved")
    assert crane("digest", f"{pushed}:moved") == layout.digest("small")
    crane("copy", f"{pushed}:multi", f"{pushed}:copied")
    assert crane("digest", f"{pushed}:copied") == layout.digest("multi")
    crane("pull", f"{pushed}:labelled", str(tmp_path / "image.tar"))
    assert tarfile.is_tarfile(tmp_path / "image.tar")
    crane("index", "append", f"{pushed}:multi", "--manifest", f"{pushed}:labelled", "--tag", f"{pushed}:more")
    assert len(json.loads(crane("manifest", f"{pushed}:more"))["manifests"]) == 3


def test_delete(crane: Crane, pushed: str, layout: Layout) -> None:
    """A tag alone, then an image by digest."""
    crane("tag", f"{pushed}:small", "second")
    crane("delete", f"{pushed}:second")
    assert crane("ls", pushed).split() == ["debian", "multi", "small"]
    crane("delete", f"{pushed}@{layout.digest('debian')}")
    assert crane("ls", pushed).split() == ["multi", "small"]
