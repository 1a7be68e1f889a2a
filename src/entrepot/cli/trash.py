"""`entrepot trash`: what was deleted and can still be had back, beside a running server."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from entrepot import app
from entrepot.cli.progress import attempt, line, many, size
from entrepot.config import ConfigError, load
from entrepot.domain.errors import RegistryError, StorageFull, StorageUnavailable
from entrepot.domain.principals import Caller, root
from entrepot.domain.registries import RegistryKey
from entrepot.registry import bin as recycling
from entrepot.registry import garbage
from entrepot.registry.context import Registry
from entrepot.store.bin import Binned

T = TypeVar("T")
_FULL = "make room on the disk of the data folder and run it again"


def listing(config_file: str | None, flags: Mapping[str, object], repository: str | None, *, as_json: bool) -> int:
    """Print what is in the bin, the image that was deleted first in front; return 0, or 2 where it cannot be done."""

    def work() -> int:
        with app.operator(load(config_file, os.environ, flags)) as registry:
            for image in _refusals(lambda: recycling.listing(registry, _key(registry), repository)):
                sys.stdout.write(_json(registry, image) if as_json else _line(registry, image))
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
        with app.operator(load(config_file, os.environ, flags)) as registry, line("emptying the recycle bin"):
            caller = _caller(registry, "entrepot:EmptyTrash")
            [gone] = _refusals(lambda: [recycling.empty(registry, caller, _key(registry), repository)])
            taken = garbage.collect(registry, 0.0, orphans=False)
        told = {"images": gone, "blobs": taken.blobs, "bytes": taken.bytes}
        text = f"{many(gone, 'image')} removed for good, {size(taken.bytes)} collected\n"
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else text)
        return 0

    return attempt(work, full=_FULL, interrupted="what was removed stays so; run it again for the rest")


def _restore(registry: Registry, repository: str, reference: str) -> list[recycling.Restored]:
    caller = _caller(registry, "entrepot:RestoreImage")
    return _refusals(lambda: recycling.restore(registry, caller, _key(registry), repository, reference))


def _key(registry: Registry) -> RegistryKey:
    return RegistryKey(registry.naming.account, registry.naming.region)


def _caller(registry: Registry, action: str) -> Caller:
    """Whoever may read the data folder acts as root."""
    account, region = registry.naming.account, registry.naming.region
    return Caller(root(account, registry.keys.access_key_id), region, action, "", "", "entrepot trash")


def _refusals(ask: Callable[[], Iterable[T]]) -> list[T]:
    """What the registry answers. Raises ConfigError with its words where it refuses."""
    try:
        return list(ask())
    except (StorageFull, StorageUnavailable):
        raise
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


def _line(registry: Registry, image: Binned) -> str:
    until = _instant(image.deleted_at + registry.keeping.retention)
    return (
        f"{image.name}  {image.digest}  {size(image.size)}  kept until {until}  {' '.join(image.tags)}".rstrip() + "\n"
    )


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
