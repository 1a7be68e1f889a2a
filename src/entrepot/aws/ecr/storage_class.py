"""UpdateImageStorageClass: images to the archive and back."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.images import shown_id
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain.images import ImageId
from entrepot.registry import storage_class


@operation("ecr", "UpdateImageStorageClass", resource=scope.repository)
def update_image_storage_class(call: Call, req: t.UpdateImageStorageClassRequest) -> t.UpdateImageStorageClassResponse:
    key, name, tag = scope.registry(call, req), req["repositoryName"], req["imageId"].get("imageTag")
    wanted = ImageId(req["imageId"].get("imageDigest"), tag)
    image, status = storage_class.update(call.reg, call.caller, key, name, wanted, req["targetStorageClass"])
    return {
        "registryId": key.account,
        "repositoryName": name,
        "imageId": shown_id(ImageId(image.digest, tag)),
        "imageStatus": status,  # type: ignore[typeddict-item]
    }
