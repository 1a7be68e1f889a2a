"""Several processes on one folder: many pushers of one blob, and two manifests that race for one tag."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Barrier
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .images import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from .serving import Server

PUSHERS = 64
ROUNDS = 200
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers and a whole body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """One connection to the registry, and with it mostly one of its workers."""

    connection: http.client.HTTPConnection
    authorization: str

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, named | {"Authorization": self.authorization})
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def push_blob(self, repository: str, content: bytes) -> str:
        """POST, PATCH, PUT; gives the digest."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        start = self.call("POST", f"/v2/{repository}/blobs/uploads/")
        assert start.status == http.HTTPStatus.ACCEPTED, start
        patch = self.call("PATCH", _path(start), content, Content_Type="application/octet-stream")
        assert patch.status == http.HTTPStatus.ACCEPTED, patch
        where = _path(patch)
        done = self.call("PUT", f"{where}{'&' if '?' in where else '?'}digest={digest}")
        assert done.status == http.HTTPStatus.CREATED, done
        assert done.headers["Docker-Content-Digest"] == digest
        return digest

    def push_manifest(self, repository: str, tag: str, manifest: bytes) -> None:
        answer = self.call("PUT", f"/v2/{repository}/manifests/{tag}", manifest, Content_Type=MANIFEST)
        assert answer.status == http.HTTPStatus.CREATED, answer


def _path(answer: Answer) -> str:
    parts = urlsplit(answer.headers["Location"])
    return parts.path + ("?" + parts.query if parts.query else "")


def _wire(server: Server, ecr: Any) -> Wire:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert base64.b64decode(token).startswith(b"AWS:")
    return Wire(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS), f"Basic {token}")


def _another(server: Server, wire: Wire) -> Wire:
    return Wire(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS), wire.authorization)


def _bytes_in(folder: Path) -> int:
    """What the files hold; they may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def test_many_pushers_of_one_blob(server: Server, repository: str, ecr: Any) -> None:
    """64 clients that push the same blob at once all succeed; it reads back whole, and is kept once."""
    name = repository.removeprefix(f"{server.host}/")
    content = os.urandom(2 * 1024 * 1024)
    first = _wire(server, ecr)
    before = _bytes_in(server.data_dir)
    together = Barrier(PUSHERS)

    def push(_: int) -> str:
        with closing(_another(server, first).connection) as connection:
            together.wait(SECONDS)
            return Wire(connection, first.authorization).push_blob(name, content)

    with ThreadPoolExecutor(PUSHERS) as pool:
        [digest] = set(pool.map(push, range(PUSHERS)))
    with closing(first.connection):
        assert first.call("GET", f"/v2/{name}/blobs/{digest}").body == content
    # The other files are the database and the tests beside this one: far less than a second and third copy each.
    assert _bytes_in(server.data_dir) - before < PUSHERS * len(content) // 2


def test_two_tags_race(server: Server, repository: str, ecr: Any) -> None:
    """After each of 200 rounds, in which two manifests are put under one tag at once, the tag is one of the two."""
    name = repository.removeprefix(f"{server.host}/")
    with closing(_wire(server, ecr).connection) as left, closing(_wire(server, ecr).connection) as right:
        authorization = _wire(server, ecr).authorization
        wires = (Wire(left, authorization), Wire(right, authorization))
        manifests = tuple(_manifest(wire, name) for wire in wires)
        digests = {f"sha256:{hashlib.sha256(manifest).hexdigest()}" for manifest in manifests}
        with ThreadPoolExecutor(2) as pool:
            for _ in range(ROUNDS):
                list(pool.map(lambda wire, manifest: wire.push_manifest(name, "raced", manifest), wires, manifests))
                heads = [wire.call("HEAD", f"/v2/{name}/manifests/raced", Accept=MANIFEST) for wire in wires]
                assert {head.headers["Docker-Content-Digest"] for head in heads} < digests
        for manifest, digest in zip(
            manifests, (f"sha256:{hashlib.sha256(m).hexdigest()}" for m in manifests), strict=True
        ):
            assert wires[0].call("GET", f"/v2/{name}/manifests/{digest}", Accept=MANIFEST).body == manifest
    images = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert {image["imageDigest"] for image in images} == digests
    assert [image["imageTags"] for image in images if "imageTags" in image] == [["raced"]]


def _manifest(wire: Wire, repository: str) -> bytes:
    """An image with a configuration of its own, pushed but for its manifest."""
    config = json.dumps({"os": "linux", "architecture": "amd64", "author": os.urandom(8).hex()}).encode()
    layer = os.urandom(1024)
    described = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": wire.push_blob(repository, config),
            "size": len(config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": wire.push_blob(repository, layer),
                "size": len(layer),
            }
        ],
    }
    return json.dumps(described).encode()
