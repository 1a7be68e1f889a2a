"""The table of blobs, and of which repositories have them."""

from __future__ import annotations

from entrepot.domain.blobs import Blob
from entrepot.store.db import Tx

_COLUMNS = "b.id, b.digest, b.size, b.location, b.identity, b.damaged_at"


def find(tx: Tx, repository: int, digest: str) -> Blob | None:
    """The blob of that digest if the repository has it, damaged or not.

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


def named(tx: Tx, account: str, region: str, repository: str, digest: str) -> tuple[int, Blob] | None:
    """The row of the repository of that name and the blob of that digest, if there are both and it has it.

    The blob may be damaged. CROSS JOIN: each table is asked for one row, by its key.
    """
    row = tx.one(
        f"""
        SELECT r.id, {_COLUMNS}
        FROM registries g CROSS JOIN repositories r CROSS JOIN blobs b CROSS JOIN repository_blobs m
        WHERE g.account = :account AND g.region = :region AND r.registry = g.id AND r.name = :repository
        AND b.digest = :digest AND m.repository = r.id AND m.blob = b.id
        """,
        account=account,
        region=region,
        repository=repository,
        digest=digest,
    )
    return None if row is None else (row[0], Blob(*row[1:]))


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
        INSERT INTO blobs (encryption, digest, size, location, identity, created_at, verified_at)
        VALUES (:encryption, :digest, :size, :location, :identity, :now, :now)
        ON CONFLICT (encryption, digest) DO UPDATE
        SET size = excluded.size, location = excluded.location, identity = excluded.identity,
            verified_at = excluded.verified_at, damaged_at = NULL
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


def sound(tx: Tx, repository: int, digest: str) -> Blob | None:
    """The blob of that digest if the repository has it and its bytes are not known to be damaged."""
    blob = find(tx, repository, digest)
    return None if blob is None or blob.damaged_at is not None else blob


def set_verified(tx: Tx, blob: int, location: str, identity: str, now: int) -> None:
    """Note that the bytes at `location`, whose file has this identity now, were hashed and are the blob's."""
    tx.run(
        """
        UPDATE blobs SET identity = :identity, verified_at = :now, damaged_at = NULL
        WHERE id = :blob AND location = :location
        """,
        blob=blob,
        location=location,
        identity=identity,
        now=now,
    )


def set_damaged(tx: Tx, blob: int, location: str, now: int) -> bool:
    """Note that the bytes at `location` are wrong or missing; False when that was known, or they were replaced.

    The identity goes, so that nothing trusts the file before it was hashed again.
    """
    changed = tx.run(
        """
        UPDATE blobs SET damaged_at = :now, verified_at = :now, identity = ''
        WHERE id = :blob AND location = :location AND damaged_at IS NULL
        """,
        blob=blob,
        location=location,
        now=now,
    )
    return changed == 1


def damaged(tx: Tx) -> int:
    """How many blobs are known to be damaged."""
    row = tx.one("SELECT count(*) FROM blobs WHERE damaged_at IS NOT NULL")
    return int(row[0]) if row else 0


def holders(tx: Tx, blob: int, limit: int) -> list[tuple[int, str]]:
    """Up to `limit` repositories that have the blob, as (registry, name)."""
    rows = tx.all(
        """
        SELECT r.registry, r.name FROM repository_blobs m JOIN repositories r ON r.id = m.repository
        WHERE m.blob = :blob ORDER BY r.registry, r.name LIMIT :limit
        """,
        blob=blob,
        limit=limit,
    )
    return [(int(row[0]), row[1]) for row in rows]


def join(tx: Tx, repository: int, blob: int, leased_until: int) -> None:
    """Make the repository have the blob, kept until `leased_until` although no image may name it."""
    tx.run(
        """
        INSERT INTO repository_blobs (repository, blob, leased_until) VALUES (:repository, :blob, :leased_until)
        ON CONFLICT (repository, blob) DO UPDATE SET leased_until = excluded.leased_until, released_at = NULL
        """,
        repository=repository,
        blob=blob,
        leased_until=leased_until,
    )


def use(tx: Tx, repository: int, digest: str) -> tuple[str, bool] | None:
    """How an image of the repository calls the blob, and whether one that is not in the archive does.

    None when no image names it; images in the bin do not count. An image may be one of 100,000 that name it, so that
    they are not sorted: the first one that will do is taken.
    """
    for active, wanted in ((True, "AND i.status = 'ACTIVE'"), (False, "")):
        row = tx.one(
            f"""
            SELECT n.media_type FROM image_blobs n JOIN images i ON i.id = n.image
            WHERE n.repository = :repository AND n.digest = :digest AND i.deleted_at IS NULL {wanted} LIMIT 1
            """,
            repository=repository,
            digest=digest,
        )
        if row is not None:
            return str(row[0]), active
    return None


def leased_until(tx: Tx, repository: int, blob: int) -> int:
    """Until when the repository keeps the blob although no image may name it; 0 when it does not have it."""
    row = tx.one(
        "SELECT leased_until FROM repository_blobs WHERE repository = :repository AND blob = :blob",
        repository=repository,
        blob=blob,
    )
    return int(row[0]) if row else 0


def is_leased(tx: Tx, repository: int, blob: int, until: int, lately: int) -> bool:
    """Whether the repository keeps the blob until then, and the collector knows of whoever asks.

    It does not where an image that named the blob was deleted since a client was last told of the blob. And where any
    blob is released, the lease `lately` or a later one has to show that somebody pushes.
    """
    row = tx.one(
        """
        SELECT 1 FROM repository_blobs
        WHERE repository = :repository AND blob = :blob AND leased_until >= :until AND released_at IS NULL
        AND (
            NOT EXISTS (SELECT 1 FROM repository_blobs WHERE repository = :repository AND released_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM repository_blobs WHERE repository = :repository AND leased_until >= :lately)
        )
        """,
        repository=repository,
        blob=blob,
        until=until,
        lately=lately,
    )
    return row is not None


def trace(tx: Tx, repository: int, digest: str, leased_until: int) -> None:
    """Show that somebody pushes: an image that names the blob came, and others may follow."""
    tx.run(
        """
        UPDATE repository_blobs SET leased_until = :leased_until
        WHERE repository = :repository AND blob IN (SELECT id FROM blobs WHERE digest = :digest)
        """,
        repository=repository,
        digest=digest,
        leased_until=leased_until,
    )


def leave(tx: Tx, repository: int, blob: int) -> None:
    """Make the repository not have the blob any more."""
    tx.run(
        "DELETE FROM repository_blobs WHERE repository = :repository AND blob = :blob", repository=repository, blob=blob
    )


def due(tx: Tx, before: int, after: tuple[int, int], limit: int) -> list[tuple[Blob, int]]:
    """Up to `limit` blobs last verified before an instant, the longest ago first, with that time.

    They come after the pair of time and id `after`.
    """
    rows = tx.all(
        f"""
        SELECT {_COLUMNS}, b.verified_at FROM blobs b
        WHERE b.verified_at < :before AND b.verified_at >= :at AND (b.verified_at > :at OR b.id > :id)
        ORDER BY b.verified_at, b.id LIMIT :limit
        """,
        before=before,
        at=after[0],
        id=after[1],
        limit=limit,
    )
    return [(Blob(*row[:-1]), int(row[-1])) for row in rows]


def page(tx: Tx, after: int, limit: int) -> list[Blob]:
    """Up to `limit` blobs of all encryption domains, by id from the one after `after`."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM blobs b WHERE b.id > :after ORDER BY b.id LIMIT :limit", after=after, limit=limit
    )
    return [Blob(*row) for row in rows]


def total(tx: Tx) -> tuple[int, int]:
    """How many blobs there are, and how many bytes they have together."""
    row = tx.one("SELECT count(*), COALESCE(sum(size), 0) FROM blobs")
    return (int(row[0]), int(row[1])) if row else (0, 0)


def move(tx: Tx, blob: int, location: str, identity: str, now: int) -> None:
    """Make the blob's row name other bytes, that were hashed and are right."""
    tx.run(
        """
        UPDATE blobs SET location = :location, identity = :identity, verified_at = :now, damaged_at = NULL
        WHERE id = :blob
        """,
        blob=blob,
        location=location,
        identity=identity,
        now=now,
    )
