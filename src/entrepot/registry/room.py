"""Making room: what is in the recycle bin goes before an upload is refused for want of space."""

from __future__ import annotations

from entrepot.registry import bin as recycling
from entrepot.registry import garbage
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest, no_rest

SHARE = 0.05  # of the file system
MOST = 10 * 1024**3  # bytes


def wanted(reg: Registry) -> int:
    """How many bytes should be free beside the reserve: 5 % of the file system, at most 10 GiB."""
    return min(int(reg.blobs.room()[1] * SHARE), MOST)


def make(reg: Registry, room: int, rest: Rest = no_rest) -> int:
    """Empty the bin, oldest first, until `room` bytes are free beside the reserve; how many images went.

    An image's size is what its layers have, shared or not, so what came free is looked at again each time.
    """
    done, free = 0, reg.blobs.room()[0]
    while free < room and (gone := recycling.give_way(reg, room - free)):
        done += gone
        garbage.collect(reg, 0.0, orphans=False, rest=rest)
        before, free = free, reg.blobs.room()[0]
        if free <= before or rest(0.0):  # a backup keeps the bytes, or others need them: the rest of the bin stays
            break
    return done
