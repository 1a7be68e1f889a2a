"""The registry, the clients and the images that the client tests share; one of each per test process."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from .dockerd import private_dockerd
from .engines import KEEP, Buildah, Docker, Engine, Podman, Skopeo, login
from .images import Layout, debian_layout
from .processes import environment, run
from .serving import Server, serving

# podman without systemd, and with locks that another podman on this machine does not see.
_CONTAINERS_CONF = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{folder}/podman"
"""

Need = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder bears the mark `clients`."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.clients)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of every program that a client test starts."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def need(home: Path) -> Need:
    """Skip, and say loudly why, where a program is missing; with CI=1 that is a failure."""
    path = environment(home)["PATH"]

    def check(*programs: str, root: bool = False) -> None:
        missing = [name for name in programs if shutil.which(name, path=path) is None]
        if root and os.geteuid() != 0:
            missing.append("root")
        if not missing:
            return
        reason = (
            f"NOT TESTED, missing here: {', '.join(missing)} (as root on Debian, `make tools` installs the programs)"
        )
        if os.environ.get("CI") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    return check


@pytest.fixture(scope="session")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`entrepot serve` with two workers."""
    with serving(tmp_path_factory.mktemp("server"), environment(home)) as running:
        yield running


@pytest.fixture(scope="session")
def aws(server: Server) -> Callable[..., Any]:
    """Run the aws CLI and give what it answered."""

    def call(*words: str) -> Any:
        answer = run(["aws", "--output", "json", *words], server.env)
        return json.loads(answer) if answer else None

    return call


@pytest.fixture(scope="session")
def ecr(server: Server) -> Iterator[Any]:
    """A boto3 client."""
    client = boto3.client(
        "ecr",
        endpoint_url=server.env["AWS_ENDPOINT_URL"],
        region_name=server.env["AWS_REGION"],
        aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
    )
    yield client
    client.close()


@pytest.fixture(scope="session")
def layout(need: Need) -> Layout:
    """A Debian image of three layers, a small one, and an index of two platforms."""
    need("mmdebstrap")
    return debian_layout()


@pytest.fixture
def repository(request: pytest.FixtureRequest, aws: Callable[..., Any]) -> str:
    """The URI of a new repository that `aws ecr create-repository` made, named after the test."""
    name = request.node.name.split("[")[0].removeprefix("test_") + "/" + os.urandom(4).hex()
    uri = aws("ecr", "create-repository", "--repository-name", name)["repository"]["repositoryUri"]
    assert isinstance(uri, str)
    return uri


@pytest.fixture(scope="session")
def docker(need: Need, server: Server, home: Path) -> Iterator[Docker]:
    """The docker CLI on a daemon of its own."""
    need("docker", "dockerd", "skopeo", root=True)
    with private_dockerd(environment(home)) as folder:
        address = f"unix://{folder}/docker.sock"
        yield Docker(server.env | {"DOCKER_HOST": address, "DOCKER_CONFIG": str(home / "docker")}, folder)


@pytest.fixture(scope="session")
def containers_env(server: Server, home: Path) -> dict[str, str]:
    """What podman, buildah and skopeo read instead of the machine's files."""
    (home / "containers.conf").write_text(_CONTAINERS_CONF.format(folder=home))
    return server.env | {
        "CONTAINERS_CONF": str(home / "containers.conf"),
        "REGISTRY_AUTH_FILE": str(home / "auth.json"),
    }


@pytest.fixture
def storage() -> Iterator[Path]:
    """A folder for local images. Its path is short: podman takes 50 characters, and pytest's folder has more."""
    folder = Path(tempfile.mkdtemp(prefix="entrepot-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def podman(need: Need, containers_env: dict[str, str], storage: Path) -> Podman:
    need("podman", "skopeo", root=True)
    return Podman(containers_env, storage)


@pytest.fixture
def buildah(need: Need, containers_env: dict[str, str], storage: Path) -> Buildah:
    need("buildah", "skopeo", root=True)
    return Buildah(containers_env, storage)


@pytest.fixture
def skopeo(need: Need, containers_env: dict[str, str], storage: Path) -> Skopeo:
    need("skopeo")
    return Skopeo(containers_env, storage)


@pytest.fixture(params=[pytest.param("docker", marks=pytest.mark.xdist_group("docker")), "podman", "buildah", "skopeo"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each client in turn; the tests of docker share one process and so one daemon."""
    return cast("Engine", request.getfixturevalue(request.param))


@pytest.fixture
def logged_in(engine: Engine, server: Server) -> Engine:
    """A client that took its password from `aws ecr get-login-password`, as everybody does it."""
    login(engine, server)
    return engine


@pytest.fixture
def docker_login(server: Server, tmp_path: Path) -> dict[str, str]:
    """The environment of clients that read docker's file of passwords, and have a home of their own."""
    password = run(["aws", "ecr", "get-login-password"], server.env).decode().strip()
    auth = base64.b64encode(f"AWS:{password}".encode()).decode()
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {server.host: {"auth": auth}}}))
    return server.env | {"DOCKER_CONFIG": str(folder), "HOME": str(tmp_path)}


@pytest.fixture
def pushed(need: Need, skopeo: Skopeo, server: Server, repository: str, layout: Layout) -> str:
    """A repository that has `small`, `debian` and the index `multi`, pushed by skopeo."""
    login(skopeo, server)
    for tag in ("small", "debian", "multi"):
        to = [KEEP, "--all", "--dest-tls-verify=false", f"oci:{layout.folder}:{tag}", f"docker://{repository}:{tag}"]
        run(["skopeo", "copy", "--quiet", *to], skopeo.env)
    return repository
