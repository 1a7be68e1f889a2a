"""The main job with each client: create with aws, log in, push, see it, pull it elsewhere, delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .engines import login
from .images import GREETING, Manifest
from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .engines import Buildah, Engine, Skopeo
    from .images import Layout
    from .serving import Server

ACCOUNT = "123456789012"


def test_push_and_pull(
    logged_in: Engine, repository: str, layout: Layout, aws: Callable[..., Any], server: Server
) -> None:
    """What a client pushed is in DescribeImages and ListImages, pulls into an empty store, and is gone once deleted."""
    ref = f"{repository}:1"
    name = repository.removeprefix(f"{server.host}/")
    logged_in.load(layout, "debian", ref)
    run(logged_in.push(ref), logged_in.env)

    [image] = aws("ecr", "describe-images", "--repository-name", name)["imageDetails"]
    answer = aws("ecr", "batch-get-image", "--repository-name", name, "--image-ids", "imageTag=1")
    manifest = Manifest.parse(answer["images"][0]["imageManifest"])
    assert (image["registryId"], image["imageTags"]) == (ACCOUNT, ["1"])
    assert image["imageSizeInBytes"] == manifest.size
    assert manifest.config == logged_in.config(ref)
    assert len(manifest.layers) == 3
    ids = aws("ecr", "list-images", "--repository-name", name)["imageIds"]
    assert ids == [{"imageDigest": image["imageDigest"], "imageTag": "1"}]

    elsewhere = logged_in.elsewhere()
    run(elsewhere.pull(ref), elsewhere.env)
    assert elsewhere.config(ref) == manifest.config
    assert elsewhere.read(ref, "srv/greeting") == GREETING
    assert elsewhere.read(ref, "etc/debian_version") == layout.read("debian", "etc/debian_version")

    gone = aws("ecr", "batch-delete-image", "--repository-name", name, "--image-ids", "imageTag=1")
    assert gone["failures"] == []
    third = elsewhere.elsewhere()
    assert "not found" in fail(third.pull(ref), third.env)
    assert aws("ecr", "describe-images", "--repository-name", name)["imageDetails"] == []


def test_pulled_image_runs(buildah: Buildah, skopeo: Skopeo, repository: str, layout: Layout, server: Server) -> None:
    """What one client pushed and another pulled is a working Debian: its own programs run."""
    ref = f"{repository}:1"
    login(skopeo, server)
    skopeo.load(layout, "debian", ref)
    run(skopeo.push(ref), skopeo.env)
    run(buildah.pull(ref), buildah.env)
    assert buildah.execute(ref, "cat", "/srv/greeting") == GREETING
    assert buildah.execute(ref, "dpkg-query", "--show", "--showformat=${Status}", "bash") == b"install ok installed"


def test_pull_by_digest(logged_in: Engine, repository: str, layout: Layout) -> None:
    """Each client pulls by the digest alone what was pushed under a tag, and pushes again what is there."""
    ref = f"{repository}:latest"
    logged_in.load(layout, "small", ref)
    run(logged_in.push(ref), logged_in.env)
    run(logged_in.push(ref), logged_in.env)
    look = ["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", *_credentials(logged_in)]
    digest = run([*look, f"docker://{ref}"], logged_in.env).decode().strip()
    elsewhere = logged_in.elsewhere()
    run(elsewhere.pull(f"{repository}@{digest}"), elsewhere.env)
    assert elsewhere.read(f"{repository}@{digest}", "srv/greeting") == GREETING


def test_missing_repository(logged_in: Engine, layout: Layout, server: Server) -> None:
    """A push to a repository that nobody created ends with ECR's sentence."""
    ref = f"{server.host}/nobody/made/this:1"
    logged_in.load(layout, "small", ref)
    said = fail(logged_in.push(ref), logged_in.env)
    sentence = f"The repository with name 'nobody/made/this' does not exist in the registry with id '{ACCOUNT}'"
    assert sentence in said


def test_wrong_password(engine: Engine, server: Server) -> None:
    """A login with a password that the registry did not make is refused with 403, all that these clients repeat."""
    assert "403" in fail(engine.login(server.host), engine.env, stdin=b"not-a-token")


def _credentials(engine: Engine) -> list[str]:
    return ["--creds", "AWS:" + run(["aws", "ecr", "get-login-password"], engine.env).decode().strip()]
