"""The tables of policies: the documents of repositories and of registries, as they were submitted."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Written:
    """A policy's text as it was submitted, and the ids of those whom it names, as `bindings` keeps them."""

    text: str
    principals: str = ""


def of_repository(tx: Tx, repository: int) -> Written | None:
    row = tx.one(
        "SELECT text, principals FROM repository_policies WHERE repository = :repository", repository=repository
    )
    return _written(row)


def of_repository_named(tx: Tx, account: str, region: str, name: str) -> Written | None:
    """The policy of the repository of that name; None where it has none, or is not there."""
    row = tx.one(
        """
        SELECT p.text, p.principals FROM registries g JOIN repositories r ON r.registry = g.id
        JOIN repository_policies p ON p.repository = r.id
        WHERE g.account = :account AND g.region = :region AND r.name = :name
        """,
        account=account,
        region=region,
        name=name,
    )
    return _written(row)


def set_repository(tx: Tx, repository: int, text: str, now: int, principals: str = "") -> None:
    """Give a repository its policy, in place of the one it had."""
    tx.run(
        """
        INSERT INTO repository_policies (repository, text, set_at, principals)
        VALUES (:repository, :text, :now, :principals)
        ON CONFLICT (repository)
        DO UPDATE SET text = excluded.text, set_at = excluded.set_at, principals = excluded.principals
        """,
        repository=repository,
        text=text,
        now=now,
        principals=principals,
    )


def delete_repository(tx: Tx, repository: int) -> Written | None:
    """Take a repository's policy away; which it was, None where there was none."""
    row = tx.one(
        "DELETE FROM repository_policies WHERE repository = :repository RETURNING text, principals",
        repository=repository,
    )
    return _written(row)


def of_registry(tx: Tx, account: str, region: str) -> Written | None:
    row = tx.one(
        """
        SELECT p.text, p.principals FROM registries g JOIN registry_policies p ON p.registry = g.id
        WHERE g.account = :account AND g.region = :region
        """,
        account=account,
        region=region,
    )
    return _written(row)


def set_registry(tx: Tx, registry: int, text: str, now: int, principals: str = "") -> None:
    """Give a registry its policy, in place of the one it had."""
    tx.run(
        """
        INSERT INTO registry_policies (registry, text, set_at, principals) VALUES (:registry, :text, :now, :principals)
        ON CONFLICT (registry)
        DO UPDATE SET text = excluded.text, set_at = excluded.set_at, principals = excluded.principals
        """,
        registry=registry,
        text=text,
        now=now,
        principals=principals,
    )


def delete_registry(tx: Tx, account: str, region: str) -> Written | None:
    """Take a registry's policy away; which it was, None where there was none."""
    row = tx.one(
        """
        DELETE FROM registry_policies
        WHERE registry = (SELECT id FROM registries WHERE account = :account AND region = :region)
        RETURNING text, principals
        """,
        account=account,
        region=region,
    )
    return _written(row)


def _written(row: Row | None) -> Written | None:
    return None if row is None else Written(*row)
