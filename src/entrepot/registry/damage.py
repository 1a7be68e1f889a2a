"""Damage: blobs whose bytes are wrong or gone are told of, not offered, and healed by the next push.

A damaged blob is not there for HEAD, BatchCheckLayerAvailability, mount and manifests, so that clients push it again;
GET tries the bytes anew each time, for an operator may have put them right.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from entrepot.domain import events
from entrepot.domain.blobs import Blob
from entrepot.registry.context import Registry
from entrepot.store import blobs, counters, outbox
from entrepot.store.db import Tx

_NAMED = 100  # repositories that an event names


def found(reg: Registry, blob: Blob, at: int | None = None) -> bool:
    """Note that a blob's bytes are wrong or gone, and tell its repositories' registries; False when that was known.

    `at`: when that was found, microseconds UTC; now, where it is not said.
    """

    def note(tx: Tx) -> bool:
        counters.add(tx, "reads_refused", 1)
        if not blobs.set_damaged(tx, blob.id, blob.location, at or reg.now()):
            return False
        counters.add(tx, "blobs_damaged", 1)
        for registry, held in groupby(blobs.holders(tx, blob.id, _NAMED), key=lambda holder: holder[0]):
            detail = events.blob_damaged(blob.digest, blob.location, [name for _, name in held])
            outbox.insert(tx, registry, reg.now(), events.BLOB_DAMAGED, detail)
        return True

    return reg.db.write(note)


def healed(reg: Registry, right: Sequence[tuple[Blob, str]], at: int | None = None) -> None:
    """Note that all bytes of blobs were hashed and are right, each under its identity; `at` as in `found`."""

    def note(tx: Tx) -> None:
        for blob, identity in right:
            blobs.set_verified(tx, blob.id, blob.location, identity, at or reg.now())

    if right:
        reg.db.write(note, durable=False)
