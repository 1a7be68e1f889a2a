"""Referrers over `/v2`: the images that name another as their subject."""

from __future__ import annotations

import json

from entrepot.domain import digests
from entrepot.domain.manifests import OCI_INDEX
from entrepot.domain.referrers import Referrer
from entrepot.oci import paging
from entrepot.oci.exchange import Exchange
from entrepot.registry import referrers
from entrepot.web.responses import Response


def listing(x: Exchange) -> Response:
    """end-12a, end-12b: GET /v2/<name>/referrers/<digest>[?artifactType=…&n=…&last=…], an index of descriptors."""
    subject, kind = digests.parse(x.reference), x.parameter("artifactType") or None
    count, last = paging.count(x), paging.last(x)
    found, more = referrers.page(x.reg, x.key, x.name, subject, kind, last, count or 1)
    shown = found[:count]
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [_descriptor(item) for item in shown]}
    headers = [("content-type", OCI_INDEX)]
    if kind is not None:
        headers.append(("oci-filters-applied", "artifactType"))
    if more and shown:
        query: dict[str, str | int] = {"n": count, "last": shown[-1].digest}
        query |= {"artifactType": kind} if kind else {}
        headers.append(paging.link(f"/v2/{x.name}/referrers/{subject}", query))
    return Response(200, headers, json.dumps(document, ensure_ascii=False).encode(errors="backslashreplace"))


def _descriptor(item: Referrer) -> dict[str, object]:
    described: dict[str, object] = {"mediaType": item.media_type, "digest": item.digest, "size": item.size}
    if item.artifact_type:
        described["artifactType"] = item.artifact_type
    if item.annotations:
        described["annotations"] = item.annotations
    return described
