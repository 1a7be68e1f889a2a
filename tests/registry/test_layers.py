"""Which layers there are, and downloading them, on both databases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.factories import KEY, Clock, a_blob, a_manifest, a_repository, push
from tests.registry.steps import CALLER, NAME

from entrepot.domain import digests
from entrepot.domain import errors as e
from entrepot.registry import layers, repositories
from entrepot.registry.context import Registry


@pytest.fixture(autouse=True)
def _repository(reg: Registry) -> None:
    a_repository(reg)


def test_a_touched_file_is_hashed_once(reg: Registry, tmp_path: Path) -> None:
    """A blob whose file changed its times but not its bytes is served, and its new identity is noted."""
    digest = a_blob(reg, b"restored from a backup")
    [path] = (path for path in (tmp_path / "storage" / "blobs").rglob("*") if path.is_file())
    os.utime(path, (1, 1))
    for rehashed in (True, False):
        blob = layers.open_blob(reg, KEY, NAME, digest)
        assert (blob.rehashed, blob.read(0, blob.size)) == (rehashed, b"restored from a backup")
        blob.close()


def test_availability(reg: Registry) -> None:
    """Layers are available, unavailable, or no digests; an image's word for one is its media type."""
    digest = a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    push(reg, a_manifest(b"layer"))
    lone = a_blob(reg, b"lone")
    found, failures = layers.availability(reg, KEY, NAME, [digest, digests.of(b"none"), lone, digest, "junk", ""])
    assert [(layer.digest, layer.blob is not None, layer.media_type) for layer in found] == [
        (digest, True, "application/vnd.oci.image.layer.v1.tar+gzip"),
        (digests.of(b"none"), False, None),
        (lone, True, None),
    ]
    assert [(failure.code, failure.digest) for failure in failures] == [
        ("InvalidLayerDigest", "junk"),
        ("MissingLayerDigest", ""),
    ]


def query(url: str) -> tuple[str, str, str, str]:
    """A download URL's repository, digest, expiry and signature."""
    path, _, parameters = url.removeprefix("http://localhost:5000/layers/").partition("?")
    repository, _, digest = path.partition("/")
    fields = dict(pair.split("=") for pair in parameters.split("&"))
    return repository, digest, fields["expires"], fields["signature"]


def test_download_url(reg: Registry, clock: Clock) -> None:
    """A URL opens its blob for an hour, and no other, and nothing altered is believed."""
    digest, other = a_blob(reg, b"layer"), a_blob(reg, b"{}")
    push(reg, a_manifest(b"layer"))
    repository, signed, expires, signature = query(layers.download_url(reg, KEY, NAME, digest))
    layers.open_download(reg, repository, signed, expires, signature).close()
    for altered in (
        (repository, other, expires, signature),
        (repository + "0", signed, expires, signature),
        (repository, signed, str(int(expires) + 1), signature),
        (repository, signed, expires, signature[:-1]),
        (repository, signed, expires, ""),
        (repository, signed, "", signature),
        ("-1", signed, expires, signature),
        (repository, signed, "9" * 30, signature),
        (repository, "junk", expires, signature),
        (repository, signed, expires, "é"),
    ):
        with pytest.raises(e.AccessDenied):
            layers.open_download(reg, *altered)
    clock.forward(3600)
    with pytest.raises(e.AccessDenied):
        layers.open_download(reg, repository, signed, expires, signature)


def test_download_url_of_a_repository_made_again(reg: Registry) -> None:
    """A URL is bound to the repository it was made for, not to its name."""
    digest = a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    push(reg, a_manifest(b"layer"))
    url = query(layers.download_url(reg, KEY, NAME, digest))
    repositories.delete(reg, CALLER, KEY, NAME, force=True)
    a_repository(reg)
    a_blob(reg, b"layer")
    with pytest.raises(e.LayerNotFound):
        layers.open_download(reg, *url)


def test_download_url_needs_an_image(reg: Registry) -> None:
    """A blob that no image names is inaccessible, an unknown one not found."""
    with pytest.raises(e.LayerInaccessible):
        layers.download_url(reg, KEY, NAME, a_blob(reg, b"lone"))
    with pytest.raises(e.LayerNotFound):
        layers.download_url(reg, KEY, NAME, digests.of(b"none"))


@pytest.mark.parametrize("door", ["name", "url"])
def test_a_blob_that_is_replaced_while_it_is_looked_up(
    reg: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    """A reader that has found a damaged blob's row gets the bytes that a push has put in its place since."""
    digest = a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    push(reg, a_manifest(b"layer"))
    url = query(layers.download_url(reg, KEY, NAME, digest))
    [path] = (tmp_path / "storage" / "blobs").rglob(f"{digest.partition(':')[2]}-*")
    path.write_bytes(b"Layer")
    open_ = type(reg.blobs).open

    def late(*given: Any) -> Any:
        monkeypatch.undo()
        a_blob(reg, b"layer")
        return open_(*given)

    monkeypatch.setattr(type(reg.blobs), "open", late)
    blob = layers.open_blob(reg, KEY, NAME, digest) if door == "name" else layers.open_download(reg, *url)
    assert blob.read(0, 5) == b"layer"
    blob.close()
