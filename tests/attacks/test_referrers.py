"""Attacks with many of a thing, with what refers to what, and with what lies elsewhere (A8, A13, A14, A18)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest
from tests.attacks.conftest import Target
from tests.factories import CONFIG_TYPE, a_descriptor, a_manifest, an_index

from entrepot.domain import digests, manifests

UPLOADS = "team/app/blobs/uploads/"
PLACE = "team/app/manifests/"
MANY = 2_000


@pytest.fixture(autouse=True)
def _config(target: Target) -> None:
    push_blob(target, b"{}")


def push_blob(target: Target, data: bytes) -> str:
    digest = digests.of(data)
    assert target.v2("POST", f"{UPLOADS}?digest={digest}", data).status == 201
    return digest


def put(target: Target, data: bytes, reference: str = "") -> int:
    kind = json.loads(data)["mediaType"]
    return target.v2("PUT", PLACE + (reference or digests.of(data)), data, {"Content-Type": kind}).status


@pytest.fixture
def secret(target: Target) -> Iterator[str]:
    """The digest of a blob that is in another region's registry only."""
    yield digests.of(b"never pushed anywhere")
    assert target.temporary_files() == []


@pytest.mark.parametrize("source", ["", "&from=team/app", "&from=no/such", "&from=UPPER", "&from=../x", "&from=%00"])
def test_mount_of_what_is_not_there(target: Target, secret: str, source: str) -> None:
    """A8: whatever is named as the source, a blob that cannot be mounted is 202 and an upload, all alike."""
    reply = target.v2("POST", f"{UPLOADS}?mount={secret}{source}")
    assert (reply.status, reply.body) == (202, b"")
    [upload] = [reply.headers["location"]]
    assert target.request("DELETE", upload, headers={"Authorization": target.login}).status == 204


def test_many_tags(target: Target) -> None:
    """A13: a list of tags is bounded by its page, however many there are."""
    target.ecr.create_repository(repositoryName="many/tags")
    for data in (b"{}",):
        assert target.v2("POST", f"many/tags/blobs/uploads/?digest={digests.of(data)}", data).status == 201
    for start in range(0, MANY, 50):
        data = a_manifest(annotations={"n": str(start)})
        query = "&".join(f"tag=t{number:05}" for number in range(start, start + 50))
        reply = target.v2("PUT", f"many/tags/manifests/{digests.of(data)}?{query}", data)
        assert reply.status == 201
    query = "&".join(f"tag=t{number}" for number in range(65))
    assert target.v2("PUT", f"many/tags/manifests/{digests.of(data)}?{query}", data).status == 400
    shown = json.loads(target.v2("GET", "many/tags/tags/list").body)["tags"]
    assert shown == [f"t{number:05}" for number in range(1000)]
    assert json.loads(target.v2("GET", "many/tags/tags/list?last=t01998").body)["tags"] == ["t01999"]
    assert target.v2("GET", f"many/tags/tags/list?n={MANY}").status == 400


def test_many_referrers(target: Target) -> None:
    """A13: a page of referrers has at most 100, and all are had in as many pages as that takes."""
    subject = a_descriptor(b"a subject with many", manifests.OCI_MANIFEST)
    for number in range(350):
        assert put(target, a_manifest(subject=subject, annotations={"n": str(number)})) == 201
    path, seen, pages = f"team/app/referrers/{subject['digest']}", list[str](), 0
    while path:
        reply = target.v2("GET", path)
        found = json.loads(reply.body)["manifests"]
        assert 0 < len(found) <= 100
        seen += [item["digest"] for item in found]
        path = reply.headers.get("link", "").partition(">")[0].removeprefix("</v2/")
        pages += 1
    assert (len(set(seen)), len(seen), pages) == (350, 350, 4)


def test_a_wide_index(target: Target) -> None:
    """A13: 10,000 children are the most that an index names; one more is refused, and neither takes long."""
    child = a_manifest(annotations={"a": "child"})
    assert put(target, child) == 201
    named = a_descriptor(child, manifests.OCI_MANIFEST)
    began = time.monotonic()
    wide = an_index(manifests=[named] * manifests.MAX_DESCRIPTORS)
    assert put(target, wide, "wide") == 201
    wider = target.v2("PUT", f"{PLACE}wider", an_index(manifests=[named] * (manifests.MAX_DESCRIPTORS + 1)))
    assert (wider.status, wider.code) == (400, "MANIFEST_INVALID")
    assert time.monotonic() - began < 10


def test_an_exponential_nest(target: Target) -> None:
    """A13: thirty indexes, each naming the one below twice, are thirty rows and not a thousand million."""
    level = a_manifest(annotations={"the": "bottom"})
    assert put(target, level) == 201
    before, kind = target.resident(), manifests.OCI_MANIFEST
    began = time.monotonic()
    for _ in range(30):
        named = a_descriptor(level, kind)
        level, kind = an_index(manifests=[named, named]), manifests.OCI_INDEX
        assert put(target, level) == 201
    assert put(target, level, "top") == 201
    [described] = target.ecr.describe_images(repositoryName="team/app", imageIds=[{"imageTag": "top"}])["imageDetails"]
    assert described["imageDigest"] == digests.of(level)
    assert time.monotonic() - began < 10
    assert target.resident() - before < 32 * 1024**2


def test_an_index_of_itself(target: Target) -> None:
    """A13: an index cannot name itself, since nobody knows its digest before; one that names a stranger is refused."""
    named = a_descriptor(b"not there", manifests.OCI_INDEX)
    assert put(target, an_index(manifests=[named])) == 404


def test_a_foreign_subject(target: Target) -> None:
    """A14: who refers to an image adds to its list and changes nothing of the image, its tags or its descriptor."""
    image = a_manifest(annotations={"an": "image"})
    assert put(target, image, "victim") == 201
    before = target.v2("GET", f"{PLACE}victim")
    poison = a_manifest(
        subject=a_descriptor(image, manifests.OCI_MANIFEST) | {"annotations": {"trusted": "yes"}},
        artifactType="application/vnd.dev.sigstore.bundle.v0.3+json",
    )
    assert put(target, poison) == 201
    lying = a_manifest(subject={"mediaType": "text/plain", "digest": digests.of(image), "size": 1})
    assert put(target, lying) == 201
    after = target.v2("GET", f"{PLACE}victim")
    assert (after.status, after.body, after.headers["etag"]) == (200, before.body, before.headers["etag"])
    found = json.loads(target.v2("GET", f"team/app/referrers/{digests.of(image)}").body)["manifests"]
    assert {item["digest"] for item in found} == {digests.of(poison), digests.of(lying)}
    assert all("annotations" not in item for item in found)
    assert target.v2("DELETE", PLACE + digests.of(poison)).status == 202
    assert target.v2("GET", f"{PLACE}victim").body == before.body


@pytest.mark.parametrize(
    "kind", ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", manifests.OCI_MANIFEST]
)
def test_layers_elsewhere(target: Target, kind: str) -> None:
    """A18: `urls` are kept byte for byte and nothing ever connects to them."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(1)
        here = f"http://127.0.0.1:{trap.getsockname()[1]}/latest/meta-data"
        layer = a_descriptor(b"elsewhere", kind) | {"urls": [here]}
        if "nondistributable" not in kind:
            push_blob(target, b"elsewhere")
        config = a_descriptor(b"{}", CONFIG_TYPE) | {"urls": [here, "file:///etc/passwd"]}
        data = a_manifest(layers=[layer], config=b"{}") if kind else b""
        data = json.dumps(json.loads(data) | {"config": config}).encode()
        assert put(target, data, "urls") == 201
        assert target.v2("GET", f"{PLACE}urls").body == data
        target.v2("GET", f"team/app/blobs/{layer['digest']}")
        with pytest.raises(TimeoutError):
            trap.accept()
