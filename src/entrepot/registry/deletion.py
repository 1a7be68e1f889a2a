"""Deleting images and tags. Both doors and the lifecycle call these.

What is deleted goes to the recycle bin, if the installation has one; what is protected stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from entrepot.domain.errors import ImageReferenced, Protected
from entrepot.domain.images import Failure, Image, ImageId
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, lookup, protection, repositories
from entrepot.registry.announcements import announce
from entrepot.registry.context import Registry
from entrepot.store import bin as bin_table
from entrepot.store import garbage, tags
from entrepot.store import images as table
from entrepot.store.db import Tx


def delete_many(
    reg: Registry, caller: Caller, key: RegistryKey, name: str, wanted: Sequence[ImageId]
) -> tuple[list[ImageId], list[Failure]]:
    """Delete images: by tag only that tag, and the image with its last one; by digest the image and all its tags.

    An image that an index names stays and is reported, and so is what is protected. Raises RepositoryNotFound.
    """

    def run(tx: Tx) -> tuple[list[ImageId], list[Failure]]:
        repository = repositories.find(tx, key, name)
        gone: list[ImageId] = []
        failures: list[Failure] = []
        for wish in dict.fromkeys(wanted):
            try:
                gone += _delete_one(tx, reg, repository, wish)
            except _Kept as kept:
                failures.append(kept.failure)
        if gone:
            gone_names = [[image.digest, image.tag] for image in gone]
            audit.changed(tx, caller, reg.now(), repositories.arn(repository), imageIds=gone_names)
        return gone, failures

    return reg.db.write(run)


guard = protection.guard


class _Kept(Exception):
    """An image of the batch that stays."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def _delete_one(tx: Tx, reg: Registry, repository: Repository, wish: ImageId) -> list[ImageId]:
    """Delete what one identifier names; what went, one for each tag. Raises _Kept."""
    image = lookup.lookup(tx, repository, wish)
    if isinstance(image, Failure):
        raise _Kept(image)
    try:
        if wish.tag is not None and tags.count(tx, image.id) > 1:
            remove_tag(tx, reg, repository, image, wish.tag, reg.now())
            return [ImageId(image.digest, wish.tag)]
        held_by = table.indexes_naming(tx, repository.id, image.digest)
        if held_by:
            raise _Kept(Failure(wish, "ImageReferencedByManifestList", str(ImageReferenced(tuple(held_by)))))
        return [ImageId(image.digest, tag) for tag in remove(tx, reg, repository, image, reg.now())]
    except Protected as error:
        raise _Kept(Failure(wish, "ImageInaccessible", error.reason)) from error


def remove(tx: Tx, reg: Registry, repository: Repository, image: Image, now: int) -> list[str | None]:
    """Delete an image, tell so for each of its tags, and return these ([None] for an untagged image).

    Into the recycle bin, where there is one. Whether an index names the image is for the caller to ask. What refers to
    it goes later: see `entrepot.registry.referrers.clean`. Raises Protected.
    """
    held: list[str | None] = [*tags.of(tx, image.id)] or [None]
    protection.check(tx, reg, repository, held)
    garbage.release(tx, image.id, repository.id, now)
    if reg.keeping.retention:
        bin_table.keep_tags(tx, image.id)
        bin_table.drop_tags(tx, image.id)
        bin_table.put(tx, image.id, now)
    else:
        table.delete(tx, image.id)
    table.orphan(tx, repository.id, image.digest, now)
    for tag in held:
        announce(tx, repository, "DELETE", image.digest, tag, image.media_type, image.artifact_type, now)
    return held


def remove_tag(tx: Tx, reg: Registry, repository: Repository, image: Image, tag: str, now: int) -> None:
    """Take one tag from an image that stays, and tell so. Raises Protected."""
    protection.check(tx, reg, repository, [tag])
    tags.remove(tx, repository.id, tag)
    announce(tx, repository, "DELETE", image.digest, tag, image.media_type, image.artifact_type, now)


def delete(reg: Registry, caller: Caller, key: RegistryKey, name: str, digest: str) -> None:
    """Delete an image with all its tags. Raises RepositoryNotFound, ImageNotFound, ImageReferenced, Protected."""

    def take(tx: Tx, repository: Repository, now: int) -> None:
        image = lookup.find(tx, repository, ImageId(digest, None))
        held_by = table.indexes_naming(tx, repository.id, digest)
        if held_by:
            raise ImageReferenced(tuple(held_by))
        remove(tx, reg, repository, image, now)

    _change(reg, caller, key, name, take, imageDigest=digest)


def untag(reg: Registry, caller: Caller, key: RegistryKey, name: str, tag: str) -> None:
    """Remove a tag and keep its image, as OCI's DELETE of a tag does.

    Raises RepositoryNotFound, ImageNotFound, Protected.
    """

    def remove(tx: Tx, repository: Repository, now: int) -> None:
        image = lookup.find(tx, repository, ImageId(None, tag))
        remove_tag(tx, reg, repository, image, tag, now)

    _change(reg, caller, key, name, remove, imageTag=tag)


def _change(
    reg: Registry,
    caller: Caller,
    key: RegistryKey,
    name: str,
    change: Callable[[Tx, Repository, int], None],
    **parameters: object,
) -> None:
    def run(tx: Tx) -> None:
        repository = repositories.find(tx, key, name)
        now = reg.now()
        change(tx, repository, now)
        audit.changed(tx, caller, now, repositories.arn(repository), **parameters)

    reg.db.write(run)
