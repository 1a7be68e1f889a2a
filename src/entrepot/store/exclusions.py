"""The table of pull-time exclusions: principals whose pulls do not move an image's last pull time."""

from __future__ import annotations

from entrepot.store.db import Tx


def insert(tx: Tx, registry: int, principal: str, now: int) -> bool:
    """Exclude a principal; False when it was."""
    added = tx.run(
        """
        INSERT INTO pull_time_exclusions (registry, principal, created_at) VALUES (:registry, :principal, :now)
        ON CONFLICT (registry, principal) DO NOTHING
        """,
        registry=registry,
        principal=principal,
        now=now,
    )
    return added == 1


def delete(tx: Tx, account: str, region: str, principal: str) -> bool:
    """Exclude a principal no longer; False when it was not."""
    removed = tx.run(
        """
        DELETE FROM pull_time_exclusions
        WHERE principal = :principal
        AND registry = (SELECT id FROM registries WHERE account = :account AND region = :region)
        """,
        account=account,
        region=region,
        principal=principal,
    )
    return removed == 1


def count(tx: Tx, registry: int) -> int:
    row = tx.one("SELECT count(*) FROM pull_time_exclusions WHERE registry = :registry", registry=registry)
    return int(row[0]) if row else 0


def page(tx: Tx, account: str, region: str, after: str, limit: int) -> list[str]:
    """Up to `limit` excluded principals of a registry, by ARN from the one after `after`."""
    rows = tx.all(
        """
        SELECT e.principal FROM registries g JOIN pull_time_exclusions e ON e.registry = g.id
        WHERE g.account = :account AND g.region = :region AND e.principal > :after
        ORDER BY e.principal LIMIT :limit
        """,
        account=account,
        region=region,
        after=after,
        limit=limit,
    )
    return [str(row[0]) for row in rows]


def any_at_all(tx: Tx) -> bool:
    """Whether any registry excludes anybody."""
    return tx.one("SELECT 1 FROM pull_time_exclusions LIMIT 1") is not None


def of_registry(tx: Tx, registry: int) -> list[str]:
    """All principals that a registry excludes."""
    rows = tx.all("SELECT principal FROM pull_time_exclusions WHERE registry = :registry", registry=registry)
    return [str(row[0]) for row in rows]


def registry_of(tx: Tx, image: int) -> int:
    """The registry that an image is in; 0 where it is gone."""
    row = tx.one(
        "SELECT r.registry FROM images i JOIN repositories r ON r.id = i.repository WHERE i.id = :image", image=image
    )
    return int(row[0]) if row else 0
