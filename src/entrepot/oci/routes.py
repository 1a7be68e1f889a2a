"""The routes of `/v2`: what a path means, and for each method the handler and the IAM action it needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from entrepot.oci import base, blobs, manifests, referrers, tags, uploads
from entrepot.oci.exchange import Exchange
from entrepot.web.responses import Response

Handler = Callable[[Exchange], Awaitable[Response]]
Reader = Callable[[Exchange], Response | None]

_DOWNLOAD, _CHECK = "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"


@dataclass(frozen=True, slots=True)
class Route:
    """`action` is what the call is called, in the audit trail too.

    `handler` answers, or `reader` where that only looks into the database. With both, `reader` answers where that is
    all there is to do, and None where it is not; `held`: it is not asked but for what memory holds.
    `permissions` are asked of the repository that the path names, or of all of them where it names none: one is enough,
    and where there are none any identity is. Without them, it is the action's own.
    """

    name: str
    action: str
    permissions: tuple[str, ...] | None = None
    handler: Handler | None = None
    reader: Reader | None = None
    held: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        return (self.action,) if self.permissions is None else self.permissions


ROUTES: Mapping[str, Mapping[str, Route]] = {
    "base": {"GET": Route("base", "ecr:GetAuthorizationToken", (), reader=base.get)},
    "catalog": {"GET": Route("catalog", "ecr:DescribeRepositories", reader=tags.catalog)},
    "tags": {"GET": Route("tags.list", "ecr:ListImages", reader=tags.listing)},
    "manifest": {
        "GET": Route("manifest.get", "ecr:BatchGetImage", reader=manifests.get),
        "HEAD": Route("manifest.head", "ecr:BatchGetImage", reader=manifests.head),
        "PUT": Route("manifest.put", "ecr:PutImage", handler=manifests.put),
        "DELETE": Route("manifest.delete", "ecr:BatchDeleteImage", handler=manifests.delete),
    },
    "blob": {
        "GET": Route("blob.get", _DOWNLOAD, handler=blobs.get, reader=blobs.held, held=True),
        "HEAD": Route("blob.head", _CHECK, (_DOWNLOAD, _CHECK), handler=blobs.head, reader=blobs.there),
        "DELETE": Route("blob.delete", "ecr:BatchDeleteImage", handler=blobs.delete),
    },
    "referrers": {
        "GET": Route("referrers.list", "ecr:ListImageReferrers", ("ecr:BatchGetImage",), reader=referrers.listing),
    },
    "uploads": {"POST": Route("upload.start", "ecr:InitiateLayerUpload", handler=uploads.start)},
    "upload": {
        "GET": Route("upload.status", "ecr:UploadLayerPart", reader=uploads.status),
        "PATCH": Route("upload.append", "ecr:UploadLayerPart", handler=uploads.append),
        "PUT": Route("upload.finish", "ecr:CompleteLayerUpload", handler=uploads.finish),
        "DELETE": Route("upload.cancel", "ecr:UploadLayerPart", handler=uploads.cancel),
    },
}


_BELOW = {"manifests": "manifest", "blobs": "blob", "referrers": "referrers"}


def route(kind: str, method: str) -> Route | None:
    """The row for a method; HEAD is answered wherever GET is."""
    rows = ROUTES[kind]
    return rows.get(method) or (rows.get("GET") if method == "HEAD" else None)


def methods(kind: str) -> list[str]:
    """The methods that a path of this kind takes, by name."""
    return sorted({*ROUTES[kind], *(["HEAD"] if "GET" in ROUTES[kind] else [])})


@dataclass(frozen=True, slots=True)
class Place:
    """What a path names: a row of ROUTES, a repository's name as it was sent, and a reference, decoded."""

    kind: str
    name: str = ""
    reference: str = ""


def locate(path: str) -> Place | None:
    """What a path below `/v2` means, None where it means nothing.

    Names are taken as they stand in the path, so that `%2e` or `%2F` in one is a wrong name and never another path;
    only a reference, where clients may write `%3A`, is decoded.
    """
    if path in ("/v2/", "/v2"):
        return Place("base")
    rest = path.removeprefix("/v2/")
    if rest == "_catalog":
        return Place("catalog")
    head, _, last = rest.rpartition("/")
    name, _, kind = head.rpartition("/")
    if kind in _BELOW and (kind, last) != ("blobs", "uploads"):
        return Place(_BELOW[kind], name, unquote(last))
    if kind == "tags" and last == "list":
        return Place("tags", name)
    return _locate_upload(name, kind, last)


def _locate_upload(name: str, kind: str, last: str) -> Place | None:
    if kind == "blobs":  # POST …/blobs/uploads, without the final slash
        return Place("uploads", name)
    if kind == "uploads" and name.endswith("/blobs"):
        owner = name.removesuffix("/blobs")
        return Place("upload", owner, unquote(last)) if last else Place("uploads", owner)
    return None
