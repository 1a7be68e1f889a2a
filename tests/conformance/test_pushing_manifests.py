"""Pushing manifests, with and without a subject."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.conftest import (
    CONFIG,
    EMPTY,
    INDEX,
    LAYER,
    MANIFEST,
    Client,
    descriptor,
    digest_of,
    encoded,
    image,
)
from tests.conformance.sections import proves

FOUR_MIB = 4 * 1024 * 1024


def index(*children: bytes, **members: Any) -> dict[str, Any]:
    named = [descriptor(child, MANIFEST) for child in children]
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": named, **members}


@proves("Pushing manifests", "MUST", "PUT by tag and by digest is 201 with the place and the digest.", "end-7")
def test_put(client: Client) -> None:
    client.blob(b"{}")
    data = encoded(image())
    for reference in ("v1", digest_of(data)):
        answer = client.manifest(data, reference)
        assert (answer.status, answer.headers["docker-content-digest"]) == (201, digest_of(data))
        assert client("GET", answer.headers["location"]).body == data


@proves("Pushing manifests", "MUST", "Bytes that are not those of the digest in the path are 400.", "end-7")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_wrong_digest(client: Client, algorithm: str) -> None:
    client.blob(b"{}")
    data = encoded(image())
    answer = client.manifest(data + b"  ", digest_of(data, algorithm))
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert client("HEAD", f"manifests/{digest_of(data, algorithm)}").status == 404


@proves("Pushing manifests", "MUST", "A reference that is neither tag nor digest is 400.", "end-7")
@pytest.mark.parametrize("reference", ["sha256:baddigeststring", "-dash", ".dot", "a" * 129, "with%20space"])
def test_bad_reference(client: Client, reference: str) -> None:
    client.blob(b"{}")
    assert client.manifest(image(), reference).status == 400


@proves("Pushing manifests", "MUST", "A manifest pushed as sha512 is kept and answered as sha512.", "end-7", "end-3")
def test_sha512(client: Client) -> None:
    config = client.blob(b"{}", "sha512")
    document = image() | {"config": {"mediaType": CONFIG, "digest": config, "size": 2}}
    data = encoded(document)
    digest = digest_of(data, "sha512")
    assert client.manifest(data, digest).headers["docker-content-digest"] == digest
    for method in ("GET", "HEAD"):
        assert client(method, f"manifests/{digest}").headers["docker-content-digest"] == digest


@proves(
    "Pushing manifests",
    "SHOULD",
    "`?tag=`, several times, tags a manifest pushed by digest; OCI-Tag names each.",
    "end-7",
)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_tag_parameters(client: Client, algorithm: str) -> None:
    client.blob(b"{}")
    data = encoded(image())
    digest = digest_of(data, algorithm)
    path = f"/v2/{client.repository}/manifests/{digest}?tag=one&tag=two"
    client.connection.request("PUT", path, data, {"Authorization": client.login, "Content-Type": MANIFEST})
    answer = client.connection.getresponse()
    answer.read()
    told = [value for name, value in answer.getheaders() if name.lower() == "oci-tag"]
    assert (answer.status, sorted(told)) == (201, ["one", "two"])
    for tag in ("one", "two"):
        assert client("HEAD", f"manifests/{tag}").headers["docker-content-digest"] == digest


@proves("Pushing manifests", "MUST", "A manifest of just under 4 MiB is taken, one above is 413.", "end-7")
def test_sizes(client: Client) -> None:
    client.blob(b"{}")
    room = FOUR_MIB - len(encoded(image(annotations={"a": ""})))
    large = encoded(image(annotations={"a": "x" * room}))
    assert len(large) == FOUR_MIB
    assert client.manifest(large, "large").status == 201
    assert client("GET", "manifests/large").body == large
    answer = client.manifest(encoded(image(annotations={"a": "x" * (room + 1)})), "larger")
    assert (answer.status, answer.code) == (413, "MANIFEST_INVALID")


@proves(
    "Pushing manifests", "MAY", "A manifest whose blobs are not in the repository is refused, with each named.", "end-7"
)
def test_missing_blobs(client: Client) -> None:
    answer = client.manifest(image(b"one", b"two"), "v1")
    assert (answer.status, answer.code) == (404, "MANIFEST_BLOB_UNKNOWN")
    message = answer.document["errors"][0]["message"]
    assert all(digest_of(data) in message for data in (b"one", b"two", b"{}"))
    assert client("HEAD", "manifests/v1").status == 404


@proves("Pushing manifests", "MAY", "An index whose images are not in the repository is refused.", "end-7")
def test_missing_images(client: Client) -> None:
    answer = client.manifest(index(b"not there"), "v1")
    assert (answer.status, answer.code) == (404, "MANIFEST_BLOB_UNKNOWN")


@proves(
    "Pushing manifests", "image-spec", "Layers that may not be distributed are neither needed nor fetched.", "end-7"
)
@pytest.mark.parametrize(
    "kind", ["nondistributable.v1.tar", "nondistributable.v1.tar+gzip", "nondistributable.v1.tar+zstd"]
)
def test_layers_elsewhere(client: Client, kind: str) -> None:
    client.blob(b"{}")
    layer = descriptor(
        b"elsewhere", f"application/vnd.oci.image.layer.{kind}", urls=["https://store.example.com/layer"]
    )
    data = encoded(image() | {"layers": [layer]})
    assert client.manifest(data, "v1").status == 201
    assert client("GET", "manifests/v1").body == data
    assert client("HEAD", f"blobs/{layer['digest']}").status == 404


@proves(
    "Pushing manifests",
    "image-spec",
    "Artifacts: any media type, no layers, the empty descriptor, data in it.",
    "end-7",
)
@pytest.mark.parametrize(
    "members",
    [
        {"artifactType": "application/vnd.example+type", "config": descriptor(b"{}", EMPTY), "layers": []},
        {"artifactType": "application/vnd.example+type", "config": descriptor(b"{}", EMPTY), "layers": None},
        {"artifactType": "application/x", "config": descriptor(b"{}", EMPTY), "layers": [descriptor(b"{}", EMPTY)]},
        {"config": descriptor(b"{}", EMPTY, data="e30="), "layers": [descriptor(b"{}", EMPTY, data="e30=")]},
        {"config": descriptor(b"{}", "application/vnd.cncf.helm.config.v1+json")},
        {"config": descriptor(b"{}", "application/vnd.aquasec.trivy.config.v1+json")},
        {"layers": [descriptor(b"{}", "text/plain; charset=utf-8".partition(";")[0])]},
    ],
)
def test_artifacts(client: Client, members: dict[str, Any]) -> None:
    client.blob(b"{}")
    data = encoded(image() | members)
    assert client.manifest(data, "v1").status == 201
    assert client("GET", "manifests/v1").body == data


@proves("Pushing manifests", "image-spec", "An index of nothing is an index.", "end-7")
@pytest.mark.parametrize("named", [[], None])
def test_empty_index(client: Client, named: Any) -> None:
    data = encoded(index() | {"manifests": named})
    assert client.manifest(data, "v1").status == 201
    assert client("GET", "manifests/v1").headers["content-type"] == INDEX


@proves("Pushing manifests", "MUST", "What two readers could read differently is 400 MANIFEST_INVALID.", "end-7")
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encoded(image() | {"manifests": []}), MANIFEST),
        (encoded(image() | {"manifests": []}), INDEX),
        (encoded(image()), INDEX),
        (encoded({"schemaVersion": 1, "fsLayers": [], "name": "x", "tag": "y"}), MANIFEST),
        (encoded(image()).replace(b'"layers"', b'"layers": [], "layers"'), MANIFEST),
        (encoded(image()).replace(b'"layers"', b'"Layers": [], "layers"'), MANIFEST),
        (encoded(image()) + b"{}", MANIFEST),
        (b"\xef\xbb\xbf" + encoded(image()), MANIFEST),
        (b"[" * 100_000, MANIFEST),
        (b"", MANIFEST),
        (b"null", MANIFEST),
    ],
    ids=["both", "both-as-index", "type", "schema-1", "twice", "letters", "trailing", "bom", "deep", "empty", "null"],
)
def test_ambiguous(client: Client, data: bytes, kind: str) -> None:
    client.blob(b"{}")
    answer = client.manifest(data or b" ", "v1", content_type=kind)
    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")
    assert client("HEAD", "manifests/v1").status == 404


@proves("Pushing manifests", "field", "A cache tag may be rewritten as often as BuildKit does.", "end-7")
def test_rewritten_tag(client: Client) -> None:
    client.blob(b"{}")
    for number in range(5):
        data = encoded(image(annotations={"n": str(number)}))
        assert client.manifest(data, "cache").status == 201
        assert client("GET", "manifests/cache").body == data


@proves("Pushing manifests", "field", "Attestation manifests stand in an index as platform unknown/unknown.", "end-7")
def test_attestations(client: Client) -> None:
    client.blob(b"{}")
    client.blob(b"{}\n")
    own, proof = encoded(image()), encoded(image(b"{}\n"))
    for data in (own, proof):
        client.manifest(data)
    named = [
        descriptor(own, MANIFEST, platform={"os": "linux", "architecture": "amd64"}),
        descriptor(
            proof,
            MANIFEST,
            platform={"os": "unknown", "architecture": "unknown"},
            annotations={
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": digest_of(own),
            },
        ),
    ]
    data = encoded(index() | {"manifests": named})
    assert client.manifest(data, "v1").status == 201
    assert client("GET", "manifests/v1").body == data


@proves("Pushing manifests with subject", "MUST", "OCI-Subject names the subject, be it there or not.", "end-7")
@pytest.mark.parametrize("there", [True, False])
def test_subject(client: Client, *, there: bool) -> None:
    client.blob(b"{}")
    subject = encoded(image(annotations={"the": "subject"}))
    if there:
        client.manifest(subject, "v1")
    for document in (image(), index()):
        answer = client.manifest(document | {"subject": descriptor(subject, MANIFEST)})
        assert (answer.status, answer.headers["oci-subject"]) == (201, digest_of(subject))
    assert "oci-subject" not in client.manifest(image(), "v2").headers


@proves("Pushing manifests with subject", "MUST", "A subject that is no descriptor is 400.", "end-7")
@pytest.mark.parametrize("subject", [7, "sha256:x", {}, {"mediaType": MANIFEST, "digest": "x", "size": 1}])
def test_bad_subject(client: Client, subject: Any) -> None:
    client.blob(b"{}")
    assert client.manifest(image(subject=subject), "v1").code == "MANIFEST_INVALID"


@proves("Pushing manifests", "MUST", "Layers of a manifest may be used in another one of the repository.", "end-7")
def test_shared_layers(client: Client) -> None:
    client.blob(b"{}")
    client.blob(b"shared")
    for number in range(3):
        document = image(b"shared", annotations={"n": str(number)})
        assert json.loads(encoded(document))["layers"][0]["mediaType"] == LAYER
        assert client.manifest(document, f"v{number}").status == 201
