"""Every way in which a registry refuses: one class per fact, its text the one that Amazon ECR gives.

The doors render these: `aws/errors.py` has the exception name of each, `oci/errors.py` the status and code.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(eq=False)
class RegistryError(Exception):
    """What a client can be told. `str()` of it is the message, in ECR's words where ECR has words."""

    def __str__(self) -> str:
        return type(self).__name__

    def __reduce__(self) -> tuple[type[RegistryError], tuple[object, ...]]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))


# --- who is calling, and may they ------------------------------------------------------------------------------


@dataclass(eq=False)
class NotAuthenticated(RegistryError):
    """No credentials were given where they are needed."""

    def __str__(self) -> str:
        return "Not Authorized"


@dataclass(eq=False)
class TokenRefused(RegistryError):
    """A password that is altered, expired, of another region, or none of ours: ECR has one text for all."""

    def __str__(self) -> str:
        return "Your authorization token has expired. Reauthenticate and try again."


@dataclass(eq=False)
class AccessDenied(RegistryError):
    principal: str
    action: str
    resource: str
    reason: str

    def __str__(self) -> str:
        return (
            f"User: {self.principal} is not authorized to perform: {self.action} "
            f"on resource: {self.resource} because {self.reason}"
        )


# --- repositories ----------------------------------------------------------------------------------------------


@dataclass(eq=False)
class RepositoryNotFound(RegistryError):
    name: str
    registry_id: str

    def __str__(self) -> str:
        return f"The repository with name '{self.name}' does not exist in the registry with id '{self.registry_id}'"


@dataclass(eq=False)
class RepositoryAlreadyExists(RegistryError):
    name: str
    registry_id: str

    def __str__(self) -> str:
        return f"The repository with name '{self.name}' already exists in the registry with id '{self.registry_id}'"


@dataclass(eq=False)
class RepositoryNotEmpty(RegistryError):
    name: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"The repository with name '{self.name}' in registry with id '{self.registry_id}' "
            "cannot be deleted because it still contains images"
        )


@dataclass(eq=False)
class NameInvalid(RegistryError):
    """A repository name outside the grammar; on `/v2`, where no model checks it first."""

    def __str__(self) -> str:
        from entrepot.domain.names import REPOSITORY_NAME  # noqa: PLC0415  # names raises this class

        return (
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: "
            f"'must satisfy regular expression '{REPOSITORY_NAME}''"
        )


@dataclass(eq=False)
class InvalidParameter(RegistryError):
    member: str
    constraint: str

    def __str__(self) -> str:
        return f"Invalid parameter at '{self.member}' failed to satisfy constraint: '{self.constraint}'"


@dataclass(eq=False)
class InvalidTagParameter(RegistryError):
    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(eq=False)
class TooManyTags(RegistryError):
    limit: int

    def __str__(self) -> str:
        return f"The list of tags on the repository is over the limit. The maximum number of tags is {self.limit}."


@dataclass(eq=False)
class LimitExceeded(RegistryError):
    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(eq=False)
class KmsUnavailable(RegistryError):
    kms_error: str = "KMS_NOT_AVAILABLE"

    def __str__(self) -> str:
        return "This installation does not offer KMS encryption yet. Use the encryption type AES256."


# --- images ----------------------------------------------------------------------------------------------------


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

    def __str__(self) -> str:
        return (
            f"The image tag '{self.tag}' already exists in the '{self.repository}' repository "
            "and cannot be overwritten because the tag is immutable."
        )


@dataclass(eq=False)
class ImageDigestDoesNotMatch(RegistryError):
    expected: str
    actual: str

    def __str__(self) -> str:
        return (
            "The specified image digest does not match the digest that Amazon ECR calculated for the image. "
            f"Specified '{self.expected}', calculated '{self.actual}'."
        )


@dataclass(eq=False)
class ImageReferenced(RegistryError):
    """Deleting an image that an index still names."""

    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"Requested image referenced by manifest list: [{', '.join(self.by)}]"


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

    def __str__(self) -> str:
        return f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{self.reason}'"


@dataclass(eq=False)
class ManifestTooLarge(RegistryError):
    limit: int

    def __str__(self) -> str:
        return (
            "Invalid parameter at 'imageManifest' failed to satisfy constraint: "
            f"'Member must have length less than or equal to {self.limit}'"
        )


@dataclass(eq=False)
class TagInvalid(RegistryError):
    tag: str

    def __str__(self) -> str:
        from entrepot.domain.names import TAG  # noqa: PLC0415  # names raises this class

        return (
            f"Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '{TAG}''"
        )


@dataclass(eq=False)
class DigestInvalid(RegistryError):
    """Text that is no digest, or one of an algorithm that is not kept here (sha256 and sha512 are)."""

    digest: str

    def __str__(self) -> str:
        return (
            "Invalid parameter at 'imageDigest' failed to satisfy constraint: "
            "'must satisfy regular expression 'sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}''"
        )


# --- layers, blobs, uploads ------------------------------------------------------------------------------------


@dataclass(eq=False)
class LayerNotFound(RegistryError):
    """A blob that the repository does not have."""

    digest: str
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"The layer with digest '{self.digest}' could not be found in the repository with name "
            f"'{self.repository}' in the registry with id '{self.registry_id}'"
        )


@dataclass(eq=False)
class LayerInaccessible(RegistryError):
    digest: str

    def __str__(self) -> str:
        return (
            "The specified layer is not available because it is not associated with an image. "
            "Unassociated image layers may be cleaned up at any time."
        )


@dataclass(eq=False)
class LayerAlreadyExists(RegistryError):
    digest: str
    repository: str

    def __str__(self) -> str:
        return "The image layer already exists in the associated repository."


@dataclass(eq=False)
class InvalidLayerPart(RegistryError):
    registry_id: str
    repository: str
    upload_id: str
    last_valid_byte: int

    def __str__(self) -> str:
        return (
            f"Invalid layer part upload for upload with id '{self.upload_id}'. "
            f"The last valid byte received was {self.last_valid_byte}."
        )


@dataclass(eq=False)
class LayerPartTooSmall(RegistryError):
    def __str__(self) -> str:
        return "Layer parts must be at least 5 MiB in size."


@dataclass(eq=False)
class LayerTooLarge(RegistryError):
    limit: int

    def __str__(self) -> str:
        return f"The layer is larger than the maximum of {self.limit} bytes."


@dataclass(eq=False)
class EmptyUpload(RegistryError):
    def __str__(self) -> str:
        return "The specified layer upload does not contain any layer parts."


@dataclass(eq=False)
class UploadNotFound(RegistryError):
    upload_id: str
    repository: str
    registry_id: str

    def __str__(self) -> str:
        return (
            f"Upload with id '{self.upload_id}' could not be found for the repository with name "
            f"'{self.repository}' in the registry with id '{self.registry_id}'"
        )


@dataclass(eq=False)
class UploadRangeInvalid(RegistryError):
    """A chunk that does not start where the upload stands; `offset` bytes have been received."""

    upload_id: str
    offset: int

    def __str__(self) -> str:
        return f"The chunk does not continue the upload, which stands at {self.offset} bytes."


@dataclass(eq=False)
class SizeInvalid(RegistryError):
    """A body with more or fewer bytes than were announced."""

    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(eq=False)
class Unsupported(RegistryError):
    detail: str

    def __str__(self) -> str:
        return self.detail


# --- the adapters' facts ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class DigestMismatch(RegistryError):
    """Bytes that arrived are not the ones that were announced."""

    expected: str
    actual: str

    def __str__(self) -> str:
        return (
            "The layer digest calculation performed by Amazon ECR upon receipt of the image layer "
            "does not match the digest specified."
        )


@dataclass(eq=False)
class UploadLost(RegistryError):
    """The bytes of an unfinished upload are gone or damaged (a power cut): it has to begin again."""

    upload_id: str

    def __str__(self) -> str:
        return "The upload could not be found, or the specified upload ID is not valid for this repository."


@dataclass(eq=False)
class UploadBusy(RegistryError):
    upload_id: str

    def __str__(self) -> str:
        return "Another request is writing to this upload. Wait and try again."


@dataclass(eq=False)
class BlobMissing(RegistryError):
    """A row without bytes: damage, told apart from a blob that was never there."""

    digest: str

    def __str__(self) -> str:
        return f"The bytes of {self.digest} are missing from the store. Push the blob again to repair it."


@dataclass(eq=False)
class BlobCorrupt(RegistryError):
    digest: str

    def __str__(self) -> str:
        return f"The stored bytes of {self.digest} are damaged and are not served. Push the blob again to repair it."


@dataclass(eq=False)
class StorageFull(RegistryError):
    def __str__(self) -> str:
        return "The registry has no storage left. Nothing of this request was kept."


@dataclass(eq=False)
class StorageUnavailable(RegistryError):
    """The database or the blob store does not answer. `detail` is for the log and is not told to clients."""

    detail: str

    def __str__(self) -> str:
        return "The registry's storage is not available at the moment. Wait and try again."


@dataclass(eq=False)
class SchemaTooNew(RegistryError):
    found: int
    known: int

    def __str__(self) -> str:
        return (
            f"the database has schema {self.found}, this version of entrepot knows {self.known}: "
            "install the newer version again, or restore a backup"
        )
