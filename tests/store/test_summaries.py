"""What is counted over an account."""

from __future__ import annotations

from tests.store.rows import ACCOUNT, an_account

from entrepot.store import summaries
from entrepot.store.db import Database, Tx


def test_figures(db: Database) -> None:
    """Policies, their versions and providers of the one account."""

    def fill(tx: Tx) -> None:
        for account in (ACCOUNT, "999999999999"):
            an_account(tx, account)
            for name, versions in (("a", 2), ("b", 1)):
                row = tx.one(
                    """
                    INSERT INTO managed_policies (account, name, folded, path, unique_id, description,
                        default_version, last_version, created_at, updated_at)
                    VALUES (:account, :name, :name, '/', :unique_id, '', 1, 1, 0, 0) RETURNING id
                    """,
                    account=account,
                    name=name,
                    unique_id=account + name,
                )
                assert row is not None
                for version in range(versions):
                    tx.run(
                        """
                        INSERT INTO policy_versions (policy, version, text, created_at)
                        VALUES (:policy, :version, '{}', 0)
                        """,
                        policy=row[0],
                        version=version,
                    )
        tx.run(
            """
            INSERT INTO oidc_providers (arn, account, url, client_ids, thumbprints, created_at)
            VALUES ('arn', :account, 'u', '[]', '[]', 0)
            """,
            account=ACCOUNT,
        )

    assert db.read(lambda tx: summaries.policies(tx, ACCOUNT)) == (0, 0)
    db.write(fill)
    assert db.read(lambda tx: summaries.policies(tx, ACCOUNT)) == (2, 3)
    assert db.read(lambda tx: (summaries.providers(tx, ACCOUNT), summaries.providers(tx, "999999999999"))) == (1, 0)
