"""Making room: what is in the recycle bin goes before the disk is full."""

from __future__ import annotations

from entrepot.domain.sizes import Size
from entrepot.registry import bin as recycling
from entrepot.registry import garbage
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest, no_rest


def make(reg: Registry, reserve: Size, rest: Rest = no_rest) -> int:
    """Let images of the bin go, oldest first, until the reserve is free beside the database's; how many went.

    What needs no image to go is freed before that. File systems count in their own way, so what came free is looked at
    again each time.
    """
    done, (free, total) = 0, reg.blobs.room()
    if free >= reserve.of(total) or recycling.is_empty(reg):
        return 0
    garbage.collect(reg, 0.0, orphans=False, rest=rest)
    free = reg.blobs.room()[0]
    while free < reserve.of(total) and (gone := recycling.give_way(reg, reserve.of(total) - free, rest)):
        done += gone
        garbage.collect(reg, 0.0, orphans=False, rest=rest)
        before, free = free, reg.blobs.room()[0]
        if free <= before or rest(0.0):  # others need the bytes that came free: the rest of the bin stays
            break
    return done
