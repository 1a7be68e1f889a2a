"""Things that tests need, with everything filled in that a test does not care about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from entrepot.blobs.local import LocalBlobStore
from entrepot.domain import digests, manifests
from entrepot.domain.principals import Caller, root
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability, Repository
from entrepot.registry import images, repositories, uploads
from entrepot.registry.audit import Trail
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Keys
from entrepot.registry.naming import Naming
from entrepot.store.db import Database

ACCOUNT, REGION = "123456789012", "us-east-1"
KEY = RegistryKey(ACCOUNT, REGION)
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


class Clock:
    """A clock that stands until a test moves it, in microseconds UTC."""

    def __init__(self) -> None:
        self.at = 1_800_000_000_000_000

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += int(seconds * 1_000_000)


def a_registry(db: Database, folder: Path, clock: Clock) -> Registry:
    """A registry on `db` with its bytes in `folder`."""
    return Registry(
        db=db,
        blobs=LocalBlobStore(folder / "storage"),
        now=clock,
        keys=Keys("AKIAIOSFODNN7EXAMPLE", "a secret", b"s" * 32),
        naming=Naming("localhost:5000", "http", ACCOUNT, REGION),
        trail=Trail(),
    )


def a_caller(action: str = "ecr:Test", account: str = ACCOUNT) -> Caller:
    return Caller(root(account, "AKIAIOSFODNN7EXAMPLE"), REGION, action, "request-1", "127.0.0.1", "pytest")


def a_repository(reg: Registry, name: str = "team/app", mutability: Mutability | None = None) -> Repository:
    return repositories.create(
        reg,
        a_caller("ecr:CreateRepository"),
        KEY,
        name,
        mutability=mutability or Mutability(),
        scan_on_push=False,
        encryption_type="AES256",
        tags={},
    )


def a_blob(reg: Registry, data: bytes, name: str = "team/app") -> str:
    """Push a blob and give its digest."""
    caller, digest = a_caller("ecr:CompleteLayerUpload"), digests.of(data)
    upload = uploads.start(reg, caller, KEY, name)
    with uploads.receiving(reg, caller, KEY, name, upload, 0) as held:
        held.bytes.write(data)
        uploads.finish(reg, caller, held, digest)
    return digest


def a_descriptor(data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digests.of(data), "size": len(data)}


def a_manifest(*layers: bytes, config: bytes = b"{}", **members: Any) -> bytes:
    """An OCI manifest of these layers; `members` are added to it or replace what it has."""
    document = {
        "schemaVersion": 2,
        "mediaType": manifests.OCI_MANIFEST,
        "config": a_descriptor(config, CONFIG_TYPE),
        "layers": [a_descriptor(layer, LAYER_TYPE) for layer in layers],
    }
    return json.dumps({**document, **members}).encode()


def an_index(*children: bytes, **members: Any) -> bytes:
    """An OCI index of these manifests."""
    document = {
        "schemaVersion": 2,
        "mediaType": manifests.OCI_INDEX,
        "manifests": [a_descriptor(child, manifests.OCI_MANIFEST) for child in children],
    }
    return json.dumps({**document, **members}).encode()


def push(reg: Registry, manifest: bytes, *tags: str, name: str = "team/app", digest: str | None = None) -> images.Put:
    """Push a manifest whose blobs are there, as `/v2` does."""
    return images.put(reg, a_caller("ecr:PutImage"), KEY, name, images.Push(manifest, None, tags, digest))


def an_image(reg: Registry, number: int, *tags: str, name: str = "team/app") -> str:
    """Push an image that differs by `number`, and give its digest."""
    layer, config = b"layer %d" % number, b'{"number": %d}' % number
    a_blob(reg, layer, name)
    a_blob(reg, config, name)
    return push(reg, a_manifest(layer, config=config), *tags, name=name).digest
