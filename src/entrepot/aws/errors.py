"""Which AWS error each domain error is, and what an error looks like on each wire.

An error goes by its JSON name here. Query has other names for the common ones (`COMMON`), and for those of services
whose model says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from entrepot.aws.sigv4 import UNKNOWN_KEY, Refusal, SignatureError
from entrepot.aws.validate import Invalid
from entrepot.aws.wire.malformed import Malformed
from entrepot.domain import errors as domain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrepot.aws.model import ErrorShape, Operation, Service

INTERNAL = "We encountered an internal error. Please try again."


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a client is told it: the JSON name, the text, and the modelled fields beside them.

    `common`: it is the one that any operation may give, although a service has one of that name for something else.
    """

    code: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    common: bool = False


@dataclass(frozen=True, slots=True)
class Common:
    """An error that any operation may give. JSON services answer 400 where Query answers 403 (statuses of both)."""

    query_code: str
    status: int
    query_status: int


COMMON = {
    "AccessDeniedException": Common("AccessDenied", 400, 403),
    "ExpiredTokenException": Common("ExpiredToken", 400, 403),
    "IncompleteSignatureException": Common("IncompleteSignature", 400, 403),
    "InternalFailure": Common("InternalFailure", 500, 500),
    "InvalidSignatureException": Common("SignatureDoesNotMatch", 400, 403),
    "MissingAuthenticationTokenException": Common("MissingAuthenticationToken", 400, 403),
    "RequestEntityTooLargeException": Common("RequestEntityTooLarge", 413, 413),
    "SerializationException": Common("MalformedInput", 400, 400),
    "ServiceUnavailableException": Common("ServiceUnavailable", 503, 503),
    "ThrottlingException": Common("Throttling", 400, 400),
    "UnknownOperationException": Common("InvalidAction", 400, 400),
    "UnrecognizedClientException": Common("InvalidClientTokenId", 400, 403),
    "UnsupportedMediaTypeException": Common("UnsupportedMediaType", 415, 415),
    "ValidationError": Common("ValidationError", 400, 400),
    "ValidationException": Common("ValidationError", 400, 400),
}

_REFUSALS = {
    Refusal.MISSING: "MissingAuthenticationTokenException",
    Refusal.INCOMPLETE: "IncompleteSignatureException",
    Refusal.UNKNOWN_KEY: "UnrecognizedClientException",
    Refusal.MISMATCH: "InvalidSignatureException",
    Refusal.TOKEN_EXPIRED: "ExpiredTokenException",
}

# Every class of domain/errors/: its AWS name, with another text where the domain's is not AWS's.
CODES: dict[type[domain.RegistryError], str | tuple[str, str]] = {
    domain.RegistryError: ("ServerException", INTERNAL),
    domain.NotAuthenticated: ("MissingAuthenticationTokenException", "Missing Authentication Token"),
    domain.TokenRefused: ("UnrecognizedClientException", UNKNOWN_KEY),
    domain.AccessDenied: "AccessDeniedException",
    domain.SessionExpired: "ExpiredTokenException",
    domain.Refusal: "AccessDeniedException",
    domain.AuthorizationMessageInvalid: "InvalidAuthorizationMessageException",
    domain.PackedPolicyTooLarge: "PackedPolicyTooLargeException",
    domain.IdentityTokenInvalid: "InvalidIdentityTokenException",
    domain.IdentityTokenExpired: "ExpiredTokenException",
    domain.IdentityProviderSilent: "InvalidIdentityTokenException",
    domain.RepositoryNotFound: "RepositoryNotFoundException",
    domain.RepositoryAlreadyExists: "RepositoryAlreadyExistsException",
    domain.RepositoryNotEmpty: "RepositoryNotEmptyException",
    domain.NameInvalid: "InvalidParameterException",
    domain.InvalidParameter: "InvalidParameterException",
    domain.PolicyInvalid: "InvalidParameterException",
    domain.RepositoryPolicyNotFound: "RepositoryPolicyNotFoundException",
    domain.RegistryPolicyNotFound: "RegistryPolicyNotFoundException",
    domain.ExclusionAlreadyExists: "ExclusionAlreadyExistsException",
    domain.ExclusionNotFound: "ExclusionNotFoundException",
    domain.InvalidTagParameter: "InvalidTagParameterException",
    domain.TooManyTags: "TooManyTagsException",
    domain.LimitExceeded: "LimitExceededException",
    domain.RateExceeded: "ThrottlingException",
    domain.TemplateNotFound: "TemplateNotFoundException",
    domain.TemplateAlreadyExists: "TemplateAlreadyExistsException",
    domain.CreationFailed: "InvalidParameterException",
    domain.KmsUnavailable: "KmsException",
    domain.NoSuchEntity: "NoSuchEntityException",
    domain.EntityAlreadyExists: "EntityAlreadyExistsException",
    domain.DeleteConflict: "DeleteConflictException",
    domain.InvalidInput: "InvalidInputException",
    domain.UnmodifiableEntity: "UnmodifiableEntityException",
    domain.ValidationFailed: "ValidationError",
    domain.MalformedPolicyDocument: "MalformedPolicyDocumentException",
    domain.ImageNotFound: "ImageNotFoundException",
    domain.ImageAlreadyExists: "ImageAlreadyExistsException",
    domain.ImageTagAlreadyExists: "ImageTagAlreadyExistsException",
    domain.ImageDigestDoesNotMatch: "ImageDigestDoesNotMatchException",
    domain.ImageReferenced: "InvalidParameterException",  # BatchDeleteImage reports it as a failure instead
    domain.ImageStorageClassUpdateNotSupported: "ImageStorageClassUpdateNotSupportedException",
    domain.Protected: "InvalidParameterException",  # BatchDeleteImage reports it as a failure instead
    domain.RestoreIncomplete: "InvalidParameterException",  # told to operators: no operation restores
    domain.LayerReferenced: "InvalidParameterException",  # `/v2` only: the API deletes no layers
    domain.LayersNotFound: "LayersNotFoundException",
    domain.ReferencedImagesNotFound: "ReferencedImagesNotFoundException",
    domain.ManifestCorrupt: "ServerException",
    domain.ManifestInvalid: "InvalidParameterException",
    domain.ManifestTooLarge: "InvalidParameterException",
    domain.TagInvalid: "InvalidParameterException",
    domain.DigestInvalid: "InvalidParameterException",
    domain.LayerNotFound: "LayersNotFoundException",
    domain.LayerInaccessible: "LayerInaccessibleException",
    domain.LayerArchived: "LayerInaccessibleException",
    domain.LayerAlreadyExists: "LayerAlreadyExistsException",
    domain.InvalidLayerPart: "InvalidLayerPartException",
    domain.LayerPartTooSmall: "LayerPartTooSmallException",
    domain.LayerTooLarge: "LimitExceededException",
    domain.EmptyUpload: "EmptyUploadException",
    domain.UploadNotFound: "UploadNotFoundException",
    domain.UploadRangeInvalid: "InvalidParameterException",  # `/v2` only: UploadLayerPart raises InvalidLayerPart
    domain.SizeInvalid: "InvalidParameterException",
    domain.DigestMismatch: "InvalidLayerException",
    domain.UploadLost: "UploadNotFoundException",
    domain.UploadBusy: "ThrottlingException",  # clients try again after it, as they should
    domain.LifecyclePolicyInvalid: "InvalidParameterException",
    domain.LifecyclePolicyNotFound: "LifecyclePolicyNotFoundException",
    domain.LifecyclePolicyPreviewInProgress: "LifecyclePolicyPreviewInProgressException",
    domain.LifecyclePolicyPreviewNotFound: "LifecyclePolicyPreviewNotFoundException",
    domain.BlobMissing: "ServerException",
    domain.BlobCorrupt: "ServerException",
    domain.StorageFull: "ServerException",
    domain.StorageUnavailable: "ServiceUnavailableException",
    domain.SchemaTooNew: ("ServerException", INTERNAL),
}

# The members that a modelled error has beside its message, and the attribute that each comes from.
FIELDS: dict[type[domain.RegistryError], dict[str, str]] = {
    domain.InvalidLayerPart: {
        "registryId": "registry_id",
        "repositoryName": "repository",
        "uploadId": "upload_id",
        "lastValidByteReceived": "last_valid_byte",
    },
    domain.KmsUnavailable: {"kmsError": "kms_error"},
}


class Refused(Exception):
    """A call that the door itself turns away. `code` is the JSON name of the error, `str()` its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


Told = domain.RegistryError | Invalid | Malformed | SignatureError | Refused
TOLD = (domain.RegistryError, Invalid, Malformed, SignatureError, Refused)


def fault(error: Told) -> Fault:
    """What a client is told of an error that was meant for it."""
    match error:
        case Invalid() | Refused():
            return Fault(error.code, str(error))
        case Malformed():
            return Fault("SerializationException", str(error))
        case SignatureError():
            return Fault(_REFUSALS[error.refusal], str(error))
    kind = next(cls for cls in type(error).__mro__ if cls in CODES)
    entry = CODES[kind]
    code, message = (entry, str(error)) if isinstance(entry, str) else entry
    fields = {member: getattr(error, attribute) for member, attribute in FIELDS.get(kind, {}).items()}
    return Fault(code, message, fields, common=kind is domain.SessionExpired)


def internal(service: Service | None) -> Fault:
    """What a client is told of a defect: nothing but that there is one."""
    modelled = service is not None and service.error("ServerException") is not None
    return Fault("ServerException" if modelled else "InternalFailure", INTERNAL)


def declared(operation: Operation, code: str) -> bool:
    """Whether the operation's model, or every operation, knows this error. Tests ask it of every answer."""
    return code in operation.errors or code in COMMON


def status_of(shape: ErrorShape | None, code: str, *, query: bool) -> int:
    """The HTTP status: the model's, or the common one. `ServerException` of a service without it is 500."""
    if shape is not None:
        return shape.status
    common = COMMON.get(code)
    if common is None:
        return 500 if code == "ServerException" else 400
    return common.query_status if query else common.status


def query_code_of(shape: ErrorShape | None, code: str) -> str:
    """The name of an error in the Query protocol."""
    if shape is not None:
        return shape.code
    common = COMMON.get(code)
    return code if common is None else common.query_code
