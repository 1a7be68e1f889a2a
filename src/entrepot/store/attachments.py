"""The table of attachments: which managed policies, by their ARNs, an identity has."""

from __future__ import annotations

from entrepot.store.db import Tx


def add(tx: Tx, identity: int, arn: str) -> bool:
    """Whether the policy was not attached already."""
    added = tx.run(
        """
        INSERT INTO attached_policies (identity, arn) VALUES (:identity, :arn) ON CONFLICT (identity, arn) DO NOTHING
        """,
        identity=identity,
        arn=arn,
    )
    return added > 0


def remove(tx: Tx, identity: int, arn: str) -> bool:
    """Whether the policy was attached."""
    removed = tx.run(
        "DELETE FROM attached_policies WHERE identity = :identity AND arn = :arn", identity=identity, arn=arn
    )
    return removed > 0


def of(tx: Tx, identity: int) -> list[str]:
    """The ARNs of the policies of an identity, in order."""
    rows = tx.all("SELECT arn FROM attached_policies WHERE identity = :identity ORDER BY arn", identity=identity)
    return [row[0] for row in rows]


def counts(tx: Tx, account: str) -> dict[str, int]:
    """How many identities of an account have each policy that any has, by its ARN."""
    rows = tx.all(
        """
        SELECT a.arn, count(*) FROM identities i JOIN attached_policies a ON a.identity = i.id
        WHERE i.account = :account GROUP BY a.arn
        """,
        account=account,
    )
    return {row[0]: int(row[1]) for row in rows}


def holders(tx: Tx, account: str, arn: str) -> list[int]:
    """The identities of an account that have a policy."""
    rows = tx.all(
        """
        SELECT i.id FROM attached_policies a JOIN identities i ON i.id = a.identity
        WHERE a.arn = :arn AND i.account = :account ORDER BY i.id
        """,
        arn=arn,
        account=account,
    )
    return [int(row[0]) for row in rows]
