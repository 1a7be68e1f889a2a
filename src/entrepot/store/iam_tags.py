"""The table of IAM's tags: keys and values on users, roles, instance profiles, policies and OIDC providers."""

from __future__ import annotations

from entrepot.domain.iam_names import fold
from entrepot.store.db import Tx


def put(tx: Tx, account: str, owner: str, key: str, value: str) -> None:
    """Put a tag on what has the ARN `owner`, in the place of one whose key differs only in case."""
    tx.run(
        """
        INSERT INTO iam_tags (account, owner, folded, key, value) VALUES (:account, :owner, :folded, :key, :value)
        ON CONFLICT (owner, folded) DO UPDATE SET key = excluded.key, value = excluded.value
        """,
        account=account,
        owner=owner,
        folded=fold(key),
        key=key,
        value=value,
    )


def remove(tx: Tx, owner: str, key: str) -> None:
    tx.run("DELETE FROM iam_tags WHERE owner = :owner AND folded = :folded", owner=owner, folded=fold(key))


def remove_all(tx: Tx, owner: str) -> None:
    tx.run("DELETE FROM iam_tags WHERE owner = :owner", owner=owner)


def move(tx: Tx, owner: str, new_owner: str) -> None:
    """Take the tags along when an entity's ARN changes."""
    tx.run("UPDATE iam_tags SET owner = :new_owner WHERE owner = :owner", owner=owner, new_owner=new_owner)


def of(tx: Tx, owner: str) -> dict[str, str]:
    """All tags of what has that ARN, by folded key."""
    rows = tx.all("SELECT key, value FROM iam_tags WHERE owner = :owner ORDER BY folded", owner=owner)
    return {key: value for key, value in rows}  # noqa: C416  # rows are tuples of Any
