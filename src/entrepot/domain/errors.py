"""Every way in which a registry refuses: one class per fact, its text the one that Amazon ECR gives.

The doors render these: `aws/errors.py` has the exception name of each, `oci/errors.py` the status and code.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from entrepot.domain.grammar import REPOSITORY_NAME, TAG


@dataclass(eq=False)
class RegistryError(Exception):
    """What a client can be told. `str()` of it is `text` with its fields put in: ECR's words where ECR has words."""

    text = ""

    def __str__(self) -> str:
        return self.text.format(**{field.name: getattr(self, field.name) for field in fields(self)})

    def __reduce__(self) -> tuple[type[RegistryError], tuple[object, ...]]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))


# --- who is calling, and may they ------------------------------------------------------------------------------


@dataclass(eq=False)
class NotAuthenticated(RegistryError):
    """No credentials were given where they are needed."""

    text = "Not Authorized"


@dataclass(eq=False)
class TokenRefused(RegistryError):
    """A password that is altered, expired, of another region, or none of ours: ECR has one text for all."""

    text = "Your authorization token has expired. Reauthenticate and try again."


@dataclass(eq=False)
class AccessDenied(RegistryError):
    """`reason` is as AWS tells it: `no … policy allows the … action`, or `with an explicit deny in …`.

    `encoded` is the same and more, sealed, for DecodeAuthorizationMessage; empty where there is none.
    """

    principal: str
    action: str
    resource: str
    reason: str
    encoded: str = ""

    def __str__(self) -> str:
        why = self.reason if self.reason.startswith("with ") else f"because {self.reason}"
        return f"User: {self.principal} is not authorized to perform: {self.action} on resource: {self.resource} {why}"


@dataclass(eq=False)
class SessionExpired(RegistryError):
    """Temporary credentials whose time is over, or a login token that they fetched."""

    text = "The security token included in the request is expired"


@dataclass(eq=False)
class Refusal(RegistryError):
    """A refusal of STS that says no more than this; `encoded` is as that of AccessDenied."""

    detail: str
    encoded: str = ""

    text = "{detail}"


@dataclass(eq=False)
class AuthorizationMessageInvalid(RegistryError):
    """An encoded message that is altered, or none of this account's."""

    text = "Message is not valid"


@dataclass(eq=False)
class PackedPolicyTooLarge(RegistryError):
    percent: int

    text = "Packed policy consumes {percent}% of allotted space, please use smaller policy."


@dataclass(eq=False)
class IdentityTokenInvalid(RegistryError):
    """An identity provider's token that is not believed."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class IdentityTokenExpired(RegistryError):
    """An identity provider's token whose time is over; `now` and `ended` in seconds since 1970."""

    now: int
    ended: int

    text = "Token expired: current date/time {now} must be before the expiration date/time {ended}"


@dataclass(eq=False)
class IdentityProviderSilent(RegistryError):
    """An identity provider that cannot be asked for its keys. `detail` is for the log and is not told to clients."""

    detail: str

    text = (
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )


# --- repositories ----------------------------------------------------------------------------------------------


@dataclass(eq=False)
class RepositoryNotFound(RegistryError):
    name: str
    registry_id: str

    text = "The repository with name '{name}' does not exist in the registry with id '{registry_id}'"


@dataclass(eq=False)
class RepositoryAlreadyExists(RegistryError):
    name: str
    registry_id: str

    text = "The repository with name '{name}' already exists in the registry with id '{registry_id}'"


@dataclass(eq=False)
class RepositoryNotEmpty(RegistryError):
    name: str
    registry_id: str

    text = (
        "The repository with name '{name}' in registry with id '{registry_id}' "
        "cannot be deleted because it still contains images"
    )


@dataclass(eq=False)
class NameInvalid(RegistryError):
    """A repository name outside the grammar; on `/v2`, where no model checks it first."""

    def __str__(self) -> str:
        return (
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: "
            f"'must satisfy regular expression '{REPOSITORY_NAME}''"
        )


@dataclass(eq=False)
class InvalidParameter(RegistryError):
    member: str
    constraint: str

    text = "Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"


@dataclass(eq=False)
class PolicyInvalid(RegistryError):
    """A policy document outside IAM's grammar, and the member of a call that it is.

    `kind` is `repository` or `registry`; ECR does not tell a reason.
    """

    kind: str
    reason: str
    member: str = "PolicyText"

    text = "Invalid parameter at '{member}' failed to satisfy constraint: 'Invalid {kind} policy provided'. {reason}."


@dataclass(eq=False)
class RepositoryPolicyNotFound(RegistryError):
    name: str
    registry_id: str

    text = (
        "Repository policy does not exist for the repository with name '{name}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class RegistryPolicyNotFound(RegistryError):
    registry_id: str

    text = "Registry policy does not exist in the registry with id '{registry_id}'"


@dataclass(eq=False)
class ExclusionAlreadyExists(RegistryError):
    principal: str

    text = "The specified pull time update exclusion already exists for the registry."


@dataclass(eq=False)
class ExclusionNotFound(RegistryError):
    principal: str

    text = "The specified pull time update exclusion was not found."


@dataclass(eq=False)
class InvalidTagParameter(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class TooManyTags(RegistryError):
    limit: int

    text = (
        "The list of tags on the repository is over the limit. "
        "The maximum number of tags that can be applied to a repository is {limit}."
    )


@dataclass(eq=False)
class LimitExceeded(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class RateExceeded(RegistryError):
    """More requests than a limit allows; one may come again after `seconds`."""

    seconds: int

    text = "Rate exceeded"


@dataclass(eq=False)
class TemplateNotFound(RegistryError):
    text = "The specified repository creation template can't be found. Verify the registry ID and prefix and try again."


@dataclass(eq=False)
class TemplateAlreadyExists(RegistryError):
    text = "The repository creation template already exists. Specify a unique prefix and try again."


@dataclass(eq=False)
class CreationFailed(RegistryError):
    """A push to a repository that is not there, whose creation template cannot be carried out."""

    name: str
    prefix: str
    reason: str

    text = (
        "The repository with name '{name}' cannot be created from the repository creation template "
        "with prefix '{prefix}': {reason}"
    )


@dataclass(eq=False)
class KmsUnavailable(RegistryError):
    kms_error: str = "KMS_NOT_AVAILABLE"

    text = "This installation does not offer KMS encryption yet. Use the encryption type AES256."


# --- identities ------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class NoSuchEntity(RegistryError):
    """A user, group, role, policy, key … that the caller's account does not have."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class EntityAlreadyExists(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class DeleteConflict(RegistryError):
    """Deleting an identity or a policy that something else hangs on."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class InvalidInput(RegistryError):
    """A value that IAM refuses after its model took it."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class UnmodifiableEntity(RegistryError):
    detail: str

    text = "{detail}"


@dataclass(eq=False)
class ValidationFailed(RegistryError):
    """A value that IAM and STS refuse as a ValidationError, which every operation may answer."""

    detail: str

    text = "{detail}"


@dataclass(eq=False)
class MalformedPolicyDocument(RegistryError):
    """A policy document of IAM outside its grammar."""

    detail: str

    text = "{detail}"


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


@dataclass(eq=False)
class LayerReferenced(RegistryError):
    """Deleting a blob that an image of the repository still names."""

    digest: str
    repository: str

    text = "The layer with digest '{digest}' is named by an image of the repository '{repository}'. Delete that first."


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


@dataclass(eq=False)
class TagInvalid(RegistryError):
    tag: str

    def __str__(self) -> str:
        return (
            f"Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '{TAG}''"
        )


@dataclass(eq=False)
class DigestInvalid(RegistryError):
    """Text that is no digest, or one of an algorithm that is not kept here (sha256 and sha512 are)."""

    digest: str

    text = (
        "Invalid parameter at 'imageDigest' failed to satisfy constraint: "
        "'must satisfy regular expression 'sha256:[a-f0-9]{{64}}|sha512:[a-f0-9]{{128}}''"
    )


# --- layers, blobs, uploads ------------------------------------------------------------------------------------


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
class InvalidLayerPart(RegistryError):
    registry_id: str
    repository: str
    upload_id: str
    last_valid_byte: int

    text = (
        "Invalid layer part upload for upload with id '{upload_id}'. "
        "The last valid byte received was {last_valid_byte}."
    )


@dataclass(eq=False)
class LayerPartTooSmall(RegistryError):
    text = "Layer parts must be at least 5 MiB in size."


@dataclass(eq=False)
class LayerTooLarge(RegistryError):
    limit: int

    text = "The layer is larger than the maximum of {limit} bytes."


@dataclass(eq=False)
class EmptyUpload(RegistryError):
    text = "The specified layer upload does not contain any layer parts."


@dataclass(eq=False)
class UploadNotFound(RegistryError):
    upload_id: str
    repository: str
    registry_id: str

    text = (
        "Upload with id '{upload_id}' could not be found for the repository with name "
        "'{repository}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class UploadRangeInvalid(RegistryError):
    """A chunk that does not start where the upload stands; `offset` bytes have been received."""

    upload_id: str
    offset: int

    text = "The chunk does not continue the upload, which stands at {offset} bytes."


@dataclass(eq=False)
class SizeInvalid(RegistryError):
    """A body with more or fewer bytes than were announced."""

    detail: str

    text = "{detail}"


# --- lifecycle -------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class LifecyclePolicyInvalid(RegistryError):
    """A document that ECR refuses: its words, and after them, where there is any, what to write instead.

    `member` is that of the call.
    """

    detail: str
    advice: str
    member: str = "LifecyclePolicyText"

    text = (
        "Invalid parameter at '{member}' failed to satisfy constraint: "
        "'Lifecycle policy validation failure: {detail}'{advice}"
    )


@dataclass(eq=False)
class LifecyclePolicyNotFound(RegistryError):
    name: str
    registry_id: str

    text = (
        "Lifecycle policy does not exist for the repository with name '{name}' in the registry with id '{registry_id}'"
    )


@dataclass(eq=False)
class LifecyclePolicyPreviewInProgress(RegistryError):
    """A preview was asked for while one is being made."""

    text = "The previous lifecycle policy preview request has not completed. Wait and try again."


@dataclass(eq=False)
class LifecyclePolicyPreviewNotFound(RegistryError):
    """No preview was ever asked for."""

    text = "There is no dry run for this repository."


# --- the adapters' facts ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class DigestMismatch(RegistryError):
    """Bytes that arrived are not the ones that were announced."""

    expected: str
    actual: str

    text = (
        "The layer digest calculation performed by Amazon ECR upon receipt of the image layer "
        "does not match the digest specified."
    )


@dataclass(eq=False)
class UploadLost(RegistryError):
    """The bytes of an unfinished upload are gone or damaged (a power cut): it has to begin again."""

    upload_id: str

    text = "The upload could not be found, or the specified upload ID is not valid for this repository."


@dataclass(eq=False)
class UploadBusy(RegistryError):
    upload_id: str

    text = "Another request is writing to this upload. Wait and try again."


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
