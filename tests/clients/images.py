"""A real multi-layer image and a multi-architecture index, in an OCI layout that is built once per machine."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import os
import platform
import random
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_TAG = "org.opencontainers.image.ref.name"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# Change it with anything below: the layout of an older edition is not used.
_EDITION = "2"
_SECONDS_FOR_DEBIAN = 240
GREETING = b"from the third layer\n"
# More than the 5 MiB which every part of a layer but the last one needs.
_RANDOM_BYTES = 6 * 1024 * 1024 + 1


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI layout: `debian` (three layers), `small` (one) and `multi` (an index of two platforms) in one folder."""

    folder: Path

    def blob(self, digest: str) -> bytes:
        return (self.folder / "blobs" / digest.replace(":", "/")).read_bytes()

    def digest(self, tag: str) -> str:
        """The digest that the tag names."""
        index = json.loads((self.folder / "index.json").read_bytes())
        tags = {entry["annotations"][_TAG]: str(entry["digest"]) for entry in index["manifests"]}
        return tags[tag]

    def manifest(self, tag: str) -> Manifest:
        return Manifest.parse(self.blob(self.digest(tag)))

    def read(self, tag: str, path: str) -> bytes:
        """A file's bytes as a container would see them; `path` without the leading slash."""
        for layer in reversed(self.manifest(tag).layers):
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer)), mode="r:*") as archive:
                for member in archive:
                    if member.name.removeprefix("./") == path:
                        file = archive.extractfile(member)
                        assert file
                        return file.read()
        raise FileNotFoundError(path)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the tests ask of a manifest, whatever its media type."""

    config: str
    layers: tuple[str, ...]
    size: int

    @classmethod
    def parse(cls, document: bytes | str) -> Manifest:
        fields = json.loads(document)
        layers = fields["layers"]
        return cls(
            fields["config"]["digest"],
            tuple(layer["digest"] for layer in layers),
            fields["config"]["size"] + sum(layer["size"] for layer in layers),
        )


def debian_layout() -> Layout:
    """The layout from the cache of this machine, made there first where it is missing (about 20 s, with mmdebstrap)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "entrepot-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"layout-{_EDITION}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as unfinished:
                _Builder(Path(unfinished) / "layout").build().rename(folder)
    return Layout(folder)


class _Builder:
    """Writes a layout; blobs are named by their digest as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True)

    def build(self) -> Path:
        noise = random.Random("entrepot").randbytes(_RANDOM_BYTES)
        debian = self._layer(_debian(self._folder.parent / "debian.tar"))
        second = self._layer(_tar({"srv/greeting": b"from the second layer\n", "srv/gone": b"", "srv/noise": noise}))
        third = self._layer(_tar({"srv/greeting": GREETING, "srv/.wh.gone": b""}))
        small = self._layer(_tar({"srv/greeting": GREETING}))
        native = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")
        other = "arm64" if native == "amd64" else "amd64"
        tags = {
            "debian": self._image(native, [debian, second, third]),
            "small": self._image(native, [small]),
            "multi": self._json(_index([self._image(name, [small]) for name in (native, other)]), INDEX),
        }
        names = [d | {"annotations": {_TAG: tag}} for tag, d in tags.items()]
        (self._folder / "index.json").write_text(json.dumps(_index(names)))
        (self._folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
        return self._folder

    def _blob(self, content: bytes, media_type: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (self._folder / "blobs" / "sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def _json(self, document: Mapping[str, object], media_type: str) -> dict[str, object]:
        return self._blob(json.dumps(document).encode(), media_type)

    def _layer(self, tar: bytes) -> tuple[str, dict[str, object]]:
        diff_id = f"sha256:{hashlib.sha256(tar).hexdigest()}"
        return diff_id, self._blob(gzip.compress(tar, compresslevel=1, mtime=0), _LAYER)

    def _image(self, architecture: str, layers: list[tuple[str, dict[str, object]]]) -> dict[str, object]:
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": ["/bin/cat", "/srv/greeting"], "Env": ["PATH=/usr/bin:/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id for diff_id, _ in layers]},
            "history": [{"created_by": f"layer {number}"} for number, _ in enumerate(layers)],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._json(config, _CONFIG),
            "layers": [descriptor for _, descriptor in layers],
        }
        described = self._json(manifest, MANIFEST)
        return described | {"platform": {"architecture": architecture, "os": "linux"}}


def _index(manifests: list[dict[str, object]]) -> dict[str, object]:
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}


def _tar(files: Mapping[str, bytes]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return output.getvalue()


def _debian(archive: Path) -> bytes:
    """A Debian root file system of essential packages, without documentation."""
    without = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "locale", "man")]
    mmdebstrap = shutil.which("mmdebstrap")
    assert mmdebstrap
    done = subprocess.run(
        [mmdebstrap, "--quiet", "--variant=essential", *without, _release(), str(archive)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS_FOR_DEBIAN,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return archive.read_bytes()


def _release() -> str:
    """The release that this machine has the keys of."""
    about = platform.freedesktop_os_release()
    return about.get("VERSION_CODENAME", "stable") if about["ID"] == "debian" else "stable"
