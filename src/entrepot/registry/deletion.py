"""Deleting images and tags. Both doors call these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from entrepot.domain.errors import ImageReferenced
from entrepot.domain.images import Failure, Image, ImageId
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, images, repositories
from entrepot.registry.context import Registry
from entrepot.store import garbage, tags
from entrepot.store import images as table
from entrepot.store.db import Tx


def delete_many(
    reg: Registry, caller: Caller, key: RegistryKey, name: str, wanted: Sequence[ImageId]
) -> tuple[list[ImageId], list[Failure]]:
    """Delete images: by tag only that tag, and the image with its last one; by digest the image and all its tags.

    An image that an index names stays and is reported. Raises RepositoryNotFound.
    """

    def remove(tx: Tx) -> tuple[list[ImageId], list[Failure]]:
        repository = repositories.find(tx, key, name)
        gone: list[ImageId] = []
        failures: list[Failure] = []
        for wish in dict.fromkeys(wanted):
            _delete_one(tx, repository, wish, reg.now(), gone, failures)
        if gone:
            gone_names = [[image.digest, image.tag] for image in gone]
            audit.changed(tx, caller, reg.now(), repositories.arn(repository), imageIds=gone_names)
        return gone, failures

    return reg.db.write(remove)


def _delete_one(
    tx: Tx, repository: Repository, wish: ImageId, now: int, gone: list[ImageId], failures: list[Failure]
) -> None:
    image = images.lookup(tx, repository, wish)
    if isinstance(image, Failure):
        failures.append(image)
        return
    if wish.tag is not None and tags.count(tx, image.id) > 1:
        tags.remove(tx, repository.id, wish.tag)
        images.announce(tx, repository, "DELETE", image.digest, wish.tag, image.media_type, image.artifact_type, now)
        gone.append(ImageId(image.digest, wish.tag))
        return
    held_by = table.indexes_naming(tx, repository.id, image.digest)
    if held_by:
        failures.append(Failure(wish, "ImageReferencedByManifestList", str(ImageReferenced(tuple(held_by)))))
        return
    gone.extend(ImageId(image.digest, tag) for tag in _remove(tx, repository, image, now))


def _remove(tx: Tx, repository: Repository, image: Image, now: int) -> list[str | None]:
    """Delete an image, tell so for each of its tags, and return these ([None] for an untagged image)."""
    held: list[str | None] = [*tags.of(tx, image.id)] or [None]
    garbage.release(tx, image.id, repository.id, now)
    table.delete(tx, image.id)
    for tag in held:
        images.announce(tx, repository, "DELETE", image.digest, tag, image.media_type, image.artifact_type, now)
    return held


def delete(reg: Registry, caller: Caller, key: RegistryKey, name: str, digest: str) -> None:
    """Delete an image with all its tags. Raises RepositoryNotFound, ImageNotFound, ImageReferenced."""

    def remove(tx: Tx, repository: Repository, now: int) -> None:
        image = images.find(tx, repository, ImageId(digest, None))
        held_by = table.indexes_naming(tx, repository.id, digest)
        if held_by:
            raise ImageReferenced(tuple(held_by))
        _remove(tx, repository, image, now)

    _change(reg, caller, key, name, remove, imageDigest=digest)


def untag(reg: Registry, caller: Caller, key: RegistryKey, name: str, tag: str) -> None:
    """Remove a tag and keep its image, as OCI's DELETE of a tag does. Raises RepositoryNotFound, ImageNotFound."""

    def remove(tx: Tx, repository: Repository, now: int) -> None:
        image = images.find(tx, repository, ImageId(None, tag))
        tags.remove(tx, repository.id, tag)
        images.announce(tx, repository, "DELETE", image.digest, tag, image.media_type, image.artifact_type, now)

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
