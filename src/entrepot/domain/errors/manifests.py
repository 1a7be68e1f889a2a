"""Manifests: not one, too large, or naming what their repository does not have."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class LayersNotFound(RegistryError):
    """A manifest names blobs that its repository does not have."""

    digests: tuple[str, ...]
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"Layers with digests '[{', '.join(self.digests)}]' required for pushing image into repository "
            f"with name '{self.repository}' in the registry with id '{self.registry_id}' do not exist"
        )


@dataclass(eq=False)
class ReferencedImagesNotFound(RegistryError):
    """An index names manifests that its repository does not have."""

    digests: tuple[str, ...]
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"Images with digests '[{', '.join(self.digests)}]' required for pushing image into repository "
            f"with name '{self.repository}' in the registry with id '{self.registry_id}' do not exist"
        )


@dataclass(eq=False)
class ManifestInvalid(RegistryError):
    reason: str

    text = "Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{reason}'"


@dataclass(eq=False)
class ManifestTooLarge(RegistryError):
    limit: int

    text = (
        "Invalid parameter at 'imageManifest' failed to satisfy constraint: "
        "'Member must have length less than or equal to {limit}'"
    )
