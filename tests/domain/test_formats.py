"""Formats of image manifests: one is written as the other with nothing but media types changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import CONFIG_TYPE, LAYER_TYPE, a_descriptor, a_manifest, an_index

from entrepot.domain import formats, manifests
from entrepot.domain.manifests import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
TYPES = {
    DOCKER_MANIFEST: (
        DOCKER_CONFIG,
        (
            "application/vnd.docker.image.rootfs.diff.tar",
            DOCKER_LAYER,
            "application/vnd.docker.image.rootfs.foreign.diff.tar",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        ),
    ),
    OCI_MANIFEST: (
        CONFIG_TYPE,
        (
            "application/vnd.oci.image.layer.v1.tar",
            LAYER_TYPE,
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ),
    ),
}
OTHER = {DOCKER_MANIFEST: OCI_MANIFEST, OCI_MANIFEST: DOCKER_MANIFEST}

texts = st.text(max_size=8)
notes: st.SearchStrategy[Any] = st.dictionaries(texts, texts, max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def descriptors(draw: st.DrawFn, types: tuple[str, ...]) -> dict[str, Any]:
    made = a_descriptor(draw(st.binary(max_size=8)), draw(st.sampled_from(types)))
    more: dict[str, st.SearchStrategy[Any]] = {
        "annotations": notes,
        "urls": st.lists(st.just("https://example.com/layer"), max_size=2),
    }
    return made | draw(st.fixed_dictionaries({}, optional=more))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """An image manifest of either format that names only media types of its own."""
    media_type = draw(st.sampled_from(sorted(TYPES)))
    config, layers = TYPES[media_type]
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": draw(descriptors((config,))),
        "layers": draw(st.none() | st.lists(descriptors(layers), max_size=5)),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {"annotations": st.sampled_from([{}, None]), "x-more": values}
    more = st.fixed_dictionaries({}, optional=optional)
    return dict(draw(st.permutations(list((document | draw(more)).items()))))


def convert(data: bytes, media_type: str) -> bytes:
    made = formats.convert(data, media_type)
    assert made is not None
    return made


def without_types(document: dict[str, Any]) -> Any:
    """The document, in which no media type of its own, its config's or its layers' stands."""

    def bare(value: dict[str, Any]) -> dict[str, Any]:
        return {name: each for name, each in value.items() if name != "mediaType"}

    layers = document["layers"] and [bare(layer) for layer in document["layers"]]
    return bare(document) | {"config": bare(document["config"]), "layers": layers}


@given(document=documents(), indent=st.sampled_from([None, 3]))
def test_there_and_back(document: dict[str, Any], indent: int | None) -> None:
    """Only media types change, the same way each time; the way back gives the document; the registry can read both."""
    data, stored = json.dumps(document, indent=indent).encode(), document["mediaType"]
    made = convert(data, OTHER[stored])
    assert formats.convert(data, OTHER[stored]) == made
    read, before = manifests.parse(made, OTHER[stored]), manifests.parse(data, stored)
    assert without_types(json.loads(made)) == without_types(document)
    assert [(blob.digest, blob.size) for blob in read.blobs] == [(blob.digest, blob.size) for blob in before.blobs]
    assert (read.media_type, read.size) == (OTHER[stored], before.size)
    config, layers = TYPES[OTHER[stored]]
    written = json.loads(made)
    assert written["config"]["mediaType"] == config
    assert {layer["mediaType"] for layer in written["layers"] or ()} <= set(layers)
    assert json.loads(convert(made, stored)) == document
    assert list(json.loads(made)) == list(document)


@given(document=documents(), accepted=st.lists(st.sampled_from([*TYPES, SCHEMA_1, "a/b"]), max_size=3))
def test_what_is_offered(document: dict[str, Any], accepted: list[str]) -> None:
    """What is stored, byte for byte, if that is accepted or nothing is asked for; else the other format, or nothing."""
    data, stored = json.dumps(document, indent=3).encode(), document["mediaType"]
    offered = formats.offer(data, stored, accepted)
    if not accepted or stored in accepted:
        assert offered == (stored, data)
    elif OTHER[stored] in accepted:
        assert offered == (OTHER[stored], convert(data, OTHER[stored]))
    else:
        assert offered is None


def test_a_manifest_without_a_media_type() -> None:
    """The document says its media type afterwards: Docker's format asks for that."""
    document = json.loads(a_manifest(b"layer"))
    del document["mediaType"]
    made = json.loads(convert(json.dumps(document).encode(), DOCKER_MANIFEST))
    assert (made["mediaType"], made["layers"][0]["mediaType"]) == (DOCKER_MANIFEST, DOCKER_LAYER)


def test_layers_of_both_formats() -> None:
    """A manifest of one format that names layers of the other, as some builders write, comes out as one of one."""
    layers = [a_descriptor(b"1", LAYER_TYPE), a_descriptor(b"2", DOCKER_LAYER)]
    for wanted, layer in ((DOCKER_MANIFEST, DOCKER_LAYER), (OCI_MANIFEST, LAYER_TYPE)):
        made = json.loads(convert(a_manifest(mediaType=OTHER[wanted], layers=layers), wanted))
        assert [each["mediaType"] for each in made["layers"]] == [layer, layer]


ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        (a_manifest(layers=[a_descriptor(b"", ZSTD)]), OCI_MANIFEST),
        (a_manifest(config=b"", layers=[a_descriptor(b"", "text/plain")]), OCI_MANIFEST),
        (a_manifest(layers=[a_descriptor(b"", CONFIG_TYPE)]), OCI_MANIFEST),
        (a_manifest(config=b"").replace(CONFIG_TYPE.encode(), b"application/vnd.oci.empty.v1+json"), OCI_MANIFEST),
        (a_manifest(huge=0).replace(b'"huge": 0', b'"huge": 1e999'), OCI_MANIFEST),
        (a_manifest(half="\ud800"), OCI_MANIFEST),
        (a_manifest(artifactType="application/x.own"), OCI_MANIFEST),
        (a_manifest(subject=a_descriptor(b"", OCI_MANIFEST)), OCI_MANIFEST),
        (a_manifest(annotations={"org.opencontainers.image.title": "app"}), OCI_MANIFEST),
        (a_manifest(mediaType="application/x.own+json"), "application/x.own+json"),
        (an_index(b"child"), OCI_INDEX),
        (an_index(b"child", mediaType=DOCKER_INDEX), DOCKER_INDEX),
    ],
)
def test_what_cannot_be_converted(data: bytes, stored: str) -> None:
    """Artifacts and what says more of itself than Docker's format can, other layers, indexes, what JSON cannot tell."""
    assert formats.offer(data, stored, [stored]) == (stored, data)
    others = [each for each in (DOCKER_MANIFEST, OCI_MANIFEST, DOCKER_INDEX, OCI_INDEX, SCHEMA_1) if each != stored]
    assert formats.offer(data, stored, others) is None
