"""The recycle bin: what was deleted is listed, had back, or removed for good.

`entrepot.registry.deletion` puts images there. What is removed for good frees its bytes by garbage collection.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from entrepot.domain import names
from entrepot.domain.blobs import SILENCE
from entrepot.domain.errors import ImageNotFound, RestoreIncomplete
from entrepot.domain.images import ACTIVE, ImageId
from entrepot.domain.principals import Caller, service
from entrepot.domain.registries import RegistryKey
from entrepot.domain.repositories import Repository
from entrepot.registry import audit, quotas, repositories, storage_class
from entrepot.registry.announcements import announce
from entrepot.registry.context import Registry
from entrepot.store import bin as table
from entrepot.store import blobs, images, pins, tags
from entrepot.store.bin import Binned
from entrepot.store.db import Tx

_PAGE = 200
_BATCH = 50  # images that one transaction removes for good
_WINDOW = 2_000  # blobs that one read looks at
_KEPT = 20_000  # blobs that are noted at once where images have to go
_NOT_YET = 2**62  # an instant after all others


@dataclass(frozen=True, slots=True)
class Restored:
    """An image that is back, with the tags that it has again and those that other images have meanwhile."""

    digest: str
    tags: tuple[str, ...]
    taken: tuple[str, ...]


def listing(reg: Registry, key: RegistryKey | None = None, name: str | None = None) -> Iterator[Binned]:
    """The images in the bin with the tags they had, the one deleted first in front; of a repository, or of all.

    What is there longer than the installation keeps it is gone, whether it is removed already or not. Raises
    RepositoryNotFound.
    """

    def read(tx: Tx, after: tuple[int, int]) -> list[Binned]:
        repository = None if key is None or name is None else repositories.find(tx, key, name).id
        rows = table.page(tx, repository, _NOT_YET, after, _PAGE)
        return [replace(row, tags=tuple(table.tags_of(tx, row.id))) for row in rows]

    after = (_kept_since(reg), 0)
    while found := reg.db.read(partial(read, after=after)):
        yield from found
        after = (found[-1].deleted_at, found[-1].id)


def restore(reg: Registry, caller: Caller, key: RegistryKey, name: str, reference: str) -> list[Restored]:
    """Take the image of that digest, or the one deleted last that had that tag, from the bin; all that came back.

    What an index names comes with it, and what referred to any of these and left with it, or because of it. A tag that
    another image has by now stays there. For lifecycle rules images are as old as their return. Raises
    RepositoryNotFound, ImageNotFound, RestoreIncomplete where a layer or a named image is gone for good, LimitExceeded
    above the quota of images.
    """

    def write(tx: Tx) -> list[Restored]:
        repository = repositories.find(tx, key, name)
        binned = (
            table.find(tx, repository.id, reference)
            if names.is_digest_like(reference)
            else table.tagged(tx, repository.id, reference)
        )
        if binned is None or binned.deleted_at < _kept_since(reg):
            wanted = ImageId(reference, None) if names.is_digest_like(reference) else ImageId(None, reference)
            raise ImageNotFound(wanted.digest, wanted.tag, name, key.account)
        wanted_back = _with_referrers(
            tx, repository, _whole(tx, repository, binned, _kept_since(reg)), _kept_since(reg)
        )
        back = [_take_out(tx, reg, repository, each) for each in wanted_back]
        quotas.check_restored(tx, reg, repository, binned.id)
        _activate_named(tx, reg, repository, wanted_back)
        told = [[each.digest, *each.tags] for each in back]
        audit.changed(tx, caller, reg.now(), repositories.arn(repository), imageIds=told)
        return back

    return reg.db.write(write)


def _kept_since(reg: Registry) -> int:
    """When what is kept until now was deleted; what was deleted before is gone."""
    return reg.now() - reg.keeping.retention


def _whole(tx: Tx, repository: Repository, binned: Binned, since: int) -> list[Binned]:
    """What has to come out of the bin for an image to be whole, the image last; what was deleted before `since` cannot.

    Raises RestoreIncomplete.
    """
    found, waiting, missing = {binned.digest: binned}, [binned], []
    while waiting:
        image = waiting.pop()
        missing += [digest for digest in table.layers(tx, image.id) if not blobs.sound(tx, repository.id, digest)]
        for digest in table.children(tx, image.id):
            child = table.find(tx, repository.id, digest)
            child = None if child is None or child.deleted_at < since else child
            if child is not None and digest not in found:
                found[digest] = child
                waiting.append(child)
            elif child is None and images.find(tx, repository.id, digest) is None:
                missing.append(digest)
    if missing:
        raise RestoreIncomplete(binned.digest, tuple(missing))
    return list(reversed(found.values()))


def _with_referrers(tx: Tx, repository: Repository, whole: list[Binned], since: int) -> list[Binned]:
    """The images, and what referred to them when they were deleted, what referred to that, and so on.

    A referrer that would not be whole stays in the bin.
    """
    found = {image.digest: image for image in whole}
    waiting = list(whole)
    while waiting:
        subject = waiting.pop()
        for referrer in table.gone_with(tx, repository.id, subject.digest, subject.deleted_at):
            with suppress(RestoreIncomplete):
                new = [each for each in _whole(tx, repository, referrer, since) if each.digest not in found]
                found |= {each.digest: each for each in new}
                waiting += new
    return list(found.values())


def _activate_named(tx: Tx, reg: Registry, repository: Repository, back: list[Binned]) -> None:
    """Make active at once what an index that is not in the archive names: an active index is to be pulled whole."""
    named = [digest for image in back for digest in table.children(tx, image.id)]
    for digest in dict.fromkeys((*named, *(image.digest for image in back))):
        image = images.find(tx, repository.id, digest)
        if image and image.status != ACTIVE and images.indexes_naming(tx, repository.id, digest, archived=False):
            storage_class.activate(tx, repository, image, reg.now())


def _take_out(tx: Tx, reg: Registry, repository: Repository, binned: Binned) -> Restored:
    now = reg.now()
    image = images.any_of(tx, binned.id)
    table.take_out(tx, binned.id, now)
    images.adopt(tx, repository.id, binned.digest)
    had = table.tags_of(tx, binned.id)
    free = [tag for tag in had if tags.holder(tx, repository.id, tag) is None]
    for tag in free:
        tags.point(tx, repository.id, tag, binned.id, now)
    table.forget_tags(tx, binned.id)
    for each in free or (None,):
        announce(tx, repository, "PUSH", image.digest, each, image.media_type, image.artifact_type, now)
    return Restored(binned.digest, tuple(free), tuple(tag for tag in had if tag not in free))


def empty(reg: Registry, caller: Caller, key: RegistryKey | None = None, name: str | None = None) -> int:
    """Remove the images in the bin for good, of a repository or all; how many. Raises RepositoryNotFound."""
    repository = None if key is None or name is None else reg.db.read(lambda tx: repositories.find(tx, key, name).id)
    return _purge(reg, caller, repository, _NOT_YET)


def expire(reg: Registry, rest: Callable[[float], bool] = lambda _: False) -> int:
    """Remove for good what is in the bin longer than the installation keeps it; how many images.

    `rest` is called after each transaction with the seconds that it took; true ends it.
    """
    return _purge(reg, _itself(reg), None, _kept_since(reg), rest)


def expiring(reg: Registry) -> int:
    """How many images `expire` would remove now."""
    return reg.db.read(partial(table.count, before=_kept_since(reg)))


def is_empty(reg: Registry) -> bool:
    """Whether no image at all is in the bin."""
    return not reg.db.read(partial(table.page, repository=None, before=_NOT_YET, after=(0, 0), limit=1))


def give_way(reg: Registry, wanted: int, rest: Callable[[float], bool] = lambda _: False) -> int:
    """Remove images from the bin for good so that `wanted` bytes come free, those deleted first in front; how many.

    Only what counts goes: images all of whose blobs others keep stay, and so does everything while a backup needs the
    bytes. `rest` is called with 0 after each window of blobs and with the seconds that writing took; true ends it.
    """
    if wanted <= 0 or reg.db.read(lambda tx: pins.any_set(tx, reg.now())):
        return 0
    done = 0
    for blob in _spared(reg, wanted, rest):
        while found := reg.db.read(partial(_naming, reg=reg, blob=blob)):
            began = time.monotonic()
            done += reg.db.write(partial(_purge_naming, reg=reg, blob=blob))
            if rest(time.monotonic() - began):
                return done
            if len(found) < _BATCH:
                break
    return done


def _spared(reg: Registry, wanted: int, rest: Callable[[float], bool]) -> list[int]:
    """The blobs that have `wanted` bytes and come free when the fewest of the longest deleted images go, in order.

    Linear in what there is; as many blobs at most as memory is given for, the next call finds the others.
    """
    kept: list[tuple[int, int, int, int]] = []  # the one in front is the one that is dropped first
    last: int | None = 0
    total = 0
    while last is not None:
        now = reg.now()
        read = partial(table.spared, after=last, window=_WINDOW, now=now, silent=now - SILENCE)
        found, last = reg.db.read(read)
        for blob in found:
            heapq.heappush(kept, (-blob.deleted_at, -blob.image, -blob.id, blob.size))
            total += blob.size
            while total - kept[0][3] >= wanted or len(kept) > _KEPT:
                total -= heapq.heappop(kept)[3]
        if rest(0.0):
            return []
    return [-blob for _, _, blob, _ in sorted(kept, reverse=True)]


def _naming(tx: Tx, reg: Registry, blob: int) -> list[Binned]:
    """Some of the images that keep a blob, where all of them are in the bin and nothing else keeps it."""
    now = reg.now()
    return table.naming(tx, blob, _BATCH) if table.is_spared(tx, blob, now, now - SILENCE) else []


def _purge_naming(tx: Tx, reg: Registry, blob: int) -> int:
    return _purge_batch(tx, reg, _itself(reg), _naming(tx, reg, blob))


def _itself(reg: Registry) -> Caller:
    return service(reg.naming.account, reg.naming.region, "entrepot:EmptyTrash")


def _purge(
    reg: Registry,
    caller: Caller,
    repository: int | None,
    before: int,
    rest: Callable[[float], bool] = lambda _: False,
) -> int:
    done = 0
    while found := reg.db.read(partial(table.page, repository=repository, before=before, after=(0, 0), limit=_BATCH)):
        began = time.monotonic()
        done += reg.db.write(partial(_purge_batch, reg=reg, caller=caller, batch=found))
        if rest(time.monotonic() - began):
            break
    return done


def _purge_batch(tx: Tx, reg: Registry, caller: Caller, batch: list[Binned]) -> int:
    done, now = 0, reg.now()
    for image in batch:
        if table.purge(tx, image.id):
            done += 1
            arn = names.repository_arn(image.region, image.account, image.name)
            audit.changed(tx, caller, now, arn, imageDigest=image.digest)
    return done
