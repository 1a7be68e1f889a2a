"""The table of registries: one row per account and region."""

from __future__ import annotations

from entrepot.domain.registries import RegistryKey
from entrepot.store.db import Tx


def ensure(tx: Tx, account: str, region: str, now: int) -> int:
    """The id of the registry of `account` in `region`, made when it is first written to."""
    known = find(tx, account, region)
    if known is not None:
        return known
    tx.run(
        """
        INSERT INTO registries (account, region, created_at) VALUES (:account, :region, :now)
        ON CONFLICT (account, region) DO NOTHING
        """,
        account=account,
        region=region,
        now=now,
    )
    return find(tx, account, region) or 0


def find(tx: Tx, account: str, region: str) -> int | None:
    row = tx.one(
        "SELECT id FROM registries WHERE account = :account AND region = :region", account=account, region=region
    )
    return None if row is None else int(row[0])


def regions(tx: Tx) -> list[str]:
    """The regions in which an account has a repository."""
    rows = tx.all(
        """
        SELECT DISTINCT g.region FROM registries g
        WHERE EXISTS (SELECT 1 FROM repositories r WHERE r.registry = g.id) ORDER BY g.region
        """
    )
    return [row[0] for row in rows]


def keys(tx: Tx) -> list[RegistryKey]:
    """Every registry that was ever written to."""
    rows = tx.all("SELECT account, region FROM registries ORDER BY account, region")
    return [RegistryKey(account, region) for account, region in rows]
