"""`entrepot trash`: what was deleted and can still be had back, beside a running server."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from entrepot import app
from entrepot.cli import places
from entrepot.cli.progress import attempt, line, many, size
from entrepot.config import ConfigError, load
from entrepot.domain import names
from entrepot.domain.blobs import LEASE
from entrepot.domain.errors import ImageNotFound, RegistryError, RepositoryNotFound, StorageFull, StorageUnavailable
from entrepot.domain.principals import Caller, root
from entrepot.domain.registries import RegistryKey
from entrepot.registry import bin as recycling
from entrepot.registry import garbage
from entrepot.registry.context import Registry
from entrepot.store.bin import Binned

T = TypeVar("T")
_LEASES_OVER = -2 * LEASE / 1_000_000
"""A grace in seconds: everything that would be collected if all leases had ended."""
_CLOCKS = 0.1  # seconds that the machine's clock may lose meanwhile against the one that sleeps
_FULL = "make room on the disk of the data folder and run it again"


def listing(config_file: str | None, flags: Mapping[str, object], repository: str | None, *, as_json: bool) -> int:
    """Print what is in the bin, the image that was deleted first in front; return 0, or 2 where it cannot be done."""

    def work() -> int:
        with app.operator(load(config_file, os.environ, flags)) as registry:
            words = places.telling_apart(registry)
            for image in _refusals(lambda: recycling.listing(registry, _key(registry), repository)):
                if repository or places.fits(flags, image.account, image.region):
                    sys.stdout.write(_json(registry, image) if as_json else _line(registry, image, words))
        return 0

    return attempt(work, full=_FULL, interrupted="nothing was changed")


def restore(
    config_file: str | None, flags: Mapping[str, object], repository: str, references: list[str], *, as_json: bool
) -> int:
    """Take images from the bin, one after the other.

    Return 0, 1 where a tag stayed with another image, 2 where an image stays in the bin.
    """

    def work() -> int:
        taken = False
        with app.operator(load(config_file, os.environ, flags)) as registry:
            for each in (back for name in references for back in _restore(registry, repository, name)):
                told = {"digest": each.digest, "tags": list(each.tags), "taken": list(each.taken)}
                sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else sentence(each))
                taken = taken or bool(each.taken)
        return int(taken)

    return attempt(work, full=_FULL, interrupted="what was restored stays so; `entrepot trash list` shows the rest")


def empty(config_file: str | None, flags: Mapping[str, object], repository: str | None, *, as_json: bool) -> int:
    """Remove what is in the bin for good, and free its bytes; return 0, or 2 where it cannot be done."""

    def work() -> int:
        with app.operator(load(config_file, os.environ, flags)) as registry, line("emptying the recycle bin") as show:
            [gone] = _refusals(lambda: [_empty(registry, flags, repository)])
            blobs, freed = _collect(registry, show, gone)
            waiting = garbage.collect(registry, _LEASES_OVER, orphans=False, dry_run=True).bytes if gone else 0
        told = {"images": gone, "blobs": blobs, "bytes": freed, "waiting": waiting}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else emptied(gone, freed, waiting))
        return 0

    return attempt(work, full=_FULL, interrupted="what was removed stays so; run it again for the rest")


def _collect(registry: Registry, show: Callable[[str], None], gone: int) -> tuple[int, int]:
    """Free what the images needed, as soon as no push can need it, half a minute at most; how many blobs and bytes."""
    taken = garbage.collect(registry, 0.0, orphans=False)
    seconds = garbage.waits(registry) if gone else 0.0
    if not seconds:
        return taken.blobs, taken.bytes
    show(f"waiting {seconds:.0f} s: a push may have been told that these layers are there")
    time.sleep(seconds + _CLOCKS)
    more = garbage.free(registry)
    return taken.blobs + more.blobs, taken.bytes + more.bytes


def emptied(gone: int, collected: int, waiting: int) -> str:
    """What was emptied, and why bytes are still there, in a line or two."""
    text = f"{many(gone, 'image')} removed for good, {size(collected)} collected\n"
    if waiting:
        text += f"{size(waiting)} may be needed by pushes under way: garbage collection takes them after these\n"
    return text


def _empty(registry: Registry, flags: Mapping[str, object], repository: str | None) -> int:
    caller, key = _caller(registry, "entrepot:EmptyTrash"), _key(registry)
    if repository or not places.is_narrowed(flags):
        return recycling.empty(registry, caller, key, repository)
    here = {
        (RegistryKey(image.account, image.region), image.name)
        for image in recycling.listing(registry)
        if places.fits(flags, image.account, image.region)
    }
    gone = 0
    for where, name in sorted(here, key=lambda each: each[1]):
        with suppress(RepositoryNotFound):  # deleted meanwhile, with its bin
            gone += recycling.empty(registry, caller, where, name)
    return gone


def _restore(registry: Registry, repository: str, reference: str) -> list[recycling.Restored]:
    caller = _caller(registry, "entrepot:RestoreImage")
    if not names.is_digest_like(reference) and not names.is_tag(reference):
        raise ConfigError(f"{reference} is neither a digest nor a tag: see `entrepot trash list {repository}`")
    try:
        return _refusals(lambda: recycling.restore(registry, caller, _key(registry), repository, reference))
    except ImageNotFound as error:
        text = f"{reference} is not in the recycle bin of {repository}: see `entrepot trash list {repository}`"
        raise ConfigError(text) from error


def _key(registry: Registry) -> RegistryKey:
    return RegistryKey(registry.naming.account, registry.naming.region)


def _caller(registry: Registry, action: str) -> Caller:
    """Whoever may read the data folder acts as root."""
    account, region = registry.naming.account, registry.naming.region
    return Caller(root(account, registry.keys.access_key_id), region, action, "", "", "entrepot trash")


def _refusals(ask: Callable[[], Iterable[T]]) -> list[T]:
    """What the registry answers. Raises ConfigError with its words where it refuses, and ImageNotFound."""
    try:
        return list(ask())
    except (StorageFull, StorageUnavailable, ImageNotFound):
        raise
    except RepositoryNotFound as error:
        raise ConfigError(f"{error}: see `aws ecr describe-repositories`, or name another --region") from error
    except RegistryError as error:
        raise ConfigError(str(error)) from error


def _json(registry: Registry, image: Binned) -> str:
    told = {
        "repository": image.name,
        "registryId": image.account,
        "region": image.region,
        "digest": image.digest,
        "tags": list(image.tags),
        "size": image.size,
        "deletedAt": _instant(image.deleted_at),
        "keptUntil": _instant(image.deleted_at + registry.keeping.retention),
    }
    return msgspec.json.encode(told).decode() + "\n"


def _line(registry: Registry, image: Binned, words: places.Words) -> str:
    until = _instant(image.deleted_at + registry.keeping.retention)
    told = [*words(image.account, image.region), image.name, image.digest, size(image.size), f"kept until {until}"]
    return "  ".join([*told, *([" ".join(image.tags)] if image.tags else [])]) + "\n"


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def sentence(restored: recycling.Restored) -> str:
    """What came back, in a line."""
    text = f"{restored.digest} is back"
    if restored.tags:
        text += f" as {', '.join(restored.tags)}"
    if restored.taken:
        text += f"; other images have {', '.join(restored.taken)} now"
    return text + "\n"
