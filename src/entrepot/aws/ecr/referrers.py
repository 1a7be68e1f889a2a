"""ListImageReferrers: the images that name another as their subject."""

from __future__ import annotations

from entrepot.aws.ecr import scope
from entrepot.aws.ecr.images import status_of
from entrepot.aws.operation import Call, operation
from entrepot.aws.types import ecr as t
from entrepot.domain import names
from entrepot.domain.errors import InvalidParameter
from entrepot.domain.referrers import Referrer
from entrepot.registry import referrers


@operation("ecr", "ListImageReferrers", resource=scope.repository, permission="ecr:BatchGetImage")
def list_image_referrers(call: Call, req: t.ListImageReferrersRequest) -> t.ListImageReferrersResponse:
    wanted = req.get("filter", {})
    found, token = referrers.listing(
        call.reg,
        scope.registry(call, req),
        req["repositoryName"],
        _subject(req["subjectId"]["imageDigest"]),
        wanted.get("artifactTypes", []),
        status_of(wanted.get("artifactStatus")),
        req.get("nextToken"),
        req.get("maxResults"),
    )
    answer: t.ListImageReferrersResponse = {"referrers": [_referrer(each) for each in found]}
    if token:
        answer["nextToken"] = token
    return answer


def _subject(digest: str) -> str:
    """The subject's digest. Raises InvalidParameter for text that is none: nothing could refer to it."""
    if not names.is_digest_like(digest):
        raise InvalidParameter("subjectId.imageDigest", "Invalid image digest")
    return digest


def _referrer(referrer: Referrer) -> t.ImageReferrer:
    shown: t.ImageReferrer = {
        "digest": referrer.digest,
        "mediaType": referrer.media_type,
        "size": referrer.size,
        "artifactStatus": referrer.status,  # type: ignore[typeddict-item]
    }
    if referrer.artifact_type:
        shown["artifactType"] = referrer.artifact_type
    if referrer.annotations:
        shown["annotations"] = dict(referrer.annotations)
    return shown
