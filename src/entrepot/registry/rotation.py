"""Sealing what the database holds with the newest key, so that older ones can be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from entrepot.registry import access_keys, identities, sealing
from entrepot.store import access_keys as table

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx

_PAGE: Final = 200


def reseal(reg: Registry) -> int:
    """Seal every secret that an older key sealed with the newest one; how many there were.

    Raises TokenRefused where a secret was sealed with a key that is not known any more. A run that was ended is taken
    up by the next.
    """
    after, count = "", 0
    while True:
        last, done = reg.db.write(lambda tx, start=after: _page(tx, reg, start))  # type: ignore[misc]
        count += done
        if not last:
            return count
        after = last


def _page(tx: Tx, reg: Registry, after: str) -> tuple[str, int]:
    found = table.after(tx, after, _PAGE)
    old = [key for key in found if not sealing.is_current(reg.keys, key.secret)]
    for key in old:
        table.set_secret(tx, key.id, access_keys.seal_secret(reg, key.id, access_keys.secret_of(reg, key)))
    if old:
        identities.touch(tx)
    return (found[-1].id if found else ""), len(old)
