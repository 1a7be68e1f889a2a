"""The table of tags: the names of images."""

from __future__ import annotations

from entrepot.store.db import Tx


def holder(tx: Tx, repository: int, name: str) -> int | None:
    """The id of the image that has the tag."""
    row = tx.one(
        "SELECT image FROM tags WHERE repository = :repository AND name = :name", repository=repository, name=name
    )
    return None if row is None else int(row[0])


def point(tx: Tx, repository: int, name: str, image: int, now: int) -> None:
    """Make the tag name the image, whatever it named before."""
    tx.run(
        """
        INSERT INTO tags (repository, name, image, tagged_at) VALUES (:repository, :name, :image, :now)
        ON CONFLICT (repository, name) DO UPDATE SET image = excluded.image, tagged_at = excluded.tagged_at
        """,
        repository=repository,
        name=name,
        image=image,
        now=now,
    )


def remove(tx: Tx, repository: int, name: str) -> None:
    tx.run("DELETE FROM tags WHERE repository = :repository AND name = :name", repository=repository, name=name)


def of(tx: Tx, image: int) -> list[str]:
    """The tags of an image, by name."""
    return [row[0] for row in tx.all("SELECT name FROM tags WHERE image = :image ORDER BY name", image=image)]


def count(tx: Tx, image: int) -> int:
    row = tx.one("SELECT count(*) FROM tags WHERE image = :image", image=image)
    return int(row[0]) if row else 0


def every(tx: Tx, repository: int, after: str, limit: int) -> list[str]:
    """Up to `limit` tags of a repository by name, from the one after `after`, whatever their images' status."""
    rows = tx.all(
        "SELECT name FROM tags WHERE repository = :repository AND name > :after ORDER BY name LIMIT :limit",
        repository=repository,
        after=after,
        limit=limit,
    )
    return [row[0] for row in rows]


def page(tx: Tx, repository: int, after: str, limit: int) -> list[str]:
    """Up to `limit` tags of a repository's active images by name, from the one after `after`."""
    rows = tx.all(
        """
        SELECT t.name FROM tags t JOIN images i ON i.id = t.image
        WHERE t.repository = :repository AND t.name > :after AND i.status = 'ACTIVE'
        ORDER BY t.name LIMIT :limit
        """,
        repository=repository,
        after=after,
        limit=limit,
    )
    return [row[0] for row in rows]
