"""Putting layers and images over the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.factories import a_manifest

from entrepot.domain import digests

MIB = 1024 * 1024
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def start(ecr: Any, repository: str) -> str:
    """The id of a new upload."""
    upload: str = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    return upload


def put_part(ecr: Any, repository: str, upload: str, first: int, data: bytes, last: int | None = None) -> Any:
    """Send a part that begins at byte `first`; `last` is told by its length where it is not given."""
    return ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=first,
        partLastByte=first + len(data) - 1 if last is None else last,
        layerPartBlob=data,
    )


def put_layer(ecr: Any, repository: str, data: bytes) -> str:
    """Put a layer in one part and give its digest."""
    upload = start(ecr, repository)
    put_part(ecr, repository, upload, 0, data)
    complete = ecr.complete_layer_upload
    digest: str = complete(repositoryName=repository, uploadId=upload, layerDigests=[digests.of(data)])["layerDigest"]
    return digest


@dataclass(frozen=True, slots=True)
class Put:
    """An image that was put: its digest, its manifest, and the content of its layer and config."""

    digest: str
    manifest: str
    layer: bytes
    config: bytes


def put_image(ecr: Any, repository: str, *tags: str, number: int = 0) -> Put:
    """Put an image of one layer that differs by `number`, under each of the tags."""
    layer, config = b"layer %d of " % number + repository.encode(), b'{"number": %d}' % number
    for data in (layer, config):
        if not _has(ecr, repository, digests.of(data)):
            put_layer(ecr, repository, data)
    manifest = a_manifest(layer, config=config).decode()
    for tag in tags or (None,):
        named = {} if tag is None else {"imageTag": tag}
        ecr.put_image(repositoryName=repository, imageManifest=manifest, **named)
    return Put(digests.of(manifest.encode()), manifest, layer, config)


def _has(ecr: Any, repository: str, digest: str) -> bool:
    [layer] = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])["layers"]
    return bool(layer["layerAvailability"] == "AVAILABLE")
