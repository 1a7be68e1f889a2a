"""Manifests and indexes: parsing them strictly, and what they refer to.

Bytes are kept as they were pushed; a Manifest is only what the registry has to know about them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from entrepot.domain import digests
from entrepot.domain.errors import DigestInvalid, ManifestInvalid, ManifestTooLarge

MAX_BYTES = 4_194_304  # ECR's ImageManifest; also what the OCI specification asks registries to take
MAX_DESCRIPTORS = 10_000

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_SIZE_MAX = 2**63 - 1  # what 64 bits hold, also of all descriptors together
# Readers in Go take `Layers` for `layers`: a document that has both would be two.
_FOLDED = {
    name.casefold(): name
    for name in (
        *("schemaVersion", "mediaType", "artifactType", "config", "layers", "fsLayers", "manifests", "subject"),
        *("annotations", "digest", "size", "urls", "data", "platform"),
    )
}
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


@dataclass(frozen=True, slots=True)
class Descriptor:
    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest refers to. `blobs` have to be in the repository, `children` are manifests of an index."""

    media_type: str
    artifact_type: str
    blobs: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    subject: Descriptor | None
    size: int


def parse(data: bytes, media_type: str | None, *, declared: bool = False) -> Manifest:
    """Read a manifest or index that was pushed as `media_type` (None where the pusher did not say).

    With `declared`, pusher or document have to say the media type; without, it is told from the document's form.
    Raises ManifestTooLarge above 4 MiB and ManifestInvalid for anything that two readers could read differently:
    no UTF-8, duplicate keys, keys in other letters, a document that is manifest and index at once (CVE-2021-41190), a
    mediaType that contradicts the pushed one, schema 1, descriptors without a usable digest or size.
    """
    if len(data) > MAX_BYTES:
        raise ManifestTooLarge(MAX_BYTES)
    if media_type is not None:
        check_media_type(media_type)
    document = _load(data)
    _check_spelling(document)
    version = document.get("schemaVersion")
    if not isinstance(version, int) or version != 2:  # noqa: PLR2004  # 2.0 is not what every reader takes for 2
        raise ManifestInvalid("schemaVersion must be 2")
    own = document.get("mediaType")
    if own is not None and not (isinstance(own, str) and _MEDIA_TYPE.fullmatch(own)):
        raise ManifestInvalid("mediaType is not a media type")
    if own is not None and media_type is not None and own != media_type:
        raise ManifestInvalid(f"mediaType '{own}' contradicts the media type of the request, '{media_type}'")
    if declared and own is None and media_type is None:
        raise ManifestInvalid("imageManifestMediaType is needed for a manifest without a mediaType")
    _check_annotations(document)
    is_index = _is_index(document)
    known = own or media_type or (OCI_INDEX if is_index else OCI_MANIFEST)
    if known in ((OCI_MANIFEST, DOCKER_MANIFEST) if is_index else (OCI_INDEX, DOCKER_INDEX)):
        raise ManifestInvalid(f"the document is not of the media type '{known}'")
    return _index(document, known) if is_index else _image(document, known)


def annotations_of(data: bytes) -> dict[str, str]:
    """The annotations of a manifest that was parsed when it was pushed."""
    found: dict[str, str] = json.loads(data).get("annotations") or {}
    return found


def check_media_type(text: str) -> str:
    """A media type without parameters, as manifests are pushed and served. Raises ManifestInvalid."""
    if _MEDIA_TYPE.fullmatch(text) is None:
        raise ManifestInvalid("the media type is not one")
    return text


def _load(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid("Invalid JSON syntax") from error
    if not isinstance(document, dict):
        raise ManifestInvalid("Invalid JSON syntax")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ManifestInvalid("an object has the same key twice")
    return found


def _check_spelling(document: dict[str, Any]) -> None:
    for key in document:
        if _FOLDED.get(key.casefold(), key) != key:
            raise ManifestInvalid(f"'{key}' has to be spelt '{_FOLDED[key.casefold()]}'")


def _refuse_constant(name: str) -> NoReturn:
    raise ManifestInvalid(f"{name} is not JSON")


def _is_index(document: dict[str, Any]) -> bool:
    if "manifests" in document:
        if "layers" in document or "config" in document or "fsLayers" in document:
            raise ManifestInvalid("a document is either a manifest or an index")
        return True
    return False


def _image(document: dict[str, Any], media_type: str) -> Manifest:
    config = _descriptor(document.get("config"), "config")
    layers = _descriptors(document, "layers")
    kept = tuple(layer for layer in layers if not is_foreign(layer.media_type))
    size = config.size + sum(layer.size for layer in layers)
    if size > _SIZE_MAX:
        raise ManifestInvalid("the sizes of its descriptors are more than anything holds")
    return Manifest(
        media_type=media_type,
        artifact_type=_text(document, "artifactType") or config.media_type,
        blobs=(config, *kept),
        children=(),
        subject=_subject(document),
        size=size,
    )


def _index(document: dict[str, Any], media_type: str) -> Manifest:
    return Manifest(
        media_type=media_type,
        artifact_type=_text(document, "artifactType"),
        blobs=(),
        children=_descriptors(document, "manifests"),
        subject=_subject(document),
        size=0,
    )


def is_foreign(media_type: str) -> bool:
    """Whether a layer of this type is kept elsewhere: clients do not push it, and it is never fetched from here."""
    return ".nondistributable." in media_type or ".foreign." in media_type


def _subject(document: dict[str, Any]) -> Descriptor | None:
    value = document.get("subject")
    return None if value is None else _descriptor(value, "subject")


def _descriptors(document: dict[str, Any], where: str) -> tuple[Descriptor, ...]:
    value = document.get(where, "")
    if value is None:  # what Go writes for an empty list, and reads as one
        return ()
    if not isinstance(value, list):
        raise ManifestInvalid(f"{where} must be a list")
    if len(value) > MAX_DESCRIPTORS:
        raise ManifestInvalid(f"{where} may have at most {MAX_DESCRIPTORS} entries")
    return tuple(_descriptor(item, where) for item in value)


def _descriptor(value: object, where: str) -> Descriptor:
    if not isinstance(value, dict):
        raise ManifestInvalid(f"{where} must hold descriptors")
    _check_spelling(value)
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
        raise ManifestInvalid(f"a descriptor in {where} has no media type")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _SIZE_MAX:
        raise ManifestInvalid(f"a descriptor in {where} has no size")
    try:
        digest = digests.parse(digest if isinstance(digest, str) else "")
    except DigestInvalid as error:
        raise ManifestInvalid(f"a descriptor in {where} has no digest of sha256 or sha512") from error
    _check_annotations(value)
    return Descriptor(media_type, digest, size)


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or not _MEDIA_TYPE.fullmatch(value):
        raise ManifestInvalid(f"{key} is not a media type")
    return value


def _check_annotations(document: dict[str, Any]) -> None:
    annotations = document.get("annotations")
    if annotations is None:
        return
    if not isinstance(annotations, dict) or not all(isinstance(value, str) for value in annotations.values()):
        raise ManifestInvalid("annotations must map strings to strings")
