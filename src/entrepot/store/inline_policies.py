"""The table of inline policies: the documents of users, groups and roles, by name."""

from __future__ import annotations

from entrepot.store.db import Tx


def put(tx: Tx, identity: int, name: str, text: str) -> None:
    """Give an identity a policy, in place of the one of that name."""
    tx.run(
        """
        INSERT INTO inline_policies (identity, name, text) VALUES (:identity, :name, :text)
        ON CONFLICT (identity, name) DO UPDATE SET text = excluded.text
        """,
        identity=identity,
        name=name,
        text=text,
    )


def find(tx: Tx, identity: int, name: str) -> str | None:
    row = tx.one(
        "SELECT text FROM inline_policies WHERE identity = :identity AND name = :name", identity=identity, name=name
    )
    return None if row is None else str(row[0])


def of(tx: Tx, identity: int) -> dict[str, str]:
    """All inline policies of an identity, by name; their size is bounded."""
    rows = tx.all("SELECT name, text FROM inline_policies WHERE identity = :identity ORDER BY name", identity=identity)
    return {name: text for name, text in rows}  # noqa: C416  # rows are tuples of Any


def remove(tx: Tx, identity: int, name: str) -> bool:
    """Whether there was such a policy."""
    removed = tx.run(
        "DELETE FROM inline_policies WHERE identity = :identity AND name = :name", identity=identity, name=name
    )
    return removed > 0
