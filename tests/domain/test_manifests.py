"""Manifests: what is read, and all that two readers could read differently is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import CONFIG_TYPE, LAYER_TYPE, a_descriptor, a_manifest, an_index

from entrepot.domain import manifests
from entrepot.domain.errors import ManifestInvalid, ManifestTooLarge, RegistryError

GOOD = json.loads(a_manifest(b"layer"))
INDEX = json.loads(an_index(b"child"))


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()


def without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def test_image() -> None:
    """A manifest names its config and layers, and has their size."""
    read = manifests.parse(a_manifest(b"one", b"three", config=b"{}"), manifests.OCI_MANIFEST)
    assert [blob.media_type for blob in read.blobs] == [CONFIG_TYPE, LAYER_TYPE, LAYER_TYPE]
    assert (read.size, read.children, read.subject) == (10, (), None)
    assert read.artifact_type == CONFIG_TYPE


def test_index() -> None:
    """An index names manifests and no blobs."""
    read = manifests.parse(an_index(b"a", b"b"), None)
    assert len(read.children) == 2
    assert read.blobs == ()
    assert read.media_type == manifests.OCI_INDEX


def test_artifact_and_subject() -> None:
    """The artifact type is the document's own before its config's; the subject need not be anywhere."""
    subject = a_descriptor(b"image", manifests.OCI_MANIFEST)
    read = manifests.parse(a_manifest(artifactType="application/spdx+json", subject=subject), None)
    assert read.artifact_type == "application/spdx+json"
    assert read.subject is not None
    assert read.subject.digest == subject["digest"]


@pytest.mark.parametrize(
    ("document", "media_type", "known"),
    [
        (without(GOOD, "mediaType"), None, manifests.OCI_MANIFEST),
        (without(GOOD, "mediaType"), manifests.DOCKER_MANIFEST, manifests.DOCKER_MANIFEST),
        (without(INDEX, "mediaType"), None, manifests.OCI_INDEX),
        (GOOD | {"mediaType": "application/x.own+json"}, None, "application/x.own+json"),
        (INDEX | {"manifests": []}, None, manifests.OCI_INDEX),
        (GOOD | {"layers": [], "annotations": {"a": "b"}}, None, manifests.OCI_MANIFEST),
        (GOOD | {"anything": {"nested": [1, 2.5, None]}}, None, manifests.OCI_MANIFEST),
    ],
)
def test_media_type(document: dict[str, Any], media_type: str | None, known: str) -> None:
    """The media type is the document's, else the pusher's, else told from the form."""
    assert manifests.parse(encode(document), media_type).media_type == known


DESCRIPTOR = GOOD["config"]
REFUSED = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "bytes": b"\xff\xfe",
    "a byte order mark": b"\xef\xbb\xbf" + encode(GOOD),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "something behind": encode(GOOD) + b"{}",
    "the same key twice": encode(GOOD)[:-1] + b', "layers": []}',
    "the same key twice, deep": encode(GOOD)[:-1] + b', "x": {"a": 1, "a": 2}}',
    "NaN": encode(GOOD)[:-1] + b', "x": NaN}',
    "Infinity": encode(GOOD)[:-1] + b', "x": -Infinity}',
    "100,000 levels": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "a number of 100,000 digits": encode(GOOD)[:-1] + b', "x": ' + b"9" * 100_000 + b"}",
    "schema 1": encode(GOOD | {"schemaVersion": 1}),
    "schema true": encode(GOOD | {"schemaVersion": True}),
    "schema 2.5": encode(GOOD | {"schemaVersion": 2.5}),
    "schema as text": encode(GOOD | {"schemaVersion": "2"}),
    "no schema": encode(without(GOOD, "schemaVersion")),
    "manifest and index": encode(GOOD | {"manifests": []}),
    "index with a config": encode(INDEX | {"config": DESCRIPTOR}),
    "index with layers of schema 1": encode(INDEX | {"fsLayers": []}),
    "an index that says manifest": encode(INDEX | {"mediaType": manifests.OCI_MANIFEST}),
    "a manifest that says index": encode(GOOD | {"mediaType": manifests.DOCKER_INDEX}),
    "a media type of a number": encode(GOOD | {"mediaType": 1}),
    "a media type with a line end": encode(GOOD | {"mediaType": "a/b\r\nx: y"}),
    "no config": encode(without(GOOD, "config")),
    "config null": encode(GOOD | {"config": None}),
    "no layers": encode(without(GOOD, "layers")),
    "layers of an object": encode(GOOD | {"layers": {}}),
    "a layer of a text": encode(GOOD | {"layers": ["x"]}),
    "a short digest": encode(GOOD | {"config": DESCRIPTOR | {"digest": "sha256:" + "a" * 63}}),
    "an upper-case digest": encode(GOOD | {"config": DESCRIPTOR | {"digest": "sha256:" + "A" * 64}}),
    "another algorithm": encode(GOOD | {"config": DESCRIPTOR | {"digest": "md5:" + "a" * 32}}),
    "a path for a digest": encode(GOOD | {"config": DESCRIPTOR | {"digest": "../../etc/passwd"}}),
    "no digest": encode(GOOD | {"config": without(DESCRIPTOR, "digest")}),
    "no size": encode(GOOD | {"config": without(DESCRIPTOR, "size")}),
    "a negative size": encode(GOOD | {"config": DESCRIPTOR | {"size": -1}}),
    "a size of true": encode(GOOD | {"config": DESCRIPTOR | {"size": True}}),
    "a size of 2^63": encode(GOOD | {"config": DESCRIPTOR | {"size": 2**63}}),
    "a size of 1.0": encode(GOOD | {"config": DESCRIPTOR | {"size": 1.0}}),
    "a descriptor without media type": encode(GOOD | {"config": without(DESCRIPTOR, "mediaType")}),
    "a bad subject": encode(GOOD | {"subject": {}}),
    "a bad artifact type": encode(GOOD | {"artifactType": 7}),
    "annotations of a list": encode(GOOD | {"annotations": []}),
    "an annotation of a number": encode(GOOD | {"annotations": {"a": 1}}),
    "a version of 2.0": encode(GOOD).replace(b'"schemaVersion": 2', b'"schemaVersion": 2.0'),
    "sizes beyond 64 bits": encode(GOOD | {"layers": [DESCRIPTOR | {"size": 2**62}] * 2}),
    "layers in two spellings": encode(GOOD | {"Layers": []}),
    "an index in other letters": encode(GOOD | {"MANIFESTS": []}),
    "a letter that folds to s": encode(GOOD | {"\u017fubject": {}}),
    "a digest in two spellings": encode(GOOD | {"config": DESCRIPTOR | {"Digest": "sha256:" + "b" * 64}}),
    "too many layers": encode(GOOD | {"layers": [{}] * (manifests.MAX_DESCRIPTORS + 1)}),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data: bytes) -> None:
    """What is not one thing to every reader is not kept."""
    with pytest.raises(ManifestInvalid, match="Invalid parameter at 'ImageManifest'"):
        manifests.parse(data, None)


def test_content_type_contradicts() -> None:
    """A manifest is not pushed under another name than its own (CVE-2021-41190)."""
    with pytest.raises(ManifestInvalid, match="contradicts"):
        manifests.parse(encode(GOOD), manifests.DOCKER_MANIFEST)
    with pytest.raises(ManifestInvalid):
        manifests.parse(encode(without(GOOD, "mediaType")), manifests.OCI_INDEX)


@pytest.mark.parametrize("kind", ["", "json", "a/b/c", "a/b; charset=utf-8", "a/b\r\nx: y", "é/x", "a/" + "b" * 200])
def test_content_types_that_are_none(kind: str) -> None:
    """A media type that could not stand in a header is refused."""
    with pytest.raises(ManifestInvalid, match="media type"):
        manifests.parse(encode(without(GOOD, "mediaType")), kind)


def test_size_limit() -> None:
    """4 MiB are read, one byte more is not; the byte count decides before anything is parsed."""
    room = manifests.MAX_BYTES - len(encode(GOOD | {"annotations": {"a": ""}}))
    manifests.parse(encode(GOOD | {"annotations": {"a": "x" * room}}), None)
    with pytest.raises(ManifestTooLarge, match="less than or equal to 4194304"):
        manifests.parse(encode(GOOD | {"annotations": {"a": "x" * (room + 1)}}), None)
    with pytest.raises(ManifestTooLarge):
        manifests.parse(b"[" * (manifests.MAX_BYTES + 1), None)


def test_foreign_layers_are_not_kept() -> None:
    """Layers that are distributed elsewhere count for the size and not for what has to be there."""
    foreign = a_descriptor(b"windows", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    read = manifests.parse(encode(GOOD | {"layers": [foreign]}), None)
    assert len(read.blobs) == 1
    assert read.size == DESCRIPTOR["size"] + len(b"windows")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "schemaVersion": st.just(2) | JSON,
        "mediaType": st.sampled_from([manifests.OCI_MANIFEST, manifests.OCI_INDEX]) | JSON,
        "config": st.just(DESCRIPTOR) | JSON,
        "layers": st.lists(st.just(DESCRIPTOR) | JSON, max_size=3) | JSON,
        "manifests": st.lists(st.just(DESCRIPTOR) | JSON, max_size=3) | JSON,
        "subject": st.just(DESCRIPTOR) | JSON,
        "annotations": st.dictionaries(st.text(), st.text(), max_size=2) | JSON,
    },
)


@given(st.binary() | JSON.map(encode) | NEAR.map(encode), st.sampled_from([None, manifests.OCI_MANIFEST]))
def test_any_bytes(data: bytes, media_type: str | None) -> None:
    """Whatever comes in is read as one thing or refused with an error of ours."""
    try:
        read = manifests.parse(data, media_type)
    except RegistryError:
        return
    document = json.loads(data)
    assert not ("manifests" in document and "layers" in document)
    assert bool(read.blobs) != ("manifests" in document)
