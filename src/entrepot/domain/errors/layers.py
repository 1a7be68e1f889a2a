"""Layers: not there, there already, too large, not to be had or deleted, or of other bytes than were announced."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class LayerReferenced(RegistryError):
    """Deleting a blob that an image of the repository still names."""

    digest: str
    repository: str

    text = "The layer with digest '{digest}' is named by an image of the repository '{repository}'. Delete that first."


@dataclass(eq=False)
class LayerNotFound(RegistryError):
    """A blob that the repository does not have."""

    digest: str
    repository: str
    registry_id: str

    text = (
        "The layer with digest '{digest}' could not be found in the repository with name "
        "'{repository}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class LayerInaccessible(RegistryError):
    digest: str

    text = (
        "The specified layer is not available because it is not associated with an image. "
        "Unassociated image layers may be cleaned up at any time."
    )


@dataclass(eq=False)
class LayerArchived(RegistryError):
    """A blob that only archived images name."""

    digest: str

    text = "The specified layer is not available because the images that it is associated with are archived."


@dataclass(eq=False)
class LayerAlreadyExists(RegistryError):
    digest: str
    repository: str

    text = "The image layer already exists in the associated repository."


@dataclass(eq=False)
class LayerTooLarge(RegistryError):
    limit: int

    text = "The layer is larger than the maximum of {limit} bytes."


@dataclass(eq=False)
class DigestMismatch(RegistryError):
    """Bytes that arrived are not the ones that were announced."""

    expected: str
    actual: str

    text = (
        "The layer digest calculation performed by Amazon ECR upon receipt of the image layer "
        "does not match the digest specified."
    )
