"""Images over the API: PutImage, BatchGetImage, ListImages, DescribeImages, BatchDeleteImage."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.repositories import refuse_paging_of
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain import digests, manifests
from entrepot.domain.errors import InvalidParameter, ManifestInvalid
from entrepot.domain.images import ACTIVATING, ACTIVE, Failure, ImageId
from entrepot.domain.registries import RegistryKey
from entrepot.registry import deletion, images
from entrepot.registry.images import Described

_TAGGED = {"TAGGED": True, "UNTAGGED": False}


@operation("ecr", "PutImage", resource=scope.repository)
def put_image(call: Call, req: t.PutImageRequest) -> t.PutImageResponse:
    key, name, tag = scope.registry(call, req), req["repositoryName"], req.get("imageTag")
    push = images.Push(
        data=req["imageManifest"].encode(),
        media_type=_media_type(req.get("imageManifestMediaType")),
        tags=() if tag is None else (tag,),
        digest=digests.parse(req["imageDigest"]) if "imageDigest" in req else None,
        declared=True,
    )
    result = images.put_once(call.reg, call.caller, key, name, push)
    return {
        "image": {
            "registryId": key.account,
            "repositoryName": name,
            "imageId": shown_id(ImageId(result.digest, tag)),
            "imageManifest": req["imageManifest"],
            "imageManifestMediaType": result.manifest.media_type,
        }
    }


@operation("ecr", "BatchGetImage", resource=scope.repository, brief=True)
def batch_get_image(call: Call, req: t.BatchGetImageRequest) -> t.BatchGetImageResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    accepted = req.get("acceptedMediaTypes", [])
    found, failures = images.get_many(call.reg, call.caller, key, name, _wanted(req["imageIds"]), accepted)
    return {
        "images": [
            {
                "registryId": key.account,
                "repositoryName": name,
                "imageId": shown_id(got.image_id),
                "imageManifest": got.manifest.decode(),
                "imageManifestMediaType": got.media_type,
            }
            for got in found
        ],
        "failures": _failures(failures),
    }


@operation("ecr", "ListImages", resource=scope.repository)
def list_images(call: Call, req: t.ListImagesRequest) -> t.ListImagesResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    wanted = req.get("filter", {})
    tagged, status = _TAGGED.get(wanted.get("tagStatus", "ANY")), status_of(wanted.get("imageStatus"))
    token, limit = req.get("nextToken"), req.get("maxResults")
    found, token = images.list_ids(call.reg, key, name, tagged, token, limit, status=status)
    answer: t.ListImagesResponse = {"imageIds": [shown_id(image_id) for image_id in found]}
    if token:
        answer["nextToken"] = token
    return answer


@operation("ecr", "DescribeImages", resource=scope.repository)
def describe_images(call: Call, req: t.DescribeImagesRequest) -> t.DescribeImagesResponse:
    key, name = scope.registry(call, req), req["repositoryName"]
    image_ids, wanted = req.get("imageIds"), req.get("filter", {})
    tagged, status = _TAGGED.get(wanted.get("tagStatus", "ANY")), status_of(wanted.get("imageStatus"))
    refuse_paging_of(req, "imageIds", image_ids)
    found, token = images.describe(
        call.reg,
        key,
        name,
        wanted=None if image_ids is None else _wanted(image_ids),
        tagged=tagged,
        token=req.get("nextToken"),
        limit=req.get("maxResults"),
        status=status,
    )
    if image_ids is not None:
        named = status if "imageStatus" in wanted else None
        found = [one for one in found if tagged in (None, bool(one.tags)) and named in (None, one.image.status)]
    answer: t.DescribeImagesResponse = {"imageDetails": [_detail(key, name, image) for image in found]}
    if token:
        answer["nextToken"] = token
    return answer


@operation("ecr", "BatchDeleteImage", resource=scope.repository)
def batch_delete_image(call: Call, req: t.BatchDeleteImageRequest) -> t.BatchDeleteImageResponse:
    key = scope.registry(call, req)
    gone, failures = deletion.delete_many(call.reg, call.caller, key, req["repositoryName"], _wanted(req["imageIds"]))
    return {"imageIds": [shown_id(image_id) for image_id in gone], "failures": _failures(failures)}


def status_of(wanted: str | None) -> str | None:
    """The status that a filter asks for: ACTIVE where it does not say, None for ANY."""
    return None if wanted == "ANY" else wanted or ACTIVE


def _detail(key: RegistryKey, name: str, described: Described) -> t.ImageDetail:
    image = described.image
    shown: t.ImageDetail = {
        "registryId": key.account,
        "repositoryName": name,
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": scope.seconds(image.pushed_at),
        "imageManifestMediaType": image.media_type,
        "imageStatus": image.status,  # type: ignore[typeddict-item]
    }
    if described.tags:
        shown["imageTags"] = list(described.tags)
    if image.artifact_type:
        shown["artifactMediaType"] = image.artifact_type
    if image.subject:
        shown["subjectManifestDigest"] = image.subject
    if image.pulled_at is not None:
        shown["lastRecordedPullTime"] = scope.seconds(image.pulled_at)
    if image.archived_at is not None:
        shown["lastArchivedAt"] = scope.seconds(image.archived_at)
    if image.activated_at is not None and image.status != ACTIVATING:  # then it says since when
        shown["lastActivatedAt"] = scope.seconds(image.activated_at)
    return shown


def _media_type(text: str | None) -> str | None:
    """The media type that a call names, checked: it becomes a header on `/v2`. Raises InvalidParameter."""
    try:
        return None if text is None else manifests.check_media_type(text)
    except ManifestInvalid as error:
        raise InvalidParameter("imageManifestMediaType", error.reason) from error


def _wanted(image_ids: list[t.ImageIdentifier]) -> list[ImageId]:
    return [ImageId(image_id.get("imageDigest"), image_id.get("imageTag")) for image_id in image_ids]


def shown_id(image_id: ImageId) -> t.ImageIdentifier:
    """An image identifier as the wire has it: without what it does not have."""
    shown: t.ImageIdentifier = {}
    if image_id.digest is not None:
        shown["imageDigest"] = image_id.digest
    if image_id.tag is not None:
        shown["imageTag"] = image_id.tag
    return shown


def _failures(failures: list[Failure]) -> list[t.ImageFailure]:
    return [
        {
            "imageId": shown_id(failure.image),
            "failureCode": failure.code,  # type: ignore[typeddict-item]
            "failureReason": failure.reason,
        }
        for failure in failures
    ]
