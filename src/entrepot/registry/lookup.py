"""Finding the image that an identifier names."""

from __future__ import annotations

from entrepot.domain import grammar, names
from entrepot.domain.errors import ImageNotFound
from entrepot.domain.images import ACTIVE, Failure, Image, ImageId
from entrepot.domain.repositories import Repository
from entrepot.store import images as table
from entrepot.store.db import Tx


def find(tx: Tx, repository: Repository, wanted: ImageId) -> Image:
    """The image that an identifier names, whatever its status. Raises ImageNotFound."""
    image = lookup(tx, repository, wanted)
    if isinstance(image, Failure):
        raise ImageNotFound(wanted.digest, wanted.tag, repository.name, repository.account)
    return image


def find_active(tx: Tx, repository: Repository, wanted: ImageId) -> Image:
    """The image that an identifier names if it can be pulled. Raises ImageNotFound, also for one in the archive."""
    image = find(tx, repository, wanted)
    if image.status != ACTIVE:
        raise ImageNotFound(wanted.digest, wanted.tag, repository.name, repository.account)
    return image


def lookup(tx: Tx, repository: Repository, wanted: ImageId) -> Image | Failure:
    """The image that an identifier names, or why it names none, in the words of ECR's failures lists."""
    if wanted.digest is None and wanted.tag is None:
        reason = "Invalid request parameters: both tag and digest cannot be null"
        return Failure(wanted, "MissingDigestAndTag", reason)
    if wanted.digest is not None and not names.is_digest_like(wanted.digest):
        reason = f"Invalid request parameters: image digest should satisfy the regex '{grammar.DIGEST_LIKE}'"
        return Failure(wanted, "InvalidImageDigest", reason)
    if wanted.tag is not None and not names.is_tag(wanted.tag):
        reason = f"Invalid request parameters: image tag should satisfy the regex '{grammar.TAG}'"
        return Failure(wanted, "InvalidImageTag", reason)
    image = (
        table.tagged(tx, repository.id, wanted.tag)
        if wanted.tag is not None
        else table.find(tx, repository.id, wanted.digest or "")
    )
    if image is None:
        return not_found(wanted)
    if wanted.digest not in (None, image.digest):
        return Failure(wanted, "ImageTagDoesNotMatchDigest", "The specified tag does not match the digest")
    return image


def not_found(wanted: ImageId) -> Failure:
    """The failure that ECR reports for an image that is not there, or not to be pulled."""
    return Failure(wanted, "ImageNotFound", "Requested image not found")
