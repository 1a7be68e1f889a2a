"""Layers over the API: BatchCheckLayerAvailability, the four steps of an upload, GetDownloadUrlForLayer."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain.blobs import PART_BYTES
from entrepot.domain.errors import InvalidParameter
from entrepot.registry import layers, uploads
from entrepot.registry.layers import Availability


@operation("ecr", "BatchCheckLayerAvailability", resource=scope.repository)
def batch_check_layer_availability(
    call: Call, req: t.BatchCheckLayerAvailabilityRequest
) -> t.BatchCheckLayerAvailabilityResponse:
    key = scope.registry(call, req)
    found, failures = layers.availability(call.reg, key, req["repositoryName"], req["layerDigests"])
    return {
        "layers": [_layer(layer) for layer in found],
        "failures": [
            {
                "layerDigest": failure.digest,
                "failureCode": failure.code,  # type: ignore[typeddict-item]
                "failureReason": failure.reason,
            }
            for failure in failures
        ],
    }


def _layer(layer: Availability) -> t.Layer:
    if layer.blob is None:
        return {"layerDigest": layer.digest, "layerAvailability": "UNAVAILABLE"}
    shown: t.Layer = {
        "layerDigest": layer.digest,
        "layerAvailability": "ARCHIVED" if layer.archived else "AVAILABLE",
        "layerSize": layer.blob.size,
    }
    if layer.media_type:
        shown["mediaType"] = layer.media_type
    return shown


@operation("ecr", "InitiateLayerUpload", resource=scope.repository)
def initiate_layer_upload(call: Call, req: t.InitiateLayerUploadRequest) -> t.InitiateLayerUploadResponse:
    upload = uploads.start(call.reg, call.caller, scope.registry(call, req), req["repositoryName"])
    return {"uploadId": upload, "partSize": PART_BYTES}


@operation("ecr", "UploadLayerPart", resource=scope.repository)
def upload_layer_part(call: Call, req: t.UploadLayerPartRequest) -> t.UploadLayerPartResponse:
    key = scope.registry(call, req)
    if req["partLastByte"] < req["partFirstByte"]:
        raise InvalidParameter("partLastByte", "Member must have value greater than or equal to partFirstByte")
    last = uploads.put_part(
        call.reg,
        call.caller,
        key,
        req["repositoryName"],
        req["uploadId"],
        req["partFirstByte"],
        req["partLastByte"],
        req["layerPartBlob"],
    )
    return {
        "registryId": key.account,
        "repositoryName": req["repositoryName"],
        "uploadId": req["uploadId"],
        "lastByteReceived": last,
    }


@operation("ecr", "CompleteLayerUpload", resource=scope.repository)
def complete_layer_upload(call: Call, req: t.CompleteLayerUploadRequest) -> t.CompleteLayerUploadResponse:
    key = scope.registry(call, req)
    blob = uploads.complete(call.reg, call.caller, key, req["repositoryName"], req["uploadId"], req["layerDigests"])
    return {
        "registryId": key.account,
        "repositoryName": req["repositoryName"],
        "uploadId": req["uploadId"],
        "layerDigest": blob.digest,
    }


@operation("ecr", "GetDownloadUrlForLayer", resource=scope.repository)
def get_download_url_for_layer(call: Call, req: t.GetDownloadUrlForLayerRequest) -> t.GetDownloadUrlForLayerResponse:
    key = scope.registry(call, req)
    url = layers.download_url(call.reg, key, req["repositoryName"], req["layerDigest"])
    return {"downloadUrl": url, "layerDigest": req["layerDigest"]}
