"""The tables of policies: the documents of repositories and of registries, as they were submitted."""

from __future__ import annotations

from entrepot.store.db import Tx


def of_repository(tx: Tx, repository: int) -> str | None:
    row = tx.one("SELECT text FROM repository_policies WHERE repository = :repository", repository=repository)
    return None if row is None else str(row[0])


def set_repository(tx: Tx, repository: int, text: str, now: int) -> None:
    """Give a repository its policy, in place of the one it had."""
    tx.run(
        """
        INSERT INTO repository_policies (repository, text, set_at) VALUES (:repository, :text, :now)
        ON CONFLICT (repository) DO UPDATE SET text = excluded.text, set_at = excluded.set_at
        """,
        repository=repository,
        text=text,
        now=now,
    )


def delete_repository(tx: Tx, repository: int) -> str | None:
    """Take a repository's policy away; its text, None where there was none."""
    row = tx.one("DELETE FROM repository_policies WHERE repository = :repository RETURNING text", repository=repository)
    return None if row is None else str(row[0])


def of_registry(tx: Tx, account: str, region: str) -> str | None:
    row = tx.one(
        """
        SELECT p.text FROM registries g JOIN registry_policies p ON p.registry = g.id
        WHERE g.account = :account AND g.region = :region
        """,
        account=account,
        region=region,
    )
    return None if row is None else str(row[0])


def set_registry(tx: Tx, registry: int, text: str, now: int) -> None:
    """Give a registry its policy, in place of the one it had."""
    tx.run(
        """
        INSERT INTO registry_policies (registry, text, set_at) VALUES (:registry, :text, :now)
        ON CONFLICT (registry) DO UPDATE SET text = excluded.text, set_at = excluded.set_at
        """,
        registry=registry,
        text=text,
        now=now,
    )


def delete_registry(tx: Tx, account: str, region: str) -> str | None:
    """Take a registry's policy away; its text, None where there was none."""
    row = tx.one(
        """
        DELETE FROM registry_policies
        WHERE registry = (SELECT id FROM registries WHERE account = :account AND region = :region)
        RETURNING text
        """,
        account=account,
        region=region,
    )
    return None if row is None else str(row[0])
