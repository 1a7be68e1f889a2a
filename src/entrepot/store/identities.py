"""The table of users, groups, roles and instance profiles."""

from __future__ import annotations

from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import fold
from entrepot.store.db import Row, Tx

_COLUMNS = """
    i.id, i.account, i.kind, i.name, i.path, i.unique_id, i.created_at, i.description, i.trust, i.max_session,
    i.boundary, i.last_used_at, i.last_used_region, i.trust_principals
"""


def insert(
    tx: Tx,
    account: str,
    kind: str,
    name: str,
    path: str,
    unique_id: str,
    now: int,
    *,
    description: str = "",
    trust: str = "",
    trust_principals: str = "",
    max_session: int = 0,
    boundary: str = "",
) -> int | None:
    """The id of a new identity, None when the account has one of that kind and name, in whatever case."""
    row = tx.one(
        """
        INSERT INTO identities
            (account, kind, name, folded, path, unique_id, created_at, description, trust, trust_principals,
             max_session, boundary, last_used_at, last_used_region)
        VALUES (:account, :kind, :name, :folded, :path, :unique_id, :now, :description, :trust, :trust_principals,
            :max_session, :boundary, NULL, '')
        ON CONFLICT (account, kind, folded) DO NOTHING
        RETURNING id
        """,
        account=account,
        kind=kind,
        name=name,
        folded=fold(name),
        path=path,
        unique_id=unique_id,
        now=now,
        description=description,
        trust=trust,
        trust_principals=trust_principals,
        max_session=max_session,
        boundary=boundary,
    )
    return None if row is None else int(row[0])


def find(tx: Tx, account: str, kind: str, name: str) -> Identity | None:
    """The identity of exactly that name, as it stands in an ARN."""
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM identities i
        WHERE i.account = :account AND i.kind = :kind AND i.folded = :folded AND i.name = :name
        """,
        account=account,
        kind=kind,
        folded=fold(name),
        name=name,
    )
    return None if row is None else identity_of(row)


def get(tx: Tx, id_: int) -> Identity | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM identities i WHERE i.id = :id", id=id_)
    return None if row is None else identity_of(row)


def of_unique_id(tx: Tx, unique_id: str) -> Identity | None:
    """The identity of that id, as AIDA…, under whatever name."""
    row = tx.one(f"SELECT {_COLUMNS} FROM identities i WHERE i.unique_id = :unique_id", unique_id=unique_id)
    return None if row is None else identity_of(row)


def named(tx: Tx, account: str, kind: str, name: str) -> Identity | None:
    """The identity of that name in whatever case."""
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM identities i
        WHERE i.account = :account AND i.kind = :kind AND i.folded = :folded
        """,
        account=account,
        kind=kind,
        folded=fold(name),
    )
    return None if row is None else identity_of(row)


def page(tx: Tx, account: str, kind: str, prefix: str, after: str, limit: int) -> list[Identity]:
    """Up to `limit` identities of a kind whose path begins with `prefix`, by folded name, from after `after`."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM identities i
        WHERE i.account = :account AND i.kind = :kind AND i.folded > :after
        AND substr(i.path, 1, length(:prefix)) = :prefix
        ORDER BY i.folded LIMIT :limit
        """,
        account=account,
        kind=kind,
        prefix=prefix,
        after=after,
        limit=limit,
    )
    return [identity_of(row) for row in rows]


def counts(tx: Tx, account: str) -> dict[str, int]:
    """How many there are of each kind; kinds without any are left out."""
    rows = tx.all("SELECT kind, count(*) FROM identities WHERE account = :account GROUP BY kind", account=account)
    return {row[0]: int(row[1]) for row in rows}


def bounded(tx: Tx, account: str, boundary: str) -> list[Identity]:
    """The users and roles of an account that a policy bounds, by kind and folded name."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM identities i WHERE i.account = :account AND i.boundary = :boundary
        ORDER BY i.kind, i.folded
        """,
        account=account,
        boundary=boundary,
    )
    return [identity_of(row) for row in rows]


def bounds(tx: Tx, account: str) -> dict[str, int]:
    """How many users and roles each policy bounds, by its ARN."""
    rows = tx.all(
        """
        SELECT boundary, count(*) FROM identities WHERE account = :account AND boundary <> '' GROUP BY boundary
        """,
        account=account,
    )
    return {row[0]: int(row[1]) for row in rows}


def attached(tx: Tx, id_: int) -> int:
    """How many managed policies are attached to an identity."""
    row = tx.one("SELECT count(*) FROM attached_policies WHERE identity = :id", id=id_)
    return 0 if row is None else int(row[0])


def inline(tx: Tx, id_: int) -> int:
    """How many inline policies an identity has."""
    row = tx.one("SELECT count(*) FROM inline_policies WHERE identity = :id", id=id_)
    return 0 if row is None else int(row[0])


def rename(tx: Tx, id_: int, name: str, path: str) -> None:
    tx.run(
        "UPDATE identities SET name = :name, folded = :folded, path = :path WHERE id = :id",
        id=id_,
        name=name,
        folded=fold(name),
        path=path,
    )


def set_trust(tx: Tx, id_: int, trust: str, principals: str = "") -> None:
    """Give a role another trust policy, with the ids of those whom it names."""
    tx.run(
        "UPDATE identities SET trust = :trust, trust_principals = :principals WHERE id = :id",
        id=id_,
        trust=trust,
        principals=principals,
    )


def set_description(tx: Tx, id_: int, description: str) -> None:
    tx.run("UPDATE identities SET description = :description WHERE id = :id", id=id_, description=description)


def set_max_session(tx: Tx, id_: int, seconds: int) -> None:
    tx.run("UPDATE identities SET max_session = :seconds WHERE id = :id", id=id_, seconds=seconds)


def set_boundary(tx: Tx, id_: int, boundary: str) -> None:
    """Bound a user or role by the policy of that ARN, or by none where it is empty."""
    tx.run("UPDATE identities SET boundary = :boundary WHERE id = :id", id=id_, boundary=boundary)


def used(tx: Tx, id_: int, at: int, region: str) -> None:
    """Note that a role was used, unless something later is noted."""
    tx.run(
        """
        UPDATE identities SET last_used_at = :at, last_used_region = :region
        WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)
        """,
        id=id_,
        at=at,
        region=region,
    )


def delete(tx: Tx, id_: int) -> None:
    """Remove an identity with its memberships, keys, attachments and inline policies; its tags are not of this."""
    tx.run("DELETE FROM identities WHERE id = :id", id=id_)


def identity_of(row: Row) -> Identity:
    """The identity in a row of the columns that every query here selects."""
    return Identity(*row)
