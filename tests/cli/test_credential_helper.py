"""`docker-credential-entrepot` and `entrepot kubelet-credential-provider`: their protocols, and skopeo's use."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.sts_world import ACCOUNT, World, a_world, allow, trusting
from tests.clients.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HELPER = (sys.executable, "-c", "from entrepot.cli.credential_helper import main; main()")
KUBELET = (sys.executable, "-m", "entrepot", "kubelet-credential-provider")
NOT_FOUND = "credentials not found in native keychain\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world")) as found:
        yield found


def helper(verb: str, given: str, env: Mapping[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        [*HELPER, verb], input=given, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def without(env: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in names}


# --- docker's protocol -----------------------------------------------------------------------------------------


def test_get(world: World) -> None:
    """A login for the registry's host, by the credentials in the variables, and with or without an endpoint."""
    env = world.server.env
    for given in (world.server.host, f"http://{world.server.host}", f"https://{world.server.host}/v2/\n"):
        for variables in (env, without(env, "AWS_ENDPOINT_URL")):
            code, out, err = helper("get", given, variables)
            assert (code, err) == (0, "")
            told = json.loads(out)
            assert (told["ServerURL"], told["Username"]) == (world.server.host, "AWS")
            assert len(told["Secret"]) > 100


def test_the_host_that_the_registry_names(world: World) -> None:
    """What a chosen endpoint gives is for its own host, and for no other that an image's name brings up."""
    for host in ("registry.example.com", "localhost:1", f"{ACCOUNT}.dkr.ecr.us-east-1.evil.example", "index.docker.io"):
        code, out, err = helper("get", host, world.server.env)
        assert (code, out) == (1, NOT_FOUND)
        assert err.startswith("docker-credential-entrepot: credentials not found")
    code, out, _ = helper("get", "", world.server.env)
    assert (code, out) == (1, NOT_FOUND)


def test_no_credentials(world: World, tmp_path: Path) -> None:
    """Without any, and with wrong ones, docker is told that there are none, and its user why."""
    bare = without(world.server.env, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") | {"HOME": str(tmp_path)}
    code, out, err = helper("get", world.server.host, bare)
    assert (code, out) == (1, NOT_FOUND)
    assert "set AWS_ACCESS_KEY_ID" in err
    code, out, err = helper("get", world.server.host, world.server.env | {"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert (code, out) == (1, NOT_FOUND)
    assert "signature" in err


def test_a_profile(world: World, tmp_path: Path) -> None:
    """Keys, session tokens and regions come from the aws command line's files, too."""
    token = world.client("sts").get_session_token()["Credentials"]
    (tmp_path / ".aws").mkdir()
    env = world.server.env
    keys = (
        f"[default]\naws_access_key_id = {env['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {env['AWS_SECRET_ACCESS_KEY']}\n"
        f"[ci]\naws_access_key_id = {token['AccessKeyId']}\naws_secret_access_key = {token['SecretAccessKey']}\n"
        f"aws_session_token = {token['SessionToken']}\n"
    )
    (tmp_path / ".aws" / "credentials").write_text(keys)
    (tmp_path / ".aws" / "config").write_text("[profile ci]\nregion = eu-west-1\n")
    gone = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION")
    bare = without(env, *gone) | {"HOME": str(tmp_path)}
    for more in ({}, {"AWS_PROFILE": "ci"}):
        code, out, err = helper("get", world.server.host, bare | more)
        assert (code, err) == (0, ""), err
        assert json.loads(out)["Username"] == "AWS"
    code, _, err = helper("get", world.server.host, bare | {"AWS_PROFILE": "nobody"})
    assert code == 1
    assert "AWS_PROFILE" in err


def test_other_verbs(world: World) -> None:
    """Nothing is kept, so there is nothing to erase or list; storing is refused in a sentence."""
    env = world.server.env
    assert helper("erase", world.server.host, env) == (0, "", "")
    assert helper("list", "", env) == (0, "{}\n", "")
    code, out, _ = helper("store", '{"ServerURL":"x","Username":"u","Secret":"s"}', env)
    assert (code, out.count("\n")) == (1, 1)
    assert helper("version", "", env)[1].startswith("docker-credential-entrepot ")
    assert helper("nonsense", "", env)[0] == 1


@pytest.mark.clients
def test_skopeo_logs_in_by_itself(world: World, tmp_path: Path) -> None:
    """With `credHelpers` in docker's file, an image is pushed and looked at without any login."""
    skopeo = shutil.which("skopeo", path=world.server.env["PATH"])
    if skopeo is None:
        if os.environ.get("CI") == "1":
            pytest.fail("skopeo is not installed: run make tools")
        pytest.skip("skopeo is not installed: run make tools")
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "docker-credential-entrepot"
    script.write_text(f"#!{sys.executable}\nfrom entrepot.cli.credential_helper import main\nmain()\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (tmp_path / ".docker").mkdir()
    config = {"credHelpers": {world.server.host: "entrepot"}}
    (tmp_path / ".docker" / "config.json").write_text(json.dumps(config))
    env = world.server.env | {"HOME": str(tmp_path), "PATH": f"{programs}:{world.server.env['PATH']}"}
    world.client("ecr").create_repository(repositoryName="team/helped")
    (tmp_path / "image").mkdir()
    _image(tmp_path / "image")
    name = f"docker://{world.server.host}/team/helped:v1"
    run([skopeo, "copy", "--dest-tls-verify=false", f"dir:{tmp_path / 'image'}", name], env)
    found = json.loads(run([skopeo, "inspect", "--tls-verify=false", name], env))
    assert found["RepoTags"] == ["v1"]


def _image(folder: Path) -> None:
    """An image without layers, as skopeo's `dir:` has it."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    digest = hashlib.sha256(config).hexdigest()
    kind = "application/vnd.oci.image.config.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(config)},
        "layers": [],
    }
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / digest).write_bytes(config)
    (folder / "manifest.json").write_text(json.dumps(manifest))


# --- the kubelet's protocol ------------------------------------------------------------------------------------


def kubelet(request: Any, env: Mapping[str, str]) -> tuple[int, str, str]:
    text = request if isinstance(request, str) else json.dumps(request)
    done = subprocess.run(KUBELET, input=text, env=env, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def asked(world: World, **more: Any) -> dict[str, Any]:
    image = f"{world.server.host}/team/app:v1"
    api = "credentialprovider.kubelet.k8s.io/v1"
    return {"apiVersion": api, "kind": "CredentialProviderRequest", "image": image, **more}


def test_kubelet(world: World) -> None:
    """The kubelet gets a login for the image's registry and how long to keep it."""
    code, out, err = kubelet(asked(world), world.server.env)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["kind"], told["apiVersion"]) == ("CredentialProviderResponse", asked(world)["apiVersion"])
    assert told["cacheKeyType"] == "Registry"
    assert 42_000 < int(told["cacheDuration"].removesuffix("s")) < 43_200
    assert list(told["auth"]) == [world.server.host]
    assert told["auth"][world.server.host]["username"] == "AWS"


def test_the_role_of_a_pod(world: World) -> None:
    """With its service account's token a pod pulls by its own role; so does a node with a token in a file."""
    provider = world.provider()
    arn = world.role(
        "pod", trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity"), allow("ecr:GetAuthorizationToken")
    )
    env = without(world.server.env, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    token = world.issuer.token(sub="system:serviceaccount:default:web")
    noted = {"eks.amazonaws.com/role-arn": arn}
    code, out, err = kubelet(asked(world, serviceAccountToken=token, serviceAccountAnnotations=noted), env)
    assert (code, err) == (0, ""), err
    seconds = int(json.loads(out)["cacheDuration"].removesuffix("s"))
    assert 0 < seconds < 3600, "a login ends with the session that fetched it"
    file = world.server.data_dir.parent / "token"
    file.write_text(token + "\n")
    there = env | {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": arn}
    assert helper("get", world.server.host, there)[0] == 0
    code, _, err = helper("get", world.server.host, without(there, "AWS_ENDPOINT_URL"))
    assert code == 1
    assert "only sent where AWS_ENDPOINT_URL says" in err
    code, _, err = kubelet(asked(world, serviceAccountToken=token), env)
    assert code == 1
    assert "has no annotation" in err
    assert token not in err


@pytest.mark.parametrize(
    "request_", ["", "{}", "[]", "nonsense", {"kind": "CredentialProviderRequest", "apiVersion": "v1", "image": "x"}]
)
def test_requests_that_are_none(world: World, request_: Any) -> None:
    """One line for the kubelet's log, and nothing on standard output."""
    code, out, err = kubelet(request_, world.server.env)
    assert (code, out) == (1, "")
    wanted = "standard input has to be a CredentialProviderRequest of credentialprovider.kubelet.k8s.io/v1, in JSON"
    assert err == f"entrepot: {wanted}, as the kubelet writes it\n"
