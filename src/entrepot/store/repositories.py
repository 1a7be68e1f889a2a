"""The table of repositories."""

from __future__ import annotations

import json
from collections.abc import Sequence

from entrepot.domain.repositories import Mutability, Repository
from entrepot.store.db import Row, Tx


def insert(
    tx: Tx, registry: int, name: str, now: int, mutability: Mutability, scan_on_push: bool, encryption_type: str
) -> int | None:
    """The id of a new repository, None when the registry has one of that name."""
    row = tx.one(
        """
        INSERT INTO repositories
            (registry, name, created_at, mutability, exclusions, scan_on_push, encryption_type, kms_key)
        VALUES (:registry, :name, :now, :mutability, :exclusions, :scan_on_push, :encryption_type, '')
        ON CONFLICT (registry, name) DO NOTHING
        RETURNING id
        """,
        registry=registry,
        name=name,
        now=now,
        mutability=mutability.setting,
        exclusions=json.dumps(mutability.exclusions),
        scan_on_push=int(scan_on_push),
        encryption_type=encryption_type,
    )
    return None if row is None else int(row[0])


_COLUMNS = """
    r.id, r.registry, g.account, g.region, r.name, r.created_at, r.mutability, r.exclusions, r.scan_on_push,
    r.encryption_type, r.kms_key
"""


def find(tx: Tx, account: str, region: str, name: str) -> Repository | None:
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM registries g JOIN repositories r ON r.registry = g.id
        WHERE g.account = :account AND g.region = :region AND r.name = :name
        """,
        account=account,
        region=region,
        name=name,
    )
    return None if row is None else _repository(row)


def having_blob(tx: Tx, account: str, region: str, digest: str, name: str | None, limit: int) -> list[Repository]:
    """Up to `limit` repositories of a registry that have the blob of that digest, undamaged.

    The one of that name, or any.
    """
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM blobs b CROSS JOIN repository_blobs m
        JOIN repositories r ON r.id = m.repository JOIN registries g ON g.id = r.registry
        WHERE b.digest = :digest AND b.damaged_at IS NULL AND m.blob = b.id
        AND g.account = :account AND g.region = :region AND (:either = 1 OR r.name = :name)
        ORDER BY r.id LIMIT :limit
        """,
        account=account,
        region=region,
        digest=digest,
        either=int(name is None),
        name=name or "",
        limit=limit,
    )
    return [_repository(row) for row in rows]


def page(tx: Tx, account: str, region: str, after: str, limit: int) -> list[Repository]:
    """Up to `limit` repositories of a registry by name, from the one after `after`."""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM registries g JOIN repositories r ON r.registry = g.id
        WHERE g.account = :account AND g.region = :region AND r.name > :after
        ORDER BY r.name LIMIT :limit
        """,
        account=account,
        region=region,
        after=after,
        limit=limit,
    )
    return [_repository(row) for row in rows]


def names(tx: Tx, account: str, region: str, after: str, limit: int) -> list[str]:
    """Up to `limit` names of repositories of a registry, from the one after `after`."""
    rows = tx.all(
        """
        SELECT r.name FROM registries g JOIN repositories r ON r.registry = g.id
        WHERE g.account = :account AND g.region = :region AND r.name > :after
        ORDER BY r.name LIMIT :limit
        """,
        account=account,
        region=region,
        after=after,
        limit=limit,
    )
    return [row[0] for row in rows]


def set_mutability(tx: Tx, repository: int, mutability: Mutability) -> None:
    tx.run(
        "UPDATE repositories SET mutability = :mutability, exclusions = :exclusions WHERE id = :repository",
        repository=repository,
        mutability=mutability.setting,
        exclusions=json.dumps(mutability.exclusions),
    )


def set_scan_on_push(tx: Tx, repository: int, scan_on_push: bool) -> None:
    tx.run(
        "UPDATE repositories SET scan_on_push = :scan_on_push WHERE id = :repository",
        repository=repository,
        scan_on_push=int(scan_on_push),
    )


def delete(tx: Tx, repository: int) -> None:
    """Remove a repository with all that hangs on it: images, tags, memberships of blobs, uploads."""
    tx.run("DELETE FROM repositories WHERE id = :repository", repository=repository)


def _repository(row: Row) -> Repository:
    id_, registry, account, region, name, created_at, setting, exclusions, scan_on_push, encryption_type, kms_key = row
    patterns: Sequence[str] = json.loads(exclusions) if exclusions != "[]" else ()
    return Repository(
        id=id_,
        registry=registry,
        account=account,
        region=region,
        name=name,
        created_at=created_at,
        mutability=Mutability(setting, tuple(patterns)),
        scan_on_push=bool(scan_on_push),
        encryption_type=encryption_type,
        kms_key=kms_key,
    )
