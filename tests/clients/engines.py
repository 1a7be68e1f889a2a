"""The clients that push and pull images, behind the same few verbs; each keeps images and passwords to itself."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from .images import Layout
from .processes import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .serving import Server

KEEP = "--preserve-digests"
"""Push what is there: skopeo swaps in a layer in another compression where it remembers one at the destination."""

_PLAIN_HTTP = "--tls-verify=false"


class Engine(Protocol):
    """What the tests do with a client; `ref` is HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST."""

    @property
    def env(self) -> Mapping[str, str]: ...

    def login(self, host: str) -> list[str]:
        """The command that logs in and reads the password from its standard input."""
        ...

    def load(self, layout: Layout, tag: str, ref: str) -> None:
        """Take an image from a layout and give it a name."""
        ...

    def push(self, ref: str) -> list[str]:
        """The command that pushes."""
        ...

    def pull(self, ref: str) -> list[str]:
        """The command that pulls."""
        ...

    def elsewhere(self) -> Self:
        """The same client, logged in as before, without any image."""
        ...

    def config(self, ref: str) -> str:
        """The digest of the configuration of a local image."""
        ...

    def read(self, ref: str, path: str) -> bytes:
        """A file of a local image; `path` without the leading slash."""
        ...


@dataclass(frozen=True, slots=True)
class Docker:
    """docker on a private daemon; `env` holds DOCKER_HOST and DOCKER_CONFIG, `folder` all that the daemon has."""

    env: Mapping[str, str]
    folder: Path

    def login(self, host: str) -> list[str]:
        return ["docker", "login", "--username", "AWS", "--password-stdin", host]

    def load(self, layout: Layout, tag: str, ref: str) -> None:
        daemon = f"--dest-daemon-host={self.env['DOCKER_HOST']}"
        run(["skopeo", "copy", "--quiet", daemon, f"oci:{layout.folder}:{tag}", f"docker-daemon:{ref}"], self.env)

    def push(self, ref: str) -> list[str]:
        return ["docker", "push", ref]

    def pull(self, ref: str) -> list[str]:
        return ["docker", "pull", ref]

    def elsewhere(self) -> Self:
        """The daemon forgets every image: a second daemon would take as long again to start."""
        images = run(["docker", "images", "--all", "--quiet"], self.env).decode().split()
        if images:
            run(["docker", "rmi", "--force", *sorted(set(images))], self.env)
        return self

    def config(self, ref: str) -> str:
        return run(["docker", "image", "inspect", "--format", "{{.Id}}", ref], self.env).decode().strip()

    def read(self, ref: str, path: str) -> bytes:
        container = run(["docker", "create", ref], self.env).decode().strip()
        try:
            archive = run(["docker", "cp", f"{container}:/{path}", "-"], self.env)
        finally:
            run(["docker", "rm", container], self.env)
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            file = files.extractfile(files.getmembers()[0])
            assert file
            return file.read()


@dataclass(frozen=True, slots=True)
class _Storage:
    """What podman and buildah share; `env` holds REGISTRY_AUTH_FILE and CONTAINERS_CONF."""

    _program: ClassVar[str]
    env: Mapping[str, str]
    folder: Path
    number: int = 1

    def words(self, *words: str) -> list[str]:
        storage = (f"--root={self._root}/root", f"--runroot={self._root}/run", "--storage-driver=vfs")
        return [self._program, *storage, *words]

    @property
    def _root(self) -> Path:
        return self.folder / str(self.number)

    def _run(self, *words: str) -> str:
        return run(self.words(*words), self.env).decode().strip()

    def login(self, host: str) -> list[str]:
        return self.words("login", _PLAIN_HTTP, "--username", "AWS", "--password-stdin", host)

    def load(self, layout: Layout, tag: str, ref: str) -> None:
        # By skopeo: podman and buildah make a name of the layout's path, and not every path can be one.
        storage = f"containers-storage:[vfs@{self._root}/root+{self._root}/run]{ref}"
        run(["skopeo", "copy", "--quiet", f"oci:{layout.folder}:{tag}", storage], self.env)

    def push(self, ref: str) -> list[str]:
        return self.words("push", _PLAIN_HTTP, ref)

    def pull(self, ref: str) -> list[str]:
        return self.words("pull", _PLAIN_HTTP, ref)

    def elsewhere(self) -> Self:
        return replace(self, number=self.number + 1)


@dataclass(frozen=True, slots=True)
class Podman(_Storage):
    """podman, which mounts an image as root."""

    _program = "podman"

    def config(self, ref: str) -> str:
        return "sha256:" + self._run("image", "inspect", "--format", "{{.Id}}", ref)

    def read(self, ref: str, path: str) -> bytes:
        mounted = self._run("image", "mount", ref)
        try:
            return (Path(mounted) / path).read_bytes()
        finally:
            self._run("image", "unmount", ref)


@dataclass(frozen=True, slots=True)
class Buildah(_Storage):
    """buildah, which also runs what is in an image."""

    _program = "buildah"

    def config(self, ref: str) -> str:
        return "sha256:" + self._run("inspect", "--type=image", "--format", "{{.FromImageID}}", ref)

    def read(self, ref: str, path: str) -> bytes:
        container = self._run("from", "--pull-never", ref)
        try:
            return (Path(self._run("mount", container)) / path).read_bytes()
        finally:
            self._run("rm", container)

    def execute(self, ref: str, *command: str) -> bytes:
        """Run a program of a local image, isolated by chroot alone, and give what it printed."""
        container = self._run("from", "--pull-never", ref)
        try:
            return run(self.words("run", "--isolation=chroot", container, "--", *command), self.env)
        finally:
            self._run("rm", container)


@dataclass(frozen=True, slots=True)
class Skopeo:
    """skopeo, whose local images lie in an OCI layout per image."""

    env: Mapping[str, str]
    folder: Path
    number: int = 1

    def _local(self, ref: str) -> Path:
        return self.folder / str(self.number) / ref.replace("/", "_").replace(":", "_")

    def login(self, host: str) -> list[str]:
        return ["skopeo", "login", _PLAIN_HTTP, "--username", "AWS", "--password-stdin", host]

    def load(self, layout: Layout, tag: str, ref: str) -> None:
        self._local(ref).parent.mkdir(parents=True, exist_ok=True)
        run(["skopeo", "copy", f"oci:{layout.folder}:{tag}", f"oci:{self._local(ref)}:1"], self.env)

    def push(self, ref: str) -> list[str]:
        return ["skopeo", "copy", KEEP, "--dest-tls-verify=false", f"oci:{self._local(ref)}:1", f"docker://{ref}"]

    def pull(self, ref: str) -> list[str]:
        self._local(ref).parent.mkdir(parents=True, exist_ok=True)
        return ["skopeo", "copy", "--src-tls-verify=false", f"docker://{ref}", f"oci:{self._local(ref)}:1"]

    def elsewhere(self) -> Self:
        return replace(self, number=self.number + 1)

    def config(self, ref: str) -> str:
        return Layout(self._local(ref)).manifest("1").config

    def read(self, ref: str, path: str) -> bytes:
        return Layout(self._local(ref)).read("1", path)


def login(engine: Engine, server: Server) -> None:
    """Run `aws ecr get-login-password | CLIENT login --username AWS --password-stdin HOST`."""
    password = run(["aws", "ecr", "get-login-password"], server.env)
    run(engine.login(server.host), engine.env, stdin=password)
