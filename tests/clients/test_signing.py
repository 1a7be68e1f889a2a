"""cosign and notation: signatures beside images, as tags and as referrers, without any service but the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .processes import fail, run

if TYPE_CHECKING:
    from .conftest import Need
    from .images import Layout

OFFLINE = ["--tlog-upload=false", "--use-signing-config=false", "--allow-http-registry", "--yes"]
VERIFY = ["--insecure-ignore-tlog", "--allow-http-registry"]


@pytest.fixture
def cosign(need: Need, docker_login: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of cosign, with a key pair `cosign` in the home."""
    need("cosign", "oras")
    env = docker_login | {"COSIGN_PASSWORD": ""}
    run(["cosign", "generate-key-pair", "--output-key-prefix", str(tmp_path / "cosign")], env)
    return env


def sign(env: dict[str, str], ref: str, *words: str) -> None:
    run(["cosign", "sign", "--key", f"{env['HOME']}/cosign.key", *OFFLINE, *words, ref], env)


def verify(env: dict[str, str], ref: str, *words: str) -> list[str]:
    return ["cosign", "verify", "--key", f"{env['HOME']}/cosign.pub", *VERIFY, *words, ref]


@pytest.mark.parametrize("times", [1, 2])
def test_cosign_tags(cosign: dict[str, str], pushed: str, layout: Layout, times: int) -> None:
    """Signatures under the tag `sha256-….sig`, which is rewritten in place by the next one."""
    ref = f"{pushed}@{layout.digest('small')}"
    old = "--new-bundle-format=false"
    fail(verify(cosign, ref, old), cosign)
    for number in range(times):
        sign(cosign, ref, old, "--annotations", f"n={number}")
    assert len(json.loads(run(verify(cosign, ref, old), cosign).decode())) == times
    tags = run(["oras", "repo", "tags", "--plain-http", pushed], cosign).decode().split()
    assert layout.digest("small").replace(":", "-") + ".sig" in tags


def test_cosign_bundles(cosign: dict[str, str], pushed: str, layout: Layout) -> None:
    """Bundles are referrers of the image, and no tag is made for them."""
    ref = f"{pushed}@{layout.digest('multi')}"
    sign(cosign, ref)
    run(verify(cosign, ref), cosign)
    fail(verify(cosign, f"{pushed}@{layout.digest('small')}"), cosign)
    listed = ["oras", "discover", "--plain-http", "--distribution-spec", "v1.1-referrers-api", "--format", "json", ref]
    [bundle] = json.loads(run(listed, cosign))["referrers"]
    assert bundle["artifactType"].startswith("application/vnd.dev.sigstore.bundle")
    assert run(["oras", "repo", "tags", "--plain-http", pushed], cosign).decode().split() == [
        "debian",
        "multi",
        "small",
    ]


def test_notation(need: Need, docker_login: dict[str, str], pushed: str, layout: Layout) -> None:
    """Notation signs and verifies through the Referrers API, with a certificate made for the test."""
    need("notation")
    env, ref = docker_login, f"{pushed}@{layout.digest('small')}"
    run(["notation", "cert", "generate-test", "--default", "entrepot.test"], env)
    policy = {
        "name": "test",
        "registryScopes": ["*"],
        "signatureVerification": {"level": "strict"},
        "trustStores": ["ca:entrepot.test"],
        "trustedIdentities": ["*"],
    }
    trust = Path(env["HOME"]) / ".config" / "notation" / "trustpolicy.json"
    trust.write_text(json.dumps({"version": "1.0", "trustPolicies": [policy]}))
    fail(["notation", "verify", "--insecure-registry", ref], env)
    run(["notation", "sign", "--insecure-registry", ref], env)
    assert "Successfully verified" in run(["notation", "verify", "--insecure-registry", ref], env).decode()
    assert "application/vnd.cncf.notary.signature" in run(["notation", "ls", "--insecure-registry", ref], env).decode()
