"""The table of who is in what: users in groups, roles in instance profiles."""

from __future__ import annotations

from entrepot.domain.iam_entities import Identity
from entrepot.store.db import Tx
from entrepot.store.identities import identity_of

_COLUMNS = """
    i.id, i.account, i.kind, i.name, i.path, i.unique_id, i.created_at, i.description, i.trust, i.max_session,
    i.boundary, i.last_used_at, i.last_used_region, i.trust_principals
"""


def add(tx: Tx, container: int, member: int) -> bool:
    """Put a member in; False where it was in already."""
    done = tx.run(
        """
        INSERT INTO memberships (container, member) VALUES (:container, :member)
        ON CONFLICT (container, member) DO NOTHING
        """,
        container=container,
        member=member,
    )
    return done > 0


def remove(tx: Tx, container: int, member: int) -> bool:
    """Take a member out; False where it was not in."""
    done = tx.run(
        "DELETE FROM memberships WHERE container = :container AND member = :member", container=container, member=member
    )
    return done > 0


def members(tx: Tx, container: int, after: str = "", limit: int = 1_000) -> list[Identity]:
    """Up to `limit` members by folded name, from the one after `after`."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM memberships m JOIN identities i ON i.id = m.member
        WHERE m.container = :container AND i.folded > :after ORDER BY i.folded LIMIT :limit
        """,
        container=container,
        after=after,
        limit=limit,
    )
    return [identity_of(row) for row in rows]


def containers(tx: Tx, member: int, after: str = "", limit: int = 1_000) -> list[Identity]:
    """Up to `limit` of what a member is in, by folded name, from the one after `after`."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM memberships m JOIN identities i ON i.id = m.container
        WHERE m.member = :member AND i.folded > :after ORDER BY i.folded LIMIT :limit
        """,
        member=member,
        after=after,
        limit=limit,
    )
    return [identity_of(row) for row in rows]
