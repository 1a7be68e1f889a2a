"""The table of images, their manifests, and what these refer to."""

from __future__ import annotations

from collections.abc import Sequence

from entrepot.domain.images import Image
from entrepot.domain.manifests import Manifest
from entrepot.store.db import Tx

_COLUMNS = """
    i.id, i.digest, i.media_type, i.artifact_type, i.manifest_size, i.size, i.subject, i.pushed_at, i.pulled_at,
    i.status, i.activated_at, i.archived_at
"""


def insert(
    tx: Tx, repository: int, digest: str, manifest: Manifest, manifest_size: int, size: int, now: int
) -> int | None:
    """The id of a new image, None when the repository has it."""
    row = tx.one(
        """
        INSERT INTO images
            (repository, digest, media_type, artifact_type, manifest_size, size, subject, status, pushed_at)
        VALUES (:repository, :digest, :media_type, :artifact_type, :manifest_size, :size, :subject, 'ACTIVE', :now)
        ON CONFLICT (repository, digest) DO NOTHING
        RETURNING id
        """,
        repository=repository,
        digest=digest,
        media_type=manifest.media_type,
        artifact_type=manifest.artifact_type,
        manifest_size=manifest_size,
        size=size,
        subject=manifest.subject.digest if manifest.subject else None,
        now=now,
    )
    return None if row is None else int(row[0])


def keep_manifest(tx: Tx, image: int, manifest: bytes) -> None:
    """Keep the bytes of an image's manifest, in place of any that were kept before."""
    tx.run(
        """
        INSERT INTO manifests (image, bytes) VALUES (:image, :bytes)
        ON CONFLICT (image) DO UPDATE SET bytes = excluded.bytes
        """,
        image=image,
        bytes=manifest,
    )


def name_blob(tx: Tx, repository: int, image: int, digest: str, media_type: str) -> None:
    """Note that the image's manifest names the blob."""
    tx.run(
        """
        INSERT INTO image_blobs (repository, digest, image, media_type)
        VALUES (:repository, :digest, :image, :media_type) ON CONFLICT (repository, digest, image) DO NOTHING
        """,
        repository=repository,
        digest=digest,
        image=image,
        media_type=media_type,
    )


def name_child(tx: Tx, repository: int, image: int, digest: str) -> None:
    """Note that the image is an index which names the manifest of that digest."""
    tx.run(
        """
        INSERT INTO image_children (repository, digest, image) VALUES (:repository, :digest, :image)
        ON CONFLICT (repository, digest, image) DO NOTHING
        """,
        repository=repository,
        digest=digest,
        image=image,
    )


def find(tx: Tx, repository: int, digest: str) -> Image | None:
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM images i
        WHERE i.repository = :repository AND i.digest = :digest AND i.deleted_at IS NULL
        """,
        repository=repository,
        digest=digest,
    )
    return None if row is None else Image(*row)


def of_repository(tx: Tx, account: str, region: str, name: str, tag: str | None, digest: str | None) -> Image | None:
    """The image of a tag, or of a digest, in the repository of that name: one look for what is asked most."""
    by_tag = "JOIN tags t ON t.repository = r.id AND t.name = :wanted JOIN images i ON i.id = t.image"
    by_digest = "JOIN images i ON i.repository = r.id AND i.digest = :wanted AND i.deleted_at IS NULL"
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM registries g JOIN repositories r ON r.registry = g.id
        {by_digest if tag is None else by_tag}
        WHERE g.account = :account AND g.region = :region AND r.name = :name
        """,
        account=account,
        region=region,
        name=name,
        wanted=digest if tag is None else tag,
    )
    return None if row is None else Image(*row)


def any_of(tx: Tx, image: int) -> Image:
    """The image of that id, also where it is in the bin. Raises LookupError where there is none."""
    row = tx.one(f"SELECT {_COLUMNS} FROM images i WHERE i.id = :image", image=image)
    if row is None:
        raise LookupError(image)
    return Image(*row)


def tagged(tx: Tx, repository: int, tag: str) -> Image | None:
    row = tx.one(
        f"""
        SELECT {_COLUMNS} FROM tags t JOIN images i ON i.id = t.image
        WHERE t.repository = :repository AND t.name = :tag
        """,
        repository=repository,
        tag=tag,
    )
    return None if row is None else Image(*row)


def manifest(tx: Tx, image: int) -> bytes:
    row = tx.one("SELECT bytes FROM manifests WHERE image = :image", image=image)
    return bytes(row[0]) if row else b""


def indexes_naming(tx: Tx, repository: int, digest: str, *, archived: bool = True) -> list[str]:
    """The digests of the indexes that name the manifest of that digest, with or without those in the archive."""
    rows = tx.all(
        """
        SELECT i.digest FROM image_children c JOIN images i ON i.id = c.image
        WHERE c.repository = :repository AND c.digest = :digest AND i.deleted_at IS NULL
        AND (:archived = 1 OR i.status != 'ARCHIVED')
        ORDER BY i.digest
        """,
        repository=repository,
        digest=digest,
        archived=int(archived),
    )
    return [row[0] for row in rows]


def _of_status(status: str | None) -> str:
    """Written out where it is asked for: with an OR in its place no index would be used."""
    return "" if status is None else "AND i.status = :status"


def _given(status: str | None) -> dict[str, str]:
    return {} if status is None else {"status": status}


def referring(
    tx: Tx, repository: int, subject: str, artifact_types: Sequence[str], status: str | None, after: str, limit: int
) -> list[Image]:
    """Up to `limit` images whose subject is the digest, by digest from the one after `after`.

    Of one of the types, or of all where none is given; of one status, or of any (None).
    """
    types = {f"type_{at}": kind for at, kind in enumerate(artifact_types)}
    of_types = f"AND i.artifact_type IN ({', '.join(f':{name}' for name in types)})" if types else ""
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM images i
        WHERE i.repository = :repository AND i.subject = :subject AND i.digest > :after AND i.deleted_at IS NULL
        {of_types} {_of_status(status)} ORDER BY i.digest LIMIT :limit
        """,
        repository=repository,
        subject=subject,
        after=after,
        limit=limit,
        **types,
        **_given(status),
    )
    return [Image(*row) for row in rows]


def orphan(tx: Tx, repository: int, subject: str, now: int) -> None:
    """Note on what refers to the digest that its subject is deleted now."""
    tx.run(
        """
        UPDATE images SET orphaned_at = :now
        WHERE repository = :repository AND subject = :subject AND deleted_at IS NULL AND orphaned_at IS NULL
        """,
        repository=repository,
        subject=subject,
        now=now,
    )


def adopt(tx: Tx, repository: int, subject: str) -> None:
    """Note on what refers to the digest that its subject is there again."""
    tx.run(
        """
        UPDATE images SET orphaned_at = NULL
        WHERE repository = :repository AND subject = :subject AND deleted_at IS NULL AND orphaned_at IS NOT NULL
        """,
        repository=repository,
        subject=subject,
    )


def forget_subject(tx: Tx, image: int) -> None:
    """Note on an image that somebody wants it although its subject is deleted."""
    tx.run("UPDATE images SET orphaned_at = NULL WHERE id = :image AND orphaned_at IS NOT NULL", image=image)


def orphaned_since(tx: Tx, image: int) -> int | None:
    """Since when the subject of an image is deleted; None where it is not, or never was there."""
    row = tx.one("SELECT orphaned_at FROM images WHERE id = :image", image=image)
    return None if row is None or row[0] is None else int(row[0])


def orphans(tx: Tx, until: int, after: tuple[int, int], limit: int) -> list[tuple[int, int, str, str, str, str]]:
    """Up to `limit` images whose subject is deleted since `until` or longer, the longest first.

    (since, id, account, region, repository, digest), from the one after the pair of since and id `after`.
    """
    rows = tx.all(
        """
        SELECT i.orphaned_at, i.id, g.account, g.region, r.name, i.digest
        FROM images i JOIN repositories r ON r.id = i.repository JOIN registries g ON g.id = r.registry
        WHERE i.orphaned_at IS NOT NULL AND i.orphaned_at <= :until AND i.deleted_at IS NULL
        AND i.orphaned_at >= :at AND (i.orphaned_at > :at OR i.id > :id)
        ORDER BY i.orphaned_at, i.id LIMIT :limit
        """,
        until=until,
        at=after[0],
        id=after[1],
        limit=limit,
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]


def page(
    tx: Tx, repository: int, tagged: bool | None, after: str, limit: int, status: str | None = None
) -> list[Image]:
    """Up to `limit` images by digest, from the one after `after`.

    All, the tagged or the untagged ones (`tagged`); of one status, or of any (None).
    """
    rows = tx.all(
        f"""
        SELECT {_COLUMNS} FROM images i
        WHERE i.repository = :repository AND i.digest > :after AND i.deleted_at IS NULL {_of_status(status)}
        AND (:either = 1 OR EXISTS (SELECT 1 FROM tags t WHERE t.image = i.id) = (:tagged = 1))
        ORDER BY i.digest LIMIT :limit
        """,
        repository=repository,
        after=after,
        either=int(tagged is None),
        tagged=int(bool(tagged)),
        limit=limit,
        **_given(status),
    )
    return [Image(*row) for row in rows]


def page_of_ids(
    tx: Tx, repository: int, tagged: bool | None, after: tuple[str, ...], limit: int, status: str | None = None
) -> list[tuple[str, str | None]]:
    """Up to `limit` pairs of digest and tag (None for an untagged image), from the pair after `after`."""
    rows = tx.all(
        f"""
        SELECT i.digest, t.name FROM images i LEFT JOIN tags t ON t.image = i.id
        WHERE i.repository = :repository AND i.deleted_at IS NULL {_of_status(status)}
        AND i.digest >= :digest AND (i.digest > :digest OR COALESCE(t.name, '') > :tag)
        AND (:either = 1 OR (t.name IS NOT NULL) = (:tagged = 1))
        ORDER BY i.digest, t.name LIMIT :limit
        """,
        repository=repository,
        digest=after[0],
        tag=after[1],
        either=int(tagged is None),
        tagged=int(bool(tagged)),
        limit=limit,
        **_given(status),
    )
    return [(row[0], row[1]) for row in rows]


def page_of_names(
    tx: Tx, repository: int, after: tuple[str, str], limit: int
) -> list[tuple[str, str | None, str, str]]:
    """Up to `limit` of (digest, tag, media type, artifact type), from the pair of digest and tag `after`.

    A row for each tag of an image, one without (None) for an untagged image; images of any status, none of the bin.
    """
    rows = tx.all(
        """
        SELECT i.digest, t.name, i.media_type, i.artifact_type FROM images i LEFT JOIN tags t ON t.image = i.id
        WHERE i.repository = :repository AND i.deleted_at IS NULL
        AND i.digest >= :digest AND (i.digest > :digest OR COALESCE(t.name, '') > :tag)
        ORDER BY i.digest, t.name LIMIT :limit
        """,
        repository=repository,
        digest=after[0],
        tag=after[1],
        limit=limit,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def any_in(tx: Tx, repository: int) -> bool:
    """Whether a repository has an image, other than in the bin."""
    row = tx.one(
        "SELECT 1 FROM images WHERE repository = :repository AND deleted_at IS NULL LIMIT 1", repository=repository
    )
    return row is not None


def delete(tx: Tx, image: int) -> None:
    """Remove an image with its manifest, its tags and what it names."""
    tx.run("DELETE FROM images WHERE id = :image", image=image)


def pulled(tx: Tx, image: int, at: int) -> None:
    """Move the time of the last pull forward, never back."""
    tx.run(
        "UPDATE images SET pulled_at = :at WHERE id = :image AND (pulled_at IS NULL OR pulled_at < :at)",
        image=image,
        at=at,
    )
