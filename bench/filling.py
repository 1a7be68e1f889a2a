"""Registries that have grown: rows, and files where they matter, written beside a server and not through it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import content, user
from bench.grown import CONFIG, layer, repository, tag
from entrepot import app
from entrepot.config import Settings
from entrepot.domain import digests, manifests
from entrepot.domain.blobs import LEASE
from entrepot.domain.blobs import Blob as StoredBlob
from entrepot.domain.principals import Caller, root
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Mutability
from entrepot.registry import repositories
from entrepot.registry.context import Registry
from entrepot.store import blobs, images, tags
from entrepot.store import policies as policy_table
from entrepot.store.db import Tx

KEY = RegistryKey("123456789012", "us-east-1")
CALLER = Caller(root(KEY.account, "AKIAIOSFODNN7EXAMPLE"), KEY.region, "ecr:CreateRepository", "", "127.0.0.1", "bench")
STEP = 2_000  # images in one transaction


def grow(data: Path, count: int, each: int) -> None:
    """Add `count` repositories with a policy and `each` images; what has one number is the same in all of them."""
    with app.operator(Settings(data_dir=str(data))) as reg:
        for numbers in _steps(each):
            reg.db.write(partial(_layers, reg=reg, numbers=numbers))
        for at in _steps(count, max(1, STEP // each)):
            for numbers in _steps(each):
                reg.db.write(partial(_repositories, reg=reg, which=at, numbers=numbers))


def _steps(count: int, step: int = STEP) -> Iterator[range]:
    for start in range(0, count, step):
        yield range(start, min(start + step, count))


def _layers(tx: Tx, reg: Registry, numbers: range) -> None:
    for blob in (CONFIG, *map(layer, numbers)):
        blobs.put(tx, "", blob.digest, blob.size, location(blob.digest), "", reg.now())


def location(digest: str) -> str:
    """Where the bytes of a blob lie, or would."""
    algorithm, _, digits = digest.partition(":")
    return f"{algorithm}/{digits[:2]}/{digits}-{uuid.UUID(digits[:32])}"


def _repositories(tx: Tx, reg: Registry, which: range, numbers: range) -> None:
    """These images of these repositories; the repositories come with the first image."""
    known = [blobs.stored(tx, "", layer(number).digest) for number in numbers]
    for number in which:
        found = _with_config(tx, reg, number) if numbers.start == 0 else find_repository(tx, repository(number))
        for image, blob in zip(numbers, known, strict=True):
            _image(tx, reg, found, image, blob)


def _with_config(tx: Tx, reg: Registry, number: int) -> int:
    made = add_repository(tx, reg, repository(number))
    config = blobs.stored(tx, "", CONFIG.digest)
    blobs.join(tx, made, config.id if config else 0, reg.now() + LEASE)
    return made


def add_repository(tx: Tx, reg: Registry, name: str) -> int:
    """Make a repository with a policy: its id."""
    made = repositories.add(
        tx, reg, CALLER, KEY, name, mutability=Mutability(), scan_on_push=False, encryption_type="AES256", tags={}
    )
    policy_table.set_repository(tx, made.id, json.dumps(user.REPOSITORY_POLICY), reg.now())
    return made.id


def find_repository(tx: Tx, name: str) -> int:
    """The id of a repository."""
    return repositories.find(tx, KEY, name).id


def _image(tx: Tx, reg: Registry, repository: int, number: int, blob: StoredBlob | None) -> None:
    document = content.manifest(CONFIG, [layer(number)])
    parsed, now = manifests.parse(document, None), reg.now()
    image = images.insert(tx, repository, digests.of(document), parsed, len(document), parsed.size, now)
    if image is None or blob is None:
        raise LookupError(number)
    images.keep_manifest(tx, image, document)
    for named in parsed.blobs:
        images.name_blob(tx, repository, image, named.digest, named.media_type)
    tags.point(tx, repository, tag(number), image, now)
    blobs.join(tx, repository, blob.id, now + LEASE)
