"""Layers over the AWS API: what is put part by part pulls with docker, and downloads with nothing but curl."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from .engines import KEEP, login
from .images import GREETING, MANIFEST
from .processes import fail, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Need
    from .engines import Docker, Skopeo
    from .images import Layout
    from .serving import Server

# Every part but a layer's last has at least 5 MiB, by ECR's rule.
PART = 5 * 1024 * 1024


def put_layer(ecr: Any, repository: str, content: bytes) -> int:
    """Upload one layer in parts; gives the number of parts."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    starts = range(0, len(content), PART)
    for start in starts:
        part = content[start : start + PART]
        answer = ecr.upload_layer_part(
            repositoryName=repository,
            uploadId=upload,
            partFirstByte=start,
            partLastByte=start + len(part) - 1,
            layerPartBlob=part,
        )
        assert answer["lastByteReceived"] == start + len(part) - 1
    done = ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    assert done["layerDigest"] == digest
    return len(starts)


def put_image(ecr: Any, repository: str, layout: Layout, tag: str) -> dict[str, int]:
    """Put a whole image over the API; gives the number of parts by digest."""
    manifest = layout.manifest(tag)
    parts = {digest: put_layer(ecr, repository, layout.blob(digest)) for digest in (*manifest.layers, manifest.config)}
    image = ecr.put_image(
        repositoryName=repository,
        imageManifest=layout.blob(layout.digest(tag)).decode(),
        imageManifestMediaType=MANIFEST,
        imageTag=tag,
    )["image"]
    assert image["imageId"] == {"imageDigest": layout.digest(tag), "imageTag": tag}
    return parts


@pytest.mark.xdist_group("docker")
def test_image_put_over_the_api_pulls_with_docker(
    docker: Docker, server: Server, repository: str, layout: Layout, ecr: Any
) -> None:
    """InitiateLayerUpload, UploadLayerPart in parts, CompleteLayerUpload and PutImage make what docker pulls."""
    parts = put_image(ecr, repository.removeprefix(f"{server.host}/"), layout, "debian")
    assert max(parts.values()) > 2
    assert 2 in parts.values()
    login(docker, server)
    docker.elsewhere()
    ref = f"{repository}:debian"
    run(docker.pull(ref), docker.env)
    assert docker.config(ref) == layout.manifest("debian").config
    assert docker.read(ref, "srv/greeting") == GREETING


def test_download_url(need: Need, server: Server, skopeo: Skopeo, repository: str, layout: Layout, ecr: Any) -> None:
    """A layer's download URL needs nothing but curl: the bytes are the layer's; an altered URL gives none of them."""
    need("curl")
    login(skopeo, server)
    run(
        ["skopeo", "copy", KEEP, "--dest-tls-verify=false", f"oci:{layout.folder}:small", f"docker://{repository}:1"],
        skopeo.env,
    )
    [digest] = layout.manifest("small").layers
    name = repository.removeprefix(f"{server.host}/")
    answer = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest)
    assert answer["layerDigest"] == digest
    url = answer["downloadUrl"]
    assert run(["curl", "--silent", "--show-error", "--fail", "--location", url], server.env) == layout.blob(digest)
    last = "1" if url[-1] == "0" else "0"
    assert "40" in fail(["curl", "--silent", "--show-error", "--fail", url[:-1] + last], server.env)


def test_availability(server: Server, repository: str, layout: Layout, aws: Callable[..., Any], ecr: Any) -> None:
    """BatchCheckLayerAvailability, asked by the aws CLI, has the layer that was put and not one that was never put."""
    name = repository.removeprefix(f"{server.host}/")
    put_image(ecr, name, layout, "small")
    [here] = layout.manifest("small").layers
    absent = "sha256:" + "0" * 64
    words = ["ecr", "batch-check-layer-availability", "--repository-name", name, "--layer-digests", here, absent]
    layers = aws(*words)["layers"]
    available = [layer["layerDigest"] for layer in layers if layer["layerAvailability"] == "AVAILABLE"]
    assert available == [here]
