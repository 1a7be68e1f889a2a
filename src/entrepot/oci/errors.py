"""How each of the registry's errors reads on `/v2`: HTTP status and OCI code. The text is the error's own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from entrepot.domain import errors as e
from entrepot.web.responses import Response


@dataclass(frozen=True, slots=True)
class Code:
    """`text` is given where `/v2` has other words than the API."""

    status: int
    code: str
    text: str | None = None


_NOT_ON_V2 = Code(400, "UNSUPPORTED")

CODES: dict[type[e.RegistryError], Code] = {
    e.AccessDenied: Code(403, "DENIED"),
    e.AuthorizationMessageInvalid: _NOT_ON_V2,
    e.BlobCorrupt: Code(500, "UNKNOWN"),
    e.BlobMissing: Code(500, "UNKNOWN"),
    e.CreationFailed: Code(403, "DENIED"),
    e.DeleteConflict: _NOT_ON_V2,
    e.DigestInvalid: Code(400, "DIGEST_INVALID"),
    e.DigestMismatch: Code(400, "DIGEST_INVALID"),
    e.EntityAlreadyExists: _NOT_ON_V2,
    e.ExclusionAlreadyExists: _NOT_ON_V2,
    e.ExclusionNotFound: _NOT_ON_V2,
    e.EmptyUpload: Code(400, "BLOB_UPLOAD_INVALID"),
    e.IdentityProviderSilent: _NOT_ON_V2,
    e.IdentityTokenExpired: _NOT_ON_V2,
    e.IdentityTokenInvalid: _NOT_ON_V2,
    e.ImageAlreadyExists: Code(400, "TAG_INVALID"),
    e.ImageDigestDoesNotMatch: Code(400, "DIGEST_INVALID"),
    e.ImageNotFound: Code(404, "MANIFEST_UNKNOWN", "Requested image not found"),
    e.ImageReferenced: Code(400, "UNSUPPORTED"),
    e.ImageStorageClassUpdateNotSupported: _NOT_ON_V2,
    e.ImageTagAlreadyExists: Code(400, "TAG_INVALID"),
    e.InvalidInput: _NOT_ON_V2,
    e.InvalidLayerPart: Code(416, "BLOB_UPLOAD_INVALID"),
    e.InvalidParameter: Code(400, "UNSUPPORTED"),
    e.InvalidTagParameter: _NOT_ON_V2,
    e.KmsUnavailable: Code(400, "DENIED"),
    e.LayerAlreadyExists: Code(400, "BLOB_UPLOAD_INVALID"),
    e.LayerArchived: Code(404, "BLOB_UNKNOWN"),
    e.LayerInaccessible: Code(404, "BLOB_UNKNOWN"),
    e.LayerNotFound: Code(404, "BLOB_UNKNOWN"),
    e.LayerPartTooSmall: Code(400, "SIZE_INVALID"),
    e.LayerReferenced: Code(405, "UNSUPPORTED"),
    e.LayerTooLarge: Code(413, "SIZE_INVALID"),
    e.LayersNotFound: Code(404, "MANIFEST_BLOB_UNKNOWN"),
    e.LifecyclePolicyInvalid: _NOT_ON_V2,
    e.LifecyclePolicyNotFound: _NOT_ON_V2,
    e.LifecyclePolicyPreviewInProgress: _NOT_ON_V2,
    e.LifecyclePolicyPreviewNotFound: _NOT_ON_V2,
    e.LimitExceeded: Code(400, "DENIED"),
    e.MalformedPolicyDocument: _NOT_ON_V2,
    e.ManifestCorrupt: Code(500, "UNKNOWN"),
    e.ManifestInvalid: Code(400, "MANIFEST_INVALID"),
    e.ManifestTooLarge: Code(413, "MANIFEST_INVALID"),
    e.NameInvalid: Code(400, "NAME_INVALID"),
    e.NoSuchEntity: _NOT_ON_V2,
    e.NotAuthenticated: Code(401, "UNAUTHORIZED"),
    e.PackedPolicyTooLarge: _NOT_ON_V2,
    e.Protected: Code(403, "DENIED"),
    e.PolicyInvalid: _NOT_ON_V2,
    e.RateExceeded: Code(429, "TOOMANYREQUESTS"),
    e.ReferencedImagesNotFound: Code(404, "MANIFEST_BLOB_UNKNOWN"),
    e.Refusal: _NOT_ON_V2,
    e.RegistryPolicyNotFound: _NOT_ON_V2,
    e.RepositoryAlreadyExists: _NOT_ON_V2,
    e.RepositoryNotEmpty: _NOT_ON_V2,
    e.RepositoryNotFound: Code(404, "NAME_UNKNOWN"),
    e.RepositoryPolicyNotFound: _NOT_ON_V2,
    e.RestoreIncomplete: _NOT_ON_V2,
    e.SchemaTooNew: Code(503, "UNKNOWN", "The registry is not available."),
    e.SessionExpired: Code(403, "DENIED", str(e.TokenRefused())),
    e.SizeInvalid: Code(400, "SIZE_INVALID"),
    e.StorageFull: Code(507, "DENIED"),
    e.StorageUnavailable: Code(503, "UNKNOWN"),
    e.TagInvalid: Code(400, "TAG_INVALID"),
    e.TemplateAlreadyExists: _NOT_ON_V2,
    e.TemplateNotFound: _NOT_ON_V2,
    e.TokenRefused: Code(403, "DENIED"),
    e.TooManyTags: _NOT_ON_V2,
    e.UnmodifiableEntity: _NOT_ON_V2,
    e.UploadBusy: Code(409, "BLOB_UPLOAD_INVALID"),
    e.UploadLost: Code(404, "BLOB_UPLOAD_UNKNOWN"),
    e.UploadNotFound: Code(404, "BLOB_UPLOAD_UNKNOWN"),
    e.UploadRangeInvalid: Code(416, "BLOB_UPLOAD_INVALID"),
    e.ValidationFailed: _NOT_ON_V2,
}

_LATER = (429, 503)


def render(error: e.RegistryError) -> Response:
    """The answer to a request that was refused with `error`."""
    code = CODES[type(error)]
    response = failure(code.status, code.code, code.text or str(error))
    if code.status in _LATER:
        response.headers.append(("retry-after", str(getattr(error, "seconds", 1))))
    if isinstance(error, e.AccessDenied) and error.encoded:
        response.headers.append(("x-entrepot-authorization-message", error.encoded))
    return response


def failure(status: int, code: str, message: str) -> Response:
    """An error in the form of the specification, "Error Codes"."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Response(status, [("content-type", "application/json")], body)
