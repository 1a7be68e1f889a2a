"""The table of access keys, their secrets sealed."""

from __future__ import annotations

from entrepot.domain.iam_entities import ACTIVE, AccessKey
from entrepot.store.db import Tx

_COLUMNS = """
    id, account, identity, secret, status, created_at, last_used_at, last_used_region, last_used_service
"""


def insert(tx: Tx, id_: str, account: str, identity: int | None, secret: bytes, now: int) -> bool:
    """Add an active key of an identity, or of the account's root where that is None; False where the id is taken."""
    done = tx.run(
        """
        INSERT INTO access_keys
            (id, account, identity, secret, status, created_at, last_used_at, last_used_region, last_used_service)
        VALUES (:id, :account, :identity, :secret, :status, :now, NULL, '', '')
        ON CONFLICT (id) DO NOTHING
        """,
        id=id_,
        account=account,
        identity=identity,
        secret=secret,
        status=ACTIVE,
        now=now,
    )
    return done > 0


def find(tx: Tx, id_: str) -> AccessKey | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM access_keys WHERE id = :id", id=id_)
    return None if row is None else AccessKey(*row)


def of_identity(tx: Tx, identity: int) -> list[AccessKey]:
    """The keys of a user, the oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM access_keys WHERE identity = :identity ORDER BY created_at, id", identity=identity
    )
    return [AccessKey(*row) for row in rows]


def of_root(tx: Tx, account: str) -> list[AccessKey]:
    """The keys of an account's root, the oldest first."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM access_keys WHERE account = :account AND identity IS NULL ORDER BY created_at, id
        """,
        account=account,
    )
    return [AccessKey(*row) for row in rows]


def set_status(tx: Tx, id_: str, status: str) -> None:
    tx.run("UPDATE access_keys SET status = :status WHERE id = :id", id=id_, status=status)


def set_secret(tx: Tx, id_: str, secret: bytes) -> None:
    """Replace the sealed secret, when it is sealed with another key."""
    tx.run("UPDATE access_keys SET secret = :secret WHERE id = :id", id=id_, secret=secret)


def after(tx: Tx, id_: str, limit: int) -> list[AccessKey]:
    """Up to `limit` keys of all accounts by id, from the one after `id_`."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM access_keys WHERE id > :id ORDER BY id LIMIT :limit", id=id_, limit=limit)
    return [AccessKey(*row) for row in rows]


def used(tx: Tx, id_: str, at: int, region: str, service: str) -> None:
    """Note that a key was used, unless something later is noted."""
    tx.run(
        """
        UPDATE access_keys SET last_used_at = :at, last_used_region = :region, last_used_service = :service
        WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)
        """,
        id=id_,
        at=at,
        region=region,
        service=service,
    )


def delete(tx: Tx, id_: str) -> None:
    tx.run("DELETE FROM access_keys WHERE id = :id", id=id_)
