"""Fuzz: the manifest parser, against what a lenient reader sees."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import digests, manifests
from entrepot.domain.errors import ManifestInvalid, ManifestTooLarge

from .inputs import FUZZ, inputs

TYPES = st.sampled_from(
    [
        None,
        manifests.OCI_MANIFEST,
        manifests.OCI_INDEX,
        manifests.DOCKER_MANIFEST,
        manifests.DOCKER_INDEX,
        "text/plain",
        "",
    ]
)


def parsed(data: bytes, media_type: str | None) -> manifests.Manifest | None:
    try:
        return manifests.parse(data, media_type)
    except (ManifestInvalid, ManifestTooLarge):
        return None


def check(data: bytes, manifest: manifests.Manifest) -> None:
    """What was taken says the same to a reader that knows nothing of the rules."""
    document: dict[str, Any] = json.loads(data)
    assert document["schemaVersion"] == 2
    assert not ("manifests" in document and ("layers" in document or "config" in document))
    assert document.get("mediaType", manifest.media_type) == manifest.media_type
    named = [*(document.get("manifests") or []), *(document.get("layers") or []), document.get("config") or {}]
    seen = {item.get("digest") for item in named}
    for descriptor in (*manifest.blobs, *manifest.children):
        assert digests.parse(descriptor.digest) in seen
        assert descriptor.size >= 0
    assert (manifest.subject is None) == (document.get("subject") is None)
    assert all(isinstance(value, str) for value in manifests.annotations_of(data).values())


@FUZZ
@given(inputs("manifests"), TYPES)
def test_bytes(data: bytes, media_type: str | None) -> None:
    """Any bytes: refused as ManifestInvalid, or what they say is what was read."""
    manifest = parsed(data, media_type)
    if manifest is not None:
        check(data, manifest)


LEAVES = st.none() | st.booleans() | st.integers(-5, 2**64) | st.text(max_size=5) | st.just("sha256:" + "a" * 64)
KEYS = st.sampled_from(
    [
        *("schemaVersion", "mediaType", "config", "layers", "Layers", "fsLayers", "manifests", "subject"),
        *("digest", "size", "annotations", "data", "urls"),
    ]
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))
DESCRIPTORS = st.fixed_dictionaries(
    {
        "mediaType": st.sampled_from(["a/b", manifests.OCI_MANIFEST]),
        "digest": st.just("sha512:" + "0" * 128),
        "size": LEAVES,
    },
    optional={"annotations": VALUES, "data": VALUES, "urls": VALUES},
)
DOCUMENTS = st.fixed_dictionaries(
    {"schemaVersion": st.just(2) | LEAVES},
    optional={
        "mediaType": TYPES,
        "config": DESCRIPTORS | VALUES,
        "layers": st.lists(DESCRIPTORS, max_size=3) | VALUES,
        "manifests": st.lists(DESCRIPTORS, max_size=3) | VALUES,
        "subject": DESCRIPTORS | VALUES,
        "annotations": VALUES,
        "artifactType": TYPES,
    },
)


@FUZZ
@given(DOCUMENTS, TYPES)
def test_documents(document: dict[str, Any], media_type: str | None) -> None:
    """Documents that are nearly manifests, as they come from tools with mistakes."""
    data = json.dumps(document).encode()
    manifest = parsed(data, media_type)
    if manifest is not None:
        check(data, manifest)
