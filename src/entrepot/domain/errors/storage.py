"""What database and blob store find: damage, no room, no answer, a schema of later."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class BlobMissing(RegistryError):
    """A row without bytes: damage, told apart from a blob that was never there."""

    digest: str

    text = "The bytes of {digest} are missing from the store. Push the blob again to repair it."


@dataclass(eq=False)
class BlobCorrupt(RegistryError):
    digest: str

    text = "The stored bytes of {digest} are damaged and are not served. Push the blob again to repair it."


@dataclass(eq=False)
class ManifestCorrupt(RegistryError):
    digest: str

    text = "The stored manifest {digest} is damaged and is not served. Push it again to repair it."


@dataclass(eq=False)
class StorageFull(RegistryError):
    text = "The registry has no storage left. Nothing of this request was kept."


@dataclass(eq=False)
class StorageUnavailable(RegistryError):
    """The database or the blob store does not answer. `detail` is for the log and is not told to clients."""

    detail: str

    text = "The registry's storage is not available at the moment. Wait and try again."


@dataclass(eq=False)
class SchemaTooNew(RegistryError):
    found: int
    known: int

    text = (
        "the database has schema {found}, this version of entrepot knows {known}: "
        "install the newer version again, or restore a backup"
    )
