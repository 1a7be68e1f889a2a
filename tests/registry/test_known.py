"""What one process knows, and for how long."""

from __future__ import annotations

import time

from entrepot.registry import identities
from entrepot.registry.context import Registry
from entrepot.registry.known import LOOK_AGAIN, Memory, fact
from entrepot.store.db import Tx


def test_what_is_known_lasts_until_something_changes(reg: Registry) -> None:
    """The same facts while the counter stands; others once it has moved and it was time to look, or there is doubt."""
    memory = Memory()
    assert memory.held() is None
    first = memory.now(reg.db)
    assert memory.now(reg.db) is first is memory.held()
    reg.db.write(identities.touch)
    assert memory.now(reg.db) is first
    second = memory.fresh(reg.db)
    assert second is not first
    reg.db.write(identities.touch)
    memory.doubt()
    assert memory.held() is None
    third = memory.now(reg.db)
    assert third is not second
    time.sleep(LOOK_AGAIN + 0.05)
    assert memory.held() is None
    assert memory.now(reg.db) is third


def test_facts_are_read_once(reg: Registry) -> None:
    """A fact is read once; inside a transaction it is not kept."""
    known = Memory().now(reg.db)
    read: list[int] = []

    def load(_: Tx) -> str:
        read.append(1)
        return "fact"

    assert [reg.db.write(lambda tx: fact(known, reg.db, tx, "key", load)) for _ in range(2)] == ["fact", "fact"]
    assert [fact(known, reg.db, None, "key", load) for _ in range(3)] == ["fact"] * 3
    assert len(read) == 3
