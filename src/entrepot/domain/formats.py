"""Formats of image manifests: Docker schema 2 and OCI, and writing one as the other."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from entrepot.domain.manifests import DOCKER_MANIFEST, OCI_MANIFEST

_CONFIGS = (("application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"),)
_DOCKER_LAYER, _OCI_LAYER = "application/vnd.docker.image.rootfs", "application/vnd.oci.image.layer"
_LAYERS = (
    (f"{_DOCKER_LAYER}.diff.tar", f"{_OCI_LAYER}.v1.tar"),
    (f"{_DOCKER_LAYER}.diff.tar.gzip", f"{_OCI_LAYER}.v1.tar+gzip"),
    (f"{_DOCKER_LAYER}.foreign.diff.tar", f"{_OCI_LAYER}.nondistributable.v1.tar"),
    (f"{_DOCKER_LAYER}.foreign.diff.tar.gzip", f"{_OCI_LAYER}.nondistributable.v1.tar+gzip"),
)
_OCI_ALONE = ("artifactType", "subject", "annotations")  # members of a manifest that Docker's schema 2 has none for
_OTHER = {DOCKER_MANIFEST: OCI_MANIFEST, OCI_MANIFEST: DOCKER_MANIFEST}


def offer(data: bytes, stored: str, accepted: Collection[str]) -> tuple[str, bytes] | None:
    """A manifest that is stored as the media type `stored` in one that is accepted, and that type.

    As it is where nothing is asked for or that is accepted, else converted; None where nothing accepted can be made of
    it. (ECR user guide, "Amazon ECR image manifest conversion"; schema 1 is neither kept nor made.)
    """
    if not accepted or stored in accepted:
        return stored, data
    other = _OTHER.get(stored)
    if other is None or other not in accepted:
        return None
    made = convert(data, other)
    return None if made is None else (other, made)


def convert(data: bytes, media_type: str) -> bytes | None:
    """An image manifest that was parsed when it was pushed, in the other format, DOCKER_MANIFEST or OCI_MANIFEST.

    Only media types differ: its own, its config's and its layers'. None where that format has no name for one of them,
    as for what is no image, or a layer in zstd, and where Docker's has no place for what the manifest says of itself.
    Annotations of its layers stay, which builders write in both formats and clients pass over.
    """
    try:
        document = json.loads(data)
        if media_type == DOCKER_MANIFEST and any(document.get(name) for name in _OCI_ALONE):
            return None
        document["config"] = _descriptor(document["config"], _CONFIGS, media_type)
        if document.get("layers"):
            document["layers"] = [_descriptor(layer, _LAYERS, media_type) for layer in document["layers"]]
        document["mediaType"] = media_type
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):  # also for numbers and texts that JSON cannot tell again
        return None


def _descriptor(descriptor: dict[str, Any], types: tuple[tuple[str, str], ...], media_type: str) -> dict[str, Any]:
    """The descriptor with its media type in the format. Raises ValueError where the format has none for it."""
    known: str = descriptor["mediaType"]
    for docker, oci in types:
        if known in (docker, oci):
            return {**descriptor, "mediaType": oci if media_type == OCI_MANIFEST else docker}
    raise ValueError(known)
