"""The table of blobs, and of which repositories have them."""

from __future__ import annotations

from entrepot.domain.blobs import Blob
from entrepot.store.db import Tx

_COLUMNS = "b.id, b.digest, b.size, b.location, b.identity"


def find(tx: Tx, repository: int, digest: str) -> Blob | None:
    """The blob of that digest if the repository has it.

    CROSS JOIN: left to choose, SQLite reads all blobs of the repository, a hundred times slower where there are 20,000.
    """
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM blobs b CROSS JOIN repository_blobs m
        WHERE b.digest = :digest AND m.blob = b.id AND m.repository = :repository
        """,
        repository=repository,
        digest=digest,
    )
    return None if row is None else Blob(*row)


def stored(tx: Tx, encryption: str, digest: str) -> Blob | None:
    """The blob of that digest in an encryption domain, whichever repositories have it."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM blobs b WHERE b.encryption = :encryption AND b.digest = :digest",
        encryption=encryption,
        digest=digest,
    )
    return None if row is None else Blob(*row)


def put(tx: Tx, encryption: str, digest: str, size: int, location: str, identity: str, now: int) -> int:
    """The id of the blob's row, which from now on names these bytes: new, or in place of those it named before."""
    row = tx.one(
        """
        INSERT INTO blobs (encryption, digest, size, location, identity, created_at)
        VALUES (:encryption, :digest, :size, :location, :identity, :now)
        ON CONFLICT (encryption, digest) DO UPDATE
        SET size = excluded.size, location = excluded.location, identity = excluded.identity
        RETURNING id
        """,
        encryption=encryption,
        digest=digest,
        size=size,
        location=location,
        identity=identity,
        now=now,
    )
    return int(row[0]) if row else 0


def set_identity(tx: Tx, blob: int, location: str, identity: str) -> None:
    """Note that the bytes at `location`, whose file has this identity now, were hashed and are the blob's."""
    tx.run(
        "UPDATE blobs SET identity = :identity WHERE id = :blob AND location = :location",
        blob=blob,
        location=location,
        identity=identity,
    )


def join(tx: Tx, repository: int, blob: int, leased_until: int) -> None:
    """Make the repository have the blob, kept until `leased_until` although no image may name it."""
    tx.run(
        """
        INSERT INTO repository_blobs (repository, blob, leased_until) VALUES (:repository, :blob, :leased_until)
        ON CONFLICT (repository, blob) DO UPDATE SET leased_until = excluded.leased_until
        """,
        repository=repository,
        blob=blob,
        leased_until=leased_until,
    )


def media_type(tx: Tx, repository: int, digest: str) -> str | None:
    """How an image of the repository calls the blob; None when no image names it."""
    row = tx.one(
        "SELECT media_type FROM image_blobs WHERE repository = :repository AND digest = :digest LIMIT 1",
        repository=repository,
        digest=digest,
    )
    return None if row is None else str(row[0])


def leased_until(tx: Tx, repository: int, blob: int) -> int:
    """Until when the repository keeps the blob although no image may name it; 0 when it does not have it."""
    row = tx.one(
        "SELECT leased_until FROM repository_blobs WHERE repository = :repository AND blob = :blob",
        repository=repository,
        blob=blob,
    )
    return int(row[0]) if row else 0


def leave(tx: Tx, repository: int, blob: int) -> None:
    """Make the repository not have the blob any more."""
    tx.run(
        "DELETE FROM repository_blobs WHERE repository = :repository AND blob = :blob", repository=repository, blob=blob
    )
