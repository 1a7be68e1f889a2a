"""The tables of managed policies and of their versions."""

from __future__ import annotations

from entrepot.domain.iam_names import fold
from entrepot.domain.managed_policies import ManagedPolicy, Version
from entrepot.store.db import Tx

_COLUMNS = """
    p.id, p.account, p.name, p.path, p.unique_id, p.description, p.default_version, p.last_version, p.created_at,
    p.updated_at
"""


def insert(tx: Tx, account: str, name: str, path: str, unique_id: str, description: str, now: int) -> int | None:
    """The id of a new policy, which still needs its first version; None where the account has one of that name."""
    row = tx.one(
        """
        INSERT INTO managed_policies (account, name, folded, path, unique_id, description, default_version,
            last_version, created_at, updated_at)
        VALUES (:account, :name, :folded, :path, :unique_id, :description, 1, 1, :now, :now)
        ON CONFLICT (account, folded) DO NOTHING
        RETURNING id
        """,
        account=account,
        name=name,
        folded=fold(name),
        path=path,
        unique_id=unique_id,
        description=description,
        now=now,
    )
    return None if row is None else int(row[0])


def find(tx: Tx, account: str, path: str, name: str) -> ManagedPolicy | None:
    """The policy of exactly that path and name."""
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM managed_policies p
        WHERE p.account = :account AND p.folded = :folded AND p.name = :name AND p.path = :path
        """,
        account=account,
        folded=fold(name),
        name=name,
        path=path,
    )
    return None if row is None else ManagedPolicy(*row)


def of_account(tx: Tx, account: str) -> list[ManagedPolicy]:
    """Every policy of an account, by name; a quota bounds how many there are."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM managed_policies p WHERE p.account = :account ORDER BY p.folded", account=account
    )
    return [ManagedPolicy(*row) for row in rows]


def count(tx: Tx, account: str) -> int:
    row = tx.one("SELECT count(*) FROM managed_policies WHERE account = :account", account=account)
    return int(row[0]) if row else 0


def delete(tx: Tx, policy: int) -> None:
    """Remove a policy with its versions; attachments are not of this."""
    tx.run("DELETE FROM managed_policies WHERE id = :policy", policy=policy)


def add_version(tx: Tx, policy: int, number: int, text: str, now: int) -> None:
    tx.run(
        """
        INSERT INTO policy_versions (policy, version, text, created_at) VALUES (:policy, :number, :text, :now)
        """,
        policy=policy,
        number=number,
        text=text,
        now=now,
    )


def set_versions(tx: Tx, policy: int, default: int, last: int, now: int) -> None:
    """Which version is in force, and the highest number that was given out, whatever became of it."""
    tx.run(
        """
        UPDATE managed_policies SET default_version = :default_version, last_version = :last_version, updated_at = :now
        WHERE id = :policy
        """,
        policy=policy,
        default_version=default,
        last_version=last,
        now=now,
    )


def versions(tx: Tx, policy: int) -> list[Version]:
    """The versions that there are, the newest first."""
    rows = tx.all(
        "SELECT version, text, created_at FROM policy_versions WHERE policy = :policy ORDER BY version DESC",
        policy=policy,
    )
    return [Version(*row) for row in rows]


def version(tx: Tx, policy: int, number: int) -> Version | None:
    row = tx.one(
        "SELECT version, text, created_at FROM policy_versions WHERE policy = :policy AND version = :number",
        policy=policy,
        number=number,
    )
    return None if row is None else Version(*row)


def delete_version(tx: Tx, policy: int, number: int) -> bool:
    """Whether there was such a version."""
    return (
        tx.run("DELETE FROM policy_versions WHERE policy = :policy AND version = :number", policy=policy, number=number)
        > 0
    )
