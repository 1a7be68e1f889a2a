"""Downloads by URL alone."""

from __future__ import annotations

import pytest
from tests.asgi import Answer, call
from tests.factories import KEY, Clock, a_blob, a_manifest, a_repository, push

from entrepot.domain import digests
from entrepot.oci.layers import Downloads
from entrepot.registry import layers
from entrepot.registry.context import Registry


@pytest.fixture
def url(reg: Registry) -> str:
    a_repository(reg)
    a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    push(reg, a_manifest(b"layer"))
    return layers.download_url(reg, KEY, "team/app", digests.of(b"layer")).removeprefix("http://localhost:5000")


def get(reg: Registry, url: str, method: str = "GET", **headers: str) -> Answer:
    return call(Downloads(reg), method, url, headers=headers)


def test_download(reg: Registry, url: str) -> None:
    """The bytes come without credentials, whole or in part, with an encoded colon or without."""
    assert get(reg, url).body == b"layer"
    assert get(reg, url.replace(":", "%3A")).body == b"layer"
    part = get(reg, url, range="bytes=1-2")
    assert (part.status, part.body) == (206, b"ay")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE"])
def test_other_methods(reg: Registry, url: str, method: str) -> None:
    """The URL is signed for GET."""
    assert get(reg, url, method).status == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("signature=", "signature=0"),
        ("expires=", "expires=9"),
        ("/layers/", "/layers/1"),
        ("?", "?x=%ff&"),
        ("?", "/x?"),
    ],
)
def test_altered(reg: Registry, url: str, old: str, new: str) -> None:
    """Anything altered is 403."""
    assert get(reg, url.replace(old, new)).status == 403


def test_over(reg: Registry, url: str, clock: Clock) -> None:
    """After an hour it is over."""
    clock.forward(3600)
    assert get(reg, url).status == 403


@pytest.mark.parametrize(
    "path", ["/layers/", "/layers/x", "/layers/1/sha256:x", "/layers/../../etc/passwd", "/layers/%00/x"]
)
def test_junk(reg: Registry, path: str) -> None:
    """What was never given out is 403."""
    assert get(reg, path).status == 403
