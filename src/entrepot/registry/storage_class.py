"""Moving images to the archive and back.

An image in the archive cannot be pulled; its bytes stay where they are. What refers to an image goes with it, and
what an index names comes back with the index, so that what is active can be pulled whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from entrepot.domain.errors import ImageStorageClassUpdateNotSupported, RepositoryNotFound
from entrepot.domain.images import ACTIVATING, ACTIVE, ARCHIVE, ARCHIVED, STANDARD, Image, ImageId
from entrepot.domain.principals import Caller, service
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, lookup, repositories
from entrepot.registry.announcements import moved, service_event
from entrepot.registry.context import Registry
from entrepot.store import bin as bin_table
from entrepot.store import images
from entrepot.store import storage_class as table
from entrepot.store.db import Tx

_PAGE = 200
_BATCH = 50  # images that become active in one transaction


def update(
    reg: Registry, caller: Caller, key: RegistryKey, name: str, wanted: ImageId, target: str
) -> tuple[Image, str]:
    """Move an image to storage class `target`, STANDARD or ARCHIVE; the image as it was, and its status now.

    To the archive at once, and back in its own time: see `activate_due`. (ECR API, UpdateImageStorageClass.)
    Raises RepositoryNotFound, ImageNotFound, ImageStorageClassUpdateNotSupported.
    """

    def write(tx: Tx) -> tuple[Image, str]:
        repository = repositories.find(tx, key, name)
        image = lookup.find(tx, repository, wanted)
        now = reg.now()
        if target == ARCHIVE:
            archive(tx, repository, image, now)
        else:
            _begin(tx, repository, image, now)
        arn = repositories.arn(repository)
        audit.changed(tx, caller, now, arn, imageDigest=image.digest, targetStorageClass=target)
        return image, ARCHIVED if target == ARCHIVE else ACTIVATING

    return reg.db.write(write)


def archive(tx: Tx, repository: Repository, image: Image, now: int) -> list[Image]:
    """Archive an active image and what refers to it, and tell so; all images that were archived, as they were.

    Raises ImageStorageClassUpdateNotSupported for an image that is not active or that an index not in the archive
    names. The audit row is the caller's.
    """
    if image.status != ACTIVE:
        raise ImageStorageClassUpdateNotSupported(f"The image is {image.status}, not {ACTIVE}.")
    holders = images.indexes_naming(tx, repository.id, image.digest, archived=False)
    if holders:
        reason = f"The image is referenced by active manifest lists: [{', '.join(holders)}]"
        raise ImageStorageClassUpdateNotSupported(reason)
    taken = [image, *_following(tx, repository, image, ACTIVE)]
    for each in taken:
        table.archive(tx, each.id, now)
        moved(tx, repository, each, ARCHIVE, now)
    return taken


def _begin(tx: Tx, repository: Repository, image: Image, now: int) -> None:
    """Start to bring an archived image back, with what belongs to it."""
    if image.status != ARCHIVED:
        raise ImageStorageClassUpdateNotSupported(f"The image is {image.status}, not {ARCHIVED}.")
    for each in (image, *_belonging(tx, repository, image, {ARCHIVED})):
        table.begin_activation(tx, each.id, now)


def activate(tx: Tx, repository: Repository, image: Image, now: int) -> list[Image]:
    """Make an image that is in the archive, or on its way back, active at once, and tell so; with what belongs to it.

    All images that became active, as they were: none where the image was active.
    """
    if image.status == ACTIVE:
        return []
    taken = [image, *_belonging(tx, repository, image, {ARCHIVED, ACTIVATING})]
    for each in taken:
        table.activate(tx, each.id, now)
        moved(tx, repository, each, STANDARD, now)
    return taken


def activate_due(reg: Registry, seconds: float) -> int:
    """Make images active that have been on their way back for so many seconds; how many."""
    until, done = reg.now() - int(seconds * 1_000_000), 0
    while batch := reg.db.read(partial(table.activating, until=until, limit=_BATCH)):
        done += reg.db.write(partial(_activate_batch, reg=reg, batch=batch, until=until))
    return done


def _activate_batch(tx: Tx, reg: Registry, batch: list[tuple[str, str, str, str]], until: int) -> int:
    done, now = 0, reg.now()
    for account, region, name, digest in batch:
        try:
            repository = repositories.find(tx, RegistryKey(account, region), name)
        except RepositoryNotFound:  # deleted since
            continue
        image = images.find(tx, repository.id, digest)
        if image is None or image.status != ACTIVATING or (image.activated_at or 0) > until:
            continue
        table.activate(tx, image.id, now)
        moved(tx, repository, image, STANDARD, now)
        _tell_activation(tx, repository, digest, now)
        done += 1
    return done


def _tell_activation(tx: Tx, repository: Repository, digest: str, now: int) -> None:
    """CloudTrail's ImageActivationEvent. (ECR user guide, "CloudTrail log file entries".)"""
    told = {
        "repositoryName": repository.name,
        "imageDigest": digest,
        "targetStorageClass": STANDARD,
        "result": "SUCCESS",
        "imageStatus": ACTIVE,
    }
    caller = service(repository.account, repository.region, "ecr:ImageActivationEvent")
    audit.changed(tx, caller, now, repositories.arn(repository), **told)
    service_event(tx, repository, "ImageActivationEvent", told, now)


def _following(tx: Tx, repository: Repository, image: Image, status: str) -> Iterator[Image]:
    """The images of that status that refer to an image, that refer to these, and so on.

    One that an active index names stays. The list is whole before anything is changed.
    """
    seen, waiting = {image.digest}, [image.digest]
    while waiting:
        for each in _referring(tx, repository, waiting.pop(), status):
            held = status == ACTIVE and images.indexes_naming(tx, repository.id, each.digest, archived=False)
            if each.digest not in seen and not held:
                seen.add(each.digest)
                waiting.append(each.digest)
                yield each


def _referring(tx: Tx, repository: Repository, subject: str, status: str) -> Iterator[Image]:
    after = ""
    while rows := images.referring(tx, repository.id, subject, (), status, after, _PAGE):
        yield from rows
        after = rows[-1].digest


def _belonging(tx: Tx, repository: Repository, image: Image, statuses: set[str]) -> list[Image]:
    """What an image needs to be whole: the images that an index names, and what refers to any of these."""
    found: dict[str, Image] = {}
    waiting = [image]
    while waiting:
        each = waiting.pop()
        named = (images.find(tx, repository.id, digest) for digest in bin_table.children(tx, each.id))
        near = [one for one in named if one is not None and one.status in statuses]
        near += [one for status in sorted(statuses) for one in _referring(tx, repository, each.digest, status)]
        for one in near:
            if one.digest not in found and one.digest != image.digest:
                found[one.digest] = one
                waiting.append(one)
    return list(found.values())
