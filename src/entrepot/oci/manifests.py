"""Manifests over `/v2`: push, pull, look up and delete."""

from __future__ import annotations

from entrepot.domain import digests, manifests, names
from entrepot.domain.errors import LimitExceeded, ManifestTooLarge
from entrepot.domain.images import Image, ImageId
from entrepot.oci.exchange import Exchange
from entrepot.registry import audit, deletion, images
from entrepot.web import conditions
from entrepot.web.requests import BodyTooLarge
from entrepot.web.responses import Response

_TAGS_MAX = 64  # each is a header of the answer, and clients read a hundred


async def put(x: Exchange) -> Response:
    """end-7: PUT /v2/<name>/manifests/<reference>[?tag=…]."""
    wanted = image_id(x.reference)
    media_type = (x.request.header("content-type") or "").partition(";")[0].strip() or None
    extra = x.parameters("tag")
    if len(extra) > _TAGS_MAX:
        raise LimitExceeded(f"One push may have at most {_TAGS_MAX} parameters `tag`.")
    push = images.Push(await _body(x), media_type, (*([wanted.tag] if wanted.tag else []), *extra), wanted.digest)
    result = await x.run(images.put, x.caller, x.key, x.name, push, sparse=x.options.sparse_manifests)
    headers = [("location", f"/v2/{x.name}/manifests/{result.digest}"), ("docker-content-digest", result.digest)]
    if result.manifest.subject:
        headers.append(("oci-subject", result.manifest.subject.digest))
    if result.absent:
        headers.append(("warning", f'299 - "{result.absent} of what this manifest names is not in the repository"'))
    return Response(201, headers + [("oci-tag", tag) for tag in extra])


def get(x: Exchange) -> Response:
    """end-3: GET /v2/<name>/manifests/<reference>, the bytes as they were pushed."""
    image, data = images.get(x.reg, x.key, x.name, image_id(x.reference))
    audit.pulled(x.reg, x.caller, image.id, image.pulled_at)
    audit.seen(x.reg, x.caller, names.repository_arn(x.key.region, x.key.account, x.name), imageDigest=image.digest)
    return _found(x, image, data)


def head(x: Exchange) -> Response:
    """end-3: HEAD /v2/<name>/manifests/<reference>."""
    image = images.head(x.reg, x.key, x.name, image_id(x.reference))
    return _found(x, image)


async def delete(x: Exchange) -> Response:
    """end-9: DELETE /v2/<name>/manifests/<reference>: a tag alone, or an image with all its tags."""
    wanted = image_id(x.reference)
    if wanted.tag is not None:
        await x.run(deletion.untag, x.caller, x.key, x.name, wanted.tag)
    else:
        await x.run(deletion.delete, x.caller, x.key, x.name, wanted.digest)
    return Response(202)


def image_id(reference: str) -> ImageId:
    """What a reference names: a digest if it has a colon, else a tag. Raises DigestInvalid, TagInvalid."""
    if ":" in reference:
        return ImageId(digests.parse(reference), None)
    return ImageId(None, names.parse_tag(reference))


async def _body(x: Exchange) -> bytes:
    try:
        return await x.request.body(manifests.MAX_BYTES)
    except BodyTooLarge as error:
        raise ManifestTooLarge(manifests.MAX_BYTES) from error


def _found(x: Exchange, image: Image, data: bytes = b"") -> Response:
    etag = f'"{image.digest}"'
    headers = [("docker-content-digest", image.digest), ("etag", etag)]
    if conditions.unchanged(x.request, etag):
        return Response(304, headers)
    headers += [("content-type", image.media_type), ("content-length", str(image.manifest_size))]
    return Response(200, headers, data)
