"""Pushes over `/v2` to repositories that are not there yet."""

from __future__ import annotations

import json

import pytest
from tests.factories import ACCOUNT, KEY, a_caller, a_manifest
from tests.oci.conftest import Client

from entrepot.domain.digests import of
from entrepot.domain.manifests import OCI_MANIFEST
from entrepot.registry import templates
from entrepot.registry.context import Registry
from entrepot.registry.templates import Change

UNKNOWN = f"The repository with name 'prod/app' does not exist in the registry with id '{ACCOUNT}'"


@pytest.fixture
def template(reg: Registry) -> str:
    """A template for pushes below `prod/`."""
    templates.create(reg, a_caller(), KEY, "prod", Change(applied_for=["CREATE_ON_PUSH"]))
    return "prod"


def upload(client: Client, name: str, data: bytes) -> str:
    """Push a blob in two requests and give its digest."""
    started = client("POST", f"{name}/blobs/uploads/")
    assert started.status == 202
    place = started.headers["location"].removeprefix("/v2/")
    assert client("PUT", f"{place}?digest={of(data)}", data).status == 201
    return of(data)


@pytest.mark.usefixtures("template")
def test_a_whole_push(client: Client) -> None:
    """Blobs, then the manifest, go to a name that nothing has; the tag is there afterwards."""
    for data in (b"layer", b"{}"):
        upload(client, "prod/app", data)
    pushed = client("PUT", "prod/app/manifests/1", a_manifest(b"layer"), content_type=OCI_MANIFEST)
    assert pushed.status == 201
    assert json.loads(client("GET", "prod/app/tags/list").body) == {"name": "prod/app", "tags": ["1"]}


@pytest.mark.usefixtures("template")
def test_one_request(client: Client) -> None:
    """A blob in a single POST makes the repository, too."""
    assert client("POST", f"prod/app/blobs/uploads/?digest={of(b'x')}", b"x").status == 201
    assert client("HEAD", f"prod/app/blobs/{of(b'x')}").status == 200


@pytest.mark.usefixtures("template")
def test_a_mount(client: Client) -> None:
    """A mount into a new repository makes it and mounts the blob."""
    digest = upload(client, "team/app", b"layer")
    mounted = client("POST", f"prod/app/blobs/uploads/?mount={digest}&from=team/app")
    assert mounted.status == 201
    assert client("HEAD", f"prod/app/blobs/{digest}").status == 200


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "prod/app/manifests/1"),
        ("GET", f"prod/app/blobs/{of(b'x')}"),
        ("GET", "prod/app/tags/list"),
        ("GET", f"prod/app/referrers/{of(b'x')}"),
        ("DELETE", "prod/app/manifests/1"),
        ("DELETE", f"prod/app/blobs/{of(b'x')}"),
        ("PATCH", "prod/app/blobs/uploads/00000000-0000-0000-0000-000000000000"),
        ("PUT", f"prod/app/blobs/uploads/00000000-0000-0000-0000-000000000000?digest={of(b'x')}"),
    ],
)
def test_other_requests_make_nothing(client: Client, method: str, path: str) -> None:
    """Reading, deleting and going on with an upload find no repository."""
    assert client.errors(method, path) == (404, "NAME_UNKNOWN", UNKNOWN)
    if method == "GET":
        assert client("HEAD", path).status == 404
    assert client.errors("GET", "prod/app/tags/list") == (404, "NAME_UNKNOWN", UNKNOWN)


@pytest.mark.usefixtures("template")
def test_a_manifest_without_its_blobs(client: Client) -> None:
    """It is refused for what is missing, and leaves no repository behind."""
    status, code, _ = client.errors("PUT", "prod/app/manifests/1", a_manifest(b"layer"))
    assert (status, code) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert client.errors("GET", "prod/app/tags/list") == (404, "NAME_UNKNOWN", UNKNOWN)


def test_no_template(client: Client) -> None:
    """Without a template a push is refused as before."""
    assert client.errors("POST", "prod/app/blobs/uploads/") == (404, "NAME_UNKNOWN", UNKNOWN)
    assert client.errors("PUT", "prod/app/manifests/1", a_manifest(b"layer")) == (404, "NAME_UNKNOWN", UNKNOWN)


def test_a_template_that_cannot_be_carried_out(client: Client, reg: Registry) -> None:
    """403 DENIED with the reason: docker shows it."""
    change = Change(applied_for=["CREATE_ON_PUSH"], tags={"k": "v"})
    templates.create(reg, a_caller(), KEY, "prod", change)
    status, code, text = client.errors("POST", "prod/app/blobs/uploads/")
    assert (status, code) == (403, "DENIED")
    assert text.endswith("A template with resource tags needs a customRoleArn")
