"""GetDownloadUrlForLayer: what the URL gives to whoever has it, and when it no longer does."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from tests.aws.ecr.asking import ACCOUNT, invalid, plain, refused
from tests.aws.ecr.putting import put_image, put_layer

from entrepot.domain import digests
from entrepot.registry import credentials
from entrepot.registry.credentials import Keys

if TYPE_CHECKING:
    from tests.clients.serving import Server

NOWHERE = "sha256:" + "0" * 64


def fetch(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
    """Ask without any credentials; status, body, headers with lower-case names."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read(), {name.lower(): value for name, value in refusal.headers.items()}


@pytest.fixture
def layer(ecr: Any, repository: str) -> bytes:
    """The content of a layer that an image of the repository names."""
    return put_image(ecr, repository, "1").layer


@pytest.fixture
def url(ecr: Any, repository: str, layer: bytes) -> str:
    digest = digests.of(layer)
    answer = plain(ecr.get_download_url_for_layer(registryId=ACCOUNT, repositoryName=repository, layerDigest=digest))
    assert answer == {"downloadUrl": answer["downloadUrl"], "layerDigest": digest}
    return str(answer["downloadUrl"])


def test_download(url: str, layer: bytes, server: Server) -> None:
    """The URL is of this server and gives the bytes to anybody."""
    assert url.startswith(f"http://{server.host}/")
    status, body, headers = fetch(url)
    assert (status, body, headers["content-length"]) == (200, layer, str(len(layer)))


def test_config(ecr: Any, repository: str) -> None:
    """A config is downloaded like a layer."""
    image = put_image(ecr, repository)
    answer = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digests.of(image.config))
    assert fetch(answer["downloadUrl"])[1] == image.config


@pytest.mark.parametrize(
    ("wanted", "start", "stop"), [("bytes=2-4", 2, 5), ("bytes=3-", 3, None), ("bytes=-3", -3, None)]
)
def test_range(url: str, layer: bytes, wanted: str, start: int, stop: int | None) -> None:
    """A part of the layer."""
    status, body, headers = fetch(url, headers={"Range": wanted})
    part = layer[start:stop]
    first = layer.index(part)
    assert (status, body) == (206, part)
    assert headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(layer)}"


def test_range_outside(url: str, layer: bytes) -> None:
    """A part that the layer does not have."""
    status, _, headers = fetch(url, headers={"Range": f"bytes={len(layer)}-"})
    assert (status, headers["content-range"]) == (416, f"bytes */{len(layer)}")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(url: str, method: str) -> None:
    """The URL is for GET."""
    assert fetch(url, method)[0] == HTTPStatus.FORBIDDEN


def test_altered(url: str) -> None:
    """Nothing of the URL can be altered or left out."""
    path, _, query = url.partition("?")
    expires, _, signature = query.partition("&")
    later = f"expires={int(expires.removeprefix('expires=')) + 1}"
    repository, _, _ = path.rpartition("/")
    start, _, number = repository.rpartition("/")
    digest = path.rpartition("/")[2]
    for altered in (
        url[:-1] + ("1" if url[-1] == "0" else "0"),
        f"{path}?{later}&{signature}",
        f"{path}?{signature}",
        f"{path}?{expires}",
        path,
        f"{repository}/{NOWHERE}?{query}",
        f"{start}/{int(number) + 1}/{digest}?{query}",
    ):
        assert fetch(altered)[0] == HTTPStatus.FORBIDDEN, altered


def test_life(url: str, layer: bytes, server: Server) -> None:
    """The URL is good for an hour; one that is signed as ours are, and over, is not."""
    path, _, query = url.partition("?")
    life = int(query.partition("&")[0].removeprefix("expires=")) - time.time()
    assert 3500 < life <= 3600
    _, number, digest = path.rsplit("/", 2)
    keys = Keys("", "", (server.data_dir / "sealing.key").read_bytes())
    for left, status in ((60, 200), (-1, 403)):
        expires = int(time.time()) + left
        signature = credentials.sign_download(keys, int(number), digest, expires)
        assert fetch(f"{path}?expires={expires}&signature={signature}")[0] == status


def test_repository_is_gone(ecr: Any, repository: str, url: str) -> None:
    """The URL dies with its repository, and a repository of the same name and content does not wake it."""
    ecr.delete_repository(repositoryName=repository, force=True)
    assert fetch(url)[0] in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    ecr.create_repository(repositoryName=repository)
    image = put_image(ecr, repository, "1")
    assert fetch(url)[0] in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    again = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digests.of(image.layer))
    assert fetch(again["downloadUrl"])[:2] == (200, image.layer)


def test_layer_without_an_image(ecr: Any, repository: str, layer: bytes) -> None:
    """A layer that no image names, or no longer names, is not given out."""
    message = (
        "The specified layer is not available because it is not associated with an image. "
        "Unassociated image layers may be cleaned up at any time."
    )
    alone = put_layer(ecr, repository, b"alone")
    with refused("LayerInaccessibleException", message):
        ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=alone)
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "1"}])
    with refused("LayerInaccessibleException", message):
        ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digests.of(layer))


def test_unknown_layer(ecr: Any, raw: Any, repository: str, layer: bytes) -> None:
    """A digest that the repository does not have, although another has it, and text that is none."""
    ecr.create_repository(repositoryName=f"{repository}/2")
    digest = digests.of(layer)
    with refused(
        "LayersNotFoundException",
        f"The layer with digest '{digest}' could not be found in the repository with name '{repository}/2' "
        f"in the registry with id '{ACCOUNT}'",
    ):
        ecr.get_download_url_for_layer(repositoryName=f"{repository}/2", layerDigest=digest)
    with invalid("layerDigest", "Member must satisfy regular expression pattern: [a-zA-Z0-9-_+.]+:[a-fA-F0-9]+"):
        raw.get_download_url_for_layer(repositoryName=repository, layerDigest="nonsense")
