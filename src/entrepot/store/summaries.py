"""What is counted over an account for its summary."""

from __future__ import annotations

from entrepot.store.db import Tx


def policies(tx: Tx, account: str) -> tuple[int, int]:
    """How many managed policies an account has, and how many versions of them."""
    row = tx.one(
        """
        SELECT count(DISTINCT p.id), count(v.version)
        FROM managed_policies p LEFT JOIN policy_versions v ON v.policy = p.id WHERE p.account = :account
        """,
        account=account,
    )
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def providers(tx: Tx, account: str) -> int:
    """How many OIDC providers an account has."""
    row = tx.one("SELECT count(*) FROM oidc_providers WHERE account = :account", account=account)
    return 0 if row is None else int(row[0])
