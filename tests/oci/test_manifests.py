"""Manifests over `/v2`. (OCI distribution-spec 1.1, "Pushing manifests", "Pulling manifests".)"""

from __future__ import annotations

import json

import pytest
from tests.factories import KEY, a_blob, a_caller, a_descriptor, a_manifest, an_image, an_index
from tests.oci.conftest import Client

from entrepot.domain import digests, manifests
from entrepot.domain.images import ImageId
from entrepot.domain.repositories import Mutability
from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.registry import exclusions, images, repositories, storage_class
from entrepot.registry.context import Registry
from entrepot.web.rates import ActionRates

PLACE = "team/app/manifests/"


@pytest.fixture
def manifest(reg: Registry, client: Client) -> bytes:
    a_blob(reg, b"layer")
    a_blob(reg, b"{}")
    return a_manifest(b"layer")


def put(client: Client, reference: str, data: bytes, kind: str = manifests.OCI_MANIFEST) -> int:
    return client("PUT", PLACE + reference, data, content_type=kind).status


def test_push_and_pull(client: Client, manifest: bytes) -> None:
    """end-7, end-3: by tag and by digest, the bytes and the type as they were pushed."""
    answer = client("PUT", PLACE + "v1", manifest, content_type=manifests.OCI_MANIFEST)
    digest = digests.of(manifest)
    assert answer.status == 201
    assert answer.headers["docker-content-digest"] == digest
    assert answer.headers["location"] == f"/v2/{PLACE}{digest}"
    for reference in ("v1", digest, digest.replace(":", "%3A")):
        got, seen = client("GET", PLACE + reference, accept="text/plain"), client("HEAD", PLACE + reference)
        assert (got.status, got.body, seen.status, seen.body) == (200, manifest, 200, b"")
        assert got.headers == seen.headers
        assert got.headers["content-type"] == manifests.OCI_MANIFEST
        assert got.headers["content-length"] == str(len(manifest))
        assert got.headers["docker-content-digest"] == digest


def test_docker_schema_2(reg: Registry, client: Client, manifest: bytes) -> None:
    """Docker's own format is kept as it is, and so is a list of it."""
    docker = manifest.replace(manifests.OCI_MANIFEST.encode(), manifests.DOCKER_MANIFEST.encode())
    assert put(client, "docker", docker, manifests.DOCKER_MANIFEST) == 201
    assert client("GET", PLACE + "docker").headers["content-type"] == manifests.DOCKER_MANIFEST
    listed = json.loads(an_index(docker)) | {"mediaType": manifests.DOCKER_INDEX}
    assert put(client, "list", json.dumps(listed).encode(), manifests.DOCKER_INDEX) == 201


def test_by_digest(client: Client, manifest: bytes) -> None:
    """A push by digest has no tag; a wrong digest is 400."""
    assert put(client, digests.of(manifest), manifest) == 201
    assert put(client, digests.of(manifest, "sha512"), manifest) == 201
    assert json.loads(client("GET", "team/app/tags/list").body)["tags"] == []
    assert client.errors("PUT", PLACE + digests.of(b"x"), manifest)[:2] == (400, "DIGEST_INVALID")


def test_tag_parameters(client: Client, manifest: bytes) -> None:
    """`?tag=` names the image that is pushed by digest; each is answered."""
    answer = client("PUT", f"{PLACE}{digests.of(manifest)}?tag=a&tag=b", manifest)
    assert (answer.status, answer.headers["oci-tag"]) == (201, "a,b")
    assert json.loads(client("GET", "team/app/tags/list").body)["tags"] == ["a", "b"]
    assert client.errors("PUT", f"{PLACE}c?tag=-bad", manifest)[:2] == (400, "TAG_INVALID")
    assert client("HEAD", PLACE + "c").status == 404


def test_subject(client: Client, manifest: bytes) -> None:
    """A manifest with a subject is answered with it, whether or not the subject is there."""
    subject = a_descriptor(b"later", manifests.OCI_MANIFEST)
    answer = client("PUT", PLACE + "sig", a_manifest(b"layer", subject=subject))
    assert (answer.status, answer.headers["oci-subject"]) == (201, subject["digest"])


@pytest.mark.parametrize("tag", [".x", "-x", "a" * 129, "a%20b", "%C3%A9", "a%2Fb"])
def test_bad_tags(client: Client, manifest: bytes, tag: str) -> None:
    """Text that is no tag is 400, for every method."""
    for method in ("PUT", "GET", "DELETE"):
        assert client.errors(method, PLACE + tag, manifest)[:2] == (400, "TAG_INVALID")


def test_bad_manifests(client: Client, manifest: bytes) -> None:
    """What is no manifest is 400, what is too large 413."""
    for data in (b"", b"{", b"[]", manifest + b"x", manifest.replace(b'"layers"', b'"manifests"')):
        assert client.errors("PUT", PLACE + "bad", data)[:2] == (400, "MANIFEST_INVALID")
    kind = {"content_type": manifests.DOCKER_MANIFEST}
    assert client.errors("PUT", PLACE + "bad", manifest, **kind)[:2] == (400, "MANIFEST_INVALID")
    for body in (b" " * (manifests.MAX_BYTES + 1), [b" " * 1_000_000] * 5):
        assert client.errors("PUT", PLACE + "bad", body)[:2] == (413, "MANIFEST_INVALID")
    assert client("HEAD", PLACE + "bad").status == 404


def test_content_type_parameters(client: Client, manifest: bytes) -> None:
    """A charset beside the media type does not matter."""
    assert put(client, "v1", manifest, manifests.OCI_MANIFEST + "; charset=utf-8") == 201


def test_missing_parts(client: Client) -> None:
    """Missing blobs and images are MANIFEST_BLOB_UNKNOWN in ECR's sentence."""
    status, code, message = client.errors("PUT", PLACE + "v1", a_manifest(b"nowhere"))
    assert (status, code) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert "required for pushing image into repository with name 'team/app'" in message
    child = a_manifest(b"nowhere")
    assert client.errors("PUT", PLACE + "v1", an_index(child)) == (
        404,
        "MANIFEST_BLOB_UNKNOWN",
        (
            f"Images with digests '[{digests.of(child)}]' required for pushing image into repository with name "
            "'team/app' in the registry with id '123456789012' do not exist"
        ),
    )


def test_immutable(reg: Registry, client: Client, manifest: bytes) -> None:
    """An immutable tag is 400 TAG_INVALID in ECR's sentence; the same image again is fine."""
    assert put(client, "v1", manifest) == 201
    repositories.set_mutability(reg, a_caller(), KEY, "team/app", Mutability("IMMUTABLE"))
    assert put(client, "v1", manifest) == 201
    other = a_manifest(b"layer", annotations={"a": "b"})
    refusal = (
        400,
        "TAG_INVALID",
        (
            "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten "
            "because the tag is immutable."
        ),
    )
    assert client.errors("PUT", PLACE + "v1", other) == refusal
    assert client.errors("PUT", f"{PLACE}{digests.of(other)}?tag=v1", other) == refusal
    assert client("GET", PLACE + "v1").body == manifest


def test_unknown(client: Client) -> None:
    """An image that is not there is MANIFEST_UNKNOWN in ECR's words; its repository NAME_UNKNOWN."""
    for reference in ("v1", digests.of(b"x")):
        assert client.errors("GET", PLACE + reference) == (404, "MANIFEST_UNKNOWN", "Requested image not found")
        assert client("HEAD", PLACE + reference).status == 404
        assert client.errors("DELETE", PLACE + reference)[:2] == (404, "MANIFEST_UNKNOWN")
    assert client.errors("GET", "nope/manifests/v1")[:2] == (404, "NAME_UNKNOWN")


def test_delete(client: Client, manifest: bytes) -> None:
    """end-9: a tag goes alone; a digest takes the image and all its tags; both are gone at once."""
    digest = digests.of(manifest)
    put(client, "a", manifest)
    put(client, "b", manifest)
    assert client("DELETE", PLACE + "a").status == 202
    assert client("HEAD", PLACE + "a").status == 404
    assert client("HEAD", PLACE + digest).status == 200
    assert client("DELETE", PLACE + digest).status == 202
    assert client("HEAD", PLACE + "b").status == 404
    assert client("HEAD", PLACE + digest).status == 404


def test_children_stay(client: Client, manifest: bytes) -> None:
    """An image that an index names is not deleted."""
    put(client, "child", manifest)
    put(client, "all", an_index(manifest), manifests.OCI_INDEX)
    status, code, message = client.errors("DELETE", PLACE + digests.of(manifest))
    assert (status, code) == (400, "UNSUPPORTED")
    assert message.startswith("Requested image referenced by manifest list: [sha256:")


def test_what_the_client_has(reg: Registry, client: Client) -> None:
    """304 to a client that has the manifest, by tag and by digest. (RFC 9110, 13.1.2.)"""
    digest = an_image(reg, 1, "v1")
    for reference in ("v1", digest):
        for method in ("GET", "HEAD"):
            answer = client(method, f"team/app/manifests/{reference}", if_none_match=f'"{digest}"')
            assert (answer.status, answer.body) == (304, b"")
            assert (answer.headers["etag"], answer.headers["docker-content-digest"]) == (f'"{digest}"', digest)
            assert client(method, f"team/app/manifests/{reference}", if_none_match='"other"').status == 200


def test_sparse_manifests_are_warned_of(reg: Registry, client: Client) -> None:
    """Where manifests may name what is not there, the answer says how much that is."""
    app = OciDoor(reg, Options(sparse_manifests=True, body_bytes=2**40))
    sparse = Client(app, client.login)
    answer = sparse("PUT", "team/app/manifests/v1", a_manifest(b"one", b"two"))
    assert answer.status == 201
    assert answer.headers["warning"] == '299 - "3 of what this manifest names is not in the repository"'
    assert "warning" not in sparse("PUT", "team/app/manifests/v1", a_manifest(b"one", b"two")).headers


def test_too_many_requests(reg: Registry, client: Client) -> None:
    """Above the limit 429 and when to come again, whatever is asked."""
    app = OciDoor(reg, Options(sparse_manifests=False, body_bytes=2**40, requests_per_second=2))
    limited = Client(app, client.login)
    answers = [limited("GET", "") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "1"
    assert json.loads(answers[2].body)["errors"] == [{"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}]


def test_rates_of_actions(reg: Registry, client: Client) -> None:
    """Each route counts for the action that it takes: pushes can be too many while pulls are not."""
    app = OciDoor(reg, Options(sparse_manifests=True, body_bytes=2**40), ActionRates({"ecr:PutImage": 0.001}))
    limited = Client(app, client.login)
    assert limited("PUT", "team/app/manifests/v1", a_manifest(b"one")).status == 201
    refused = limited.errors("PUT", "team/app/manifests/v2", a_manifest(b"one"))
    assert refused == (429, "TOOMANYREQUESTS", "Rate exceeded")
    assert [limited("GET", "team/app/manifests/v1").status for _ in range(5)] == [200] * 5


def test_pull_times(reg: Registry, client: Client, manifest: bytes) -> None:
    """A pull moves the time of the last pull, a HEAD does not, and neither does a pull that is excluded."""
    caller, root = a_caller(), a_caller().principal.arn
    put(client, "v1", manifest)

    def after(method: str) -> int | None:
        client(method, PLACE + "v1")
        reg.trail.flush(reg.db)
        return images.head(reg, KEY, "team/app", ImageId(None, "v1")).pulled_at

    exclusions.register(reg, caller, KEY, root)
    assert [after("HEAD"), after("GET")] == [None, None]
    exclusions.deregister(reg, caller, KEY, root)
    assert [after("HEAD"), after("GET")] == [None, reg.now()]


def test_archived(reg: Registry, client: Client, manifest: bytes) -> None:
    """What is in the archive is not found, by tag or digest, until it is pushed again."""
    put(client, "v1", manifest)
    digest = digests.of(manifest)
    storage_class.update(reg, a_caller(), KEY, "team/app", ImageId(digest, None), "ARCHIVE")
    for method in ("GET", "HEAD"):
        for reference in ("v1", digest):
            assert client(method, PLACE + reference).status == 404
    assert client.errors("GET", PLACE + "v1") == (404, "MANIFEST_UNKNOWN", "Requested image not found")
    assert json.loads(client("GET", "team/app/tags/list").body)["tags"] == []
    assert put(client, "v1", manifest) == 201
    assert client("GET", PLACE + "v1").body == manifest


def test_protected(reg: Registry, client: Client, manifest: bytes) -> None:
    """A protected tag and its image cannot be deleted: 403, and why."""
    put(client, "v1", manifest)
    place = "arn:aws:ecr:us-east-1:123456789012:repository/team/app"
    repositories.add_tags(reg, a_caller(), place, {"entrepot:protected-tags": "v*"})
    for reference in ("v1", digests.of(manifest)):
        assert client.errors("DELETE", PLACE + reference) == (
            403,
            "DENIED",
            "The image tag 'v1' is protected by the pattern 'v*'.",
        )
    repositories.remove_tags(reg, a_caller(), place, ["entrepot:protected-tags"])
    assert client("DELETE", PLACE + digests.of(manifest)).status == 202
