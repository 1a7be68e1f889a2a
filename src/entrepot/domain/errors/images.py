"""Images: not there, there already, or not to be had, changed or deleted as they stand."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.domain.errors.registry_error import RegistryError


@dataclass(eq=False)
class ImageNotFound(RegistryError):
    """An image identifier that names nothing. Absent parts read 'null', as ECR prints them."""

    digest: str | None
    tag: str | None
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"The image with imageId {{imageDigest:'{self.digest or 'null'}', imageTag:'{self.tag or 'null'}'}} "
            f"does not exist within the repository with name '{self.repository}' "
            f"in the registry with id '{self.registry_id}'"
        )


@dataclass(eq=False)
class ImageAlreadyExists(RegistryError):
    digest: str
    tag: str | None
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"Image with digest '{self.digest}' and tag '{self.tag or 'null'}' already exists "
            f"in the repository with name '{self.repository}' in registry with id '{self.registry_id}'"
        )


@dataclass(eq=False)
class ImageTagAlreadyExists(RegistryError):
    tag: str
    repository: str

    text = (
        "The image tag '{tag}' already exists in the '{repository}' repository "
        "and cannot be overwritten because the tag is immutable."
    )


@dataclass(eq=False)
class ImageDigestDoesNotMatch(RegistryError):
    expected: str
    actual: str

    text = (
        "The specified image digest does not match the digest that Amazon ECR calculated for the image. "
        "Specified '{expected}', calculated '{actual}'."
    )


@dataclass(eq=False)
class ImageReferenced(RegistryError):
    """Deleting an image that an index still names."""

    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"Requested image referenced by manifest list: [{', '.join(self.by)}]"


@dataclass(eq=False)
class ImageStorageClassUpdateNotSupported(RegistryError):
    """An image whose storage class cannot be changed as it stands; `reason` is a sentence that says why."""

    reason: str

    text = "The requested image storage class update is not supported. {reason}"


@dataclass(eq=False)
class Protected(RegistryError):
    """Deleting what the installation or the repository protects; `reason` says what does, and what to do."""

    reason: str

    text = "{reason}"


@dataclass(eq=False)
class RestoreIncomplete(RegistryError):
    """An image of the recycle bin that is not whole any more."""

    digest: str
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"The image {self.digest} cannot be restored: gone for good are [{', '.join(self.missing)}]"
