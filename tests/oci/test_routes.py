"""What paths mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oci.conftest import Client

from entrepot.oci.routes import ROUTES, Place, locate


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/v2", Place("base")),
        ("/v2/", Place("base")),
        ("/v2/_catalog", Place("catalog")),
        ("/v2/a/tags/list", Place("tags", "a")),
        ("/v2/a/b/c/manifests/v1", Place("manifest", "a/b/c", "v1")),
        ("/v2/a/manifests/sha256%3Aab", Place("manifest", "a", "sha256:ab")),
        ("/v2/a/blobs/sha256:ab", Place("blob", "a", "sha256:ab")),
        ("/v2/a/blobs/uploads", Place("uploads", "a")),
        ("/v2/a/blobs/uploads/", Place("uploads", "a")),
        ("/v2/a/blobs/uploads/id", Place("upload", "a", "id")),
        ("/v2/blobs/uploads/blobs/uploads/", Place("uploads", "blobs/uploads")),
        ("/v2/manifests/manifests/manifests", Place("manifest", "manifests", "manifests")),
        ("/v2/a%2Fb/tags/list", Place("tags", "a%2Fb")),
        ("/v2/a/../b/tags/list", Place("tags", "a/../b")),
        ("/v2/x", None),
        ("/v2//", None),
        ("/v2/a/tags/other", None),
        ("/v2/a/uploads/x", None),
        ("/v2/a/manifests/x/y", None),
    ],
)
def test_locate(path: str, place: Place | None) -> None:
    """Names keep their slashes, references are decoded, and `%2F` in a name is never another path."""
    assert locate(path) == place


@given(st.lists(st.sampled_from(["", "a", "..", "%2e", "%00", "blobs", "uploads", "manifests", "tags", "list"])))
def test_any_path(parts: list[str]) -> None:
    """No path is an error, and each that means something has routes."""
    place = locate("/v2/" + "/".join(parts))
    assert place is None or ROUTES[place.kind]


def test_every_route_needs_an_action() -> None:
    """Each route names the IAM action that it takes."""
    for methods in ROUTES.values():
        assert all(route.action.startswith("ecr:") for route in methods.values())


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "", "GET, HEAD"),
        ("DELETE", "_catalog", "GET, HEAD"),
        ("POST", "team/app/manifests/v1", "DELETE, GET, HEAD, PUT"),
        ("PUT", "team/app/blobs/uploads/", "POST"),
        ("OPTIONS", "team/app/tags/list", "GET, HEAD"),
        ("PUT", "team/app/referrers/sha256:0", "GET, HEAD"),
        ("PATCH", "team/app/blobs/sha256:0", "DELETE, GET, HEAD"),
    ],
)
def test_other_methods(client: Client, method: str, path: str, allowed: str) -> None:
    """A method that a path does not have is 405 and told which it has."""
    answer = client(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_nothing_there(client: Client) -> None:
    """A path that means nothing is 404."""
    assert client.errors("GET", "team/app/other/x")[:2] == (404, "UNSUPPORTED")


def test_encoded_bodies(client: Client) -> None:
    """A compressed body is 415: bytes are kept as they come."""
    assert client("PUT", "team/app/manifests/v1", b"{}", content_encoding="gzip").status == 415
