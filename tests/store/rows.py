"""Rows that tests of the store begin with."""

from __future__ import annotations

from entrepot.domain import digests
from entrepot.domain.manifests import OCI_MANIFEST, Descriptor, Manifest
from entrepot.domain.repositories import Mutability
from entrepot.store import accounts, identities, images, registries, repositories
from entrepot.store.db import Tx

ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = 1_800_000_000_000_000
EARLY = NOW - 1


def a_registry(tx: Tx, account: str = ACCOUNT, region: str = REGION) -> int:
    return registries.ensure(tx, account, region, NOW)


def an_account(tx: Tx, account: str = ACCOUNT) -> str:
    assert accounts.insert(tx, account, f"account {account}", NOW)
    return account


def an_identity(tx: Tx, name: str = "alice", kind: str = "user", account: str = ACCOUNT, **more: str) -> int:
    """A new identity; `more` is what `identities.insert` takes, and a path."""
    unique_id = f"{kind} {account} {name}"
    id_ = identities.insert(tx, account, kind, name, more.pop("path", "/"), unique_id, NOW, **more)  # type: ignore[arg-type]
    assert id_ is not None
    return id_


def a_repository(tx: Tx, name: str = "team/app", region: str = REGION) -> int:
    id_ = repositories.insert(tx, a_registry(tx, region=region), name, NOW, Mutability(), False, "AES256")
    assert id_ is not None
    return id_


def a_digest(text: str) -> str:
    return digests.of(text.encode())


def a_manifest(subject: str | None = None) -> Manifest:
    """What is noted of a manifest that names nothing but, perhaps, a subject."""
    referred = None if subject is None else Descriptor(OCI_MANIFEST, subject, 2)
    return Manifest(OCI_MANIFEST, "application/x.artifact", (), (), referred, 7)


def an_image(tx: Tx, repository: int, digest: str, subject: str | None = None) -> int:
    id_ = images.insert(tx, repository, digest, a_manifest(subject), 2, 7, NOW)
    assert id_ is not None
    return id_
