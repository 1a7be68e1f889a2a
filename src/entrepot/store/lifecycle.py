"""The tables of lifecycle policies and their previews, and what a policy has to know about images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Stored:
    """A policy as it was set. Instants in microseconds UTC, `evaluated_at` 0 before the first run."""

    text: str
    policy_id: str
    version: int
    set_at: int
    evaluated_at: int

    def same_as(self, other: Stored) -> bool:
        """Whether it is the same version of the same policy."""
        return (self.policy_id, self.version) == (other.policy_id, other.version)


@dataclass(frozen=True, slots=True)
class Preview:
    """The last preview of a repository: IN_PROGRESS, COMPLETE or FAILED; `finished_at` None while in progress."""

    text: str
    status: str
    started_at: int
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class Previewed:
    """An image that a preview's policy would take. `action` is EXPIRE or TRANSITION."""

    digest: str
    tags: tuple[str, ...]
    pushed_at: int
    status: str
    priority: int
    action: str


# --- policies --------------------------------------------------------------------------------------------------


def find(tx: Tx, repository: int) -> Stored | None:
    row = tx.one(
        """
        SELECT text, policy_id, version, set_at, evaluated_at FROM lifecycle_policies WHERE repository = :repository
        """,
        repository=repository,
    )
    return None if row is None else Stored(*row)


def put(tx: Tx, repository: int, text: str, policy_id: str, now: int) -> None:
    """Set the policy: a new one gets the id, one that takes the place of another that one's id and the next version."""
    tx.run(
        """
        INSERT INTO lifecycle_policies (repository, text, policy_id, version, set_at, evaluated_at)
        VALUES (:repository, :text, :policy_id, 1, :now, 0)
        ON CONFLICT (repository) DO UPDATE SET text = excluded.text, set_at = excluded.set_at, evaluated_at = 0,
            version = lifecycle_policies.version + 1
        """,
        repository=repository,
        text=text,
        policy_id=policy_id,
        now=now,
    )


def remove(tx: Tx, repository: int) -> None:
    tx.run("DELETE FROM lifecycle_policies WHERE repository = :repository", repository=repository)


def evaluated(tx: Tx, repository: int, now: int) -> None:
    """Note that the policy was evaluated."""
    tx.run(
        "UPDATE lifecycle_policies SET evaluated_at = :now WHERE repository = :repository",
        repository=repository,
        now=now,
    )


def due(tx: Tx, before: int, after: int) -> tuple[int, str, str, str] | None:
    """The first repository after the id `after` whose policy was neither set nor evaluated since `before`.

    Its id, account, region and name.
    """
    row = tx.one(
        """
        SELECT r.id, g.account, g.region, r.name
        FROM lifecycle_policies p JOIN repositories r ON r.id = p.repository JOIN registries g ON g.id = r.registry
        WHERE p.repository > :after AND p.evaluated_at <= :before AND p.set_at <= :before
        ORDER BY p.repository LIMIT 1
        """,
        before=before,
        after=after,
    )
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]), str(row[3]))


# --- what a decision rests on ----------------------------------------------------------------------------------


def images(tx: Tx, repository: int, after: str, limit: int) -> list[Row]:
    """Up to `limit` images by digest, from the one after `after`.

    Their id, digest, pushed_at, pulled_at, activated_at, archived_at, status, subject.
    """
    return tx.all(
        """
        SELECT id, digest, pushed_at, pulled_at, activated_at, archived_at, status, subject FROM images
        WHERE repository = :repository AND digest > :after AND deleted_at IS NULL
        ORDER BY digest LIMIT :limit
        """,
        repository=repository,
        after=after,
        limit=limit,
    )


def tags(tx: Tx, repository: int, after: str, limit: int) -> list[Row]:
    """Up to `limit` tags by name, from the one after `after`: the id of the image and the name."""
    return tx.all(
        """
        SELECT image, name FROM tags WHERE repository = :repository AND name > :after ORDER BY name LIMIT :limit
        """,
        repository=repository,
        after=after,
        limit=limit,
    )


def children(tx: Tx, repository: int, after: tuple[str, int], limit: int) -> list[Row]:
    """Up to `limit` entries of indexes, from the one after `after`.

    The digest of the manifest that is named, the index's id and its digest.
    """
    return tx.all(
        """
        SELECT c.digest, c.image, i.digest FROM image_children c JOIN images i ON i.id = c.image
        WHERE c.repository = :repository AND (c.digest, c.image) > (:digest, :image) AND i.deleted_at IS NULL
        ORDER BY c.digest, c.image LIMIT :limit
        """,
        repository=repository,
        digest=after[0],
        image=after[1],
        limit=limit,
    )


def blobs(tx: Tx, repository: int, after: tuple[str, int], limit: int) -> list[Row]:
    """Up to `limit` blobs that images name, from the one after `after`: the blob's digest and the image's id.

    Without images in the recycle bin.
    """
    return tx.all(
        """
        SELECT b.digest, b.image FROM image_blobs b JOIN images i ON i.id = b.image
        WHERE b.repository = :repository AND (b.digest, b.image) > (:digest, :image) AND i.deleted_at IS NULL
        ORDER BY b.digest, b.image LIMIT :limit
        """,
        repository=repository,
        digest=after[0],
        image=after[1],
        limit=limit,
    )


def bytes_of_only(tx: Tx, repository: int, digest: str) -> int:
    """The bytes of a blob of the repository, 0 where an image of another repository names it too."""
    row = tx.one(
        """
        SELECT b.size FROM repository_blobs m JOIN blobs b ON b.id = m.blob
        WHERE m.repository = :repository AND b.digest = :digest AND NOT EXISTS (
            SELECT 1 FROM repository_blobs o
            JOIN image_blobs n ON n.repository = o.repository AND n.digest = b.digest
            JOIN images i ON i.id = n.image
            WHERE o.blob = b.id AND o.repository <> :repository AND i.deleted_at IS NULL
        )
        """,
        repository=repository,
        digest=digest,
    )
    return 0 if row is None else int(row[0])


def last_event(tx: Tx) -> int:
    """The id of the last event of the outbox."""
    row = tx.one("SELECT COALESCE(MAX(id), 0) FROM outbox")
    return int(row[0]) if row else 0


def events_since(tx: Tx, registry: int, after: int, limit: int) -> list[Row]:
    """Up to `limit` events of a registry from the one after the id `after`: their type and their detail as JSON."""
    return tx.all(
        "SELECT type, detail FROM outbox WHERE id > :after AND registry = :registry ORDER BY id LIMIT :limit",
        registry=registry,
        after=after,
        limit=limit,
    )


# --- previews --------------------------------------------------------------------------------------------------


def preview(tx: Tx, repository: int) -> Preview | None:
    row = tx.one(
        "SELECT text, status, started_at, finished_at FROM lifecycle_previews WHERE repository = :repository",
        repository=repository,
    )
    return None if row is None else Preview(*row)


def start_preview(tx: Tx, repository: int, text: str, now: int) -> None:
    """Begin a preview in place of any other; the images of that one have still to be removed."""
    tx.run(
        """
        INSERT INTO lifecycle_previews (repository, text, status, started_at, finished_at)
        VALUES (:repository, :text, 'IN_PROGRESS', :now, NULL)
        ON CONFLICT (repository) DO UPDATE SET text = excluded.text, status = excluded.status,
            started_at = excluded.started_at, finished_at = excluded.finished_at
        """,
        repository=repository,
        text=text,
        now=now,
    )


def finish_preview(tx: Tx, repository: int, status: str, now: int) -> None:
    tx.run(
        "UPDATE lifecycle_previews SET status = :status, finished_at = :now WHERE repository = :repository",
        repository=repository,
        status=status,
        now=now,
    )


def waiting(tx: Tx, after: int) -> tuple[int, str, str, str] | None:
    """The first repository after the id `after` with a preview in progress: its id, account, region and name."""
    row = tx.one(
        """
        SELECT r.id, g.account, g.region, r.name
        FROM lifecycle_previews p JOIN repositories r ON r.id = p.repository JOIN registries g ON g.id = r.registry
        WHERE p.repository > :after AND p.status = 'IN_PROGRESS' ORDER BY p.repository LIMIT 1
        """,
        after=after,
    )
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]), str(row[3]))


def stale_preview(tx: Tx, before: int) -> int | None:
    """A repository that still has the images of a preview which was finished before an instant."""
    row = tx.one(
        """
        SELECT p.repository FROM lifecycle_previews p WHERE p.finished_at < :before
        AND EXISTS (SELECT 1 FROM lifecycle_preview_images i WHERE i.repository = p.repository) LIMIT 1
        """,
        before=before,
    )
    return None if row is None else int(row[0])


def drop_previewed(tx: Tx, repository: int, limit: int) -> int:
    """Remove up to `limit` images of a preview; how many there were."""
    return tx.run(
        """
        DELETE FROM lifecycle_preview_images WHERE repository = :repository AND digest IN (
            SELECT digest FROM lifecycle_preview_images WHERE repository = :repository ORDER BY digest LIMIT :limit
        )
        """,
        repository=repository,
        limit=limit,
    )


def keep_previewed(tx: Tx, repository: int, image: Previewed) -> None:
    """Note that the preview's policy would take the image."""
    tx.run(
        """
        INSERT INTO lifecycle_preview_images (repository, digest, tags, pushed_at, status, priority, action)
        VALUES (:repository, :digest, :tags, :pushed_at, :status, :priority, :action)
        ON CONFLICT (repository, digest) DO NOTHING
        """,
        repository=repository,
        digest=image.digest,
        tags=json.dumps(image.tags),
        pushed_at=image.pushed_at,
        status=image.status,
        priority=image.priority,
        action=image.action,
    )


_PREVIEWED = "SELECT digest, tags, pushed_at, status, priority, action FROM lifecycle_preview_images"


def previewed(tx: Tx, repository: int, tagged: bool | None, after: str, limit: int) -> list[Previewed]:
    """Up to `limit` images of a preview by digest, from the one after `after`; all, tagged or untagged ones."""
    rows = tx.all(
        f"""
        {_PREVIEWED} WHERE repository = :repository AND digest > :after
        AND (:either = 1 OR (tags <> '[]') = (:tagged = 1))
        ORDER BY digest LIMIT :limit
        """,
        repository=repository,
        after=after,
        either=int(tagged is None),
        tagged=int(bool(tagged)),
        limit=limit,
    )
    return [_previewed(row) for row in rows]


def previewed_one(tx: Tx, repository: int, digest: str) -> Previewed | None:
    row = tx.one(
        f"{_PREVIEWED} WHERE repository = :repository AND digest = :digest", repository=repository, digest=digest
    )
    return None if row is None else _previewed(row)


def preview_counts(tx: Tx, repository: int) -> dict[str, int]:
    """How many images each action would take."""
    rows: Sequence[Row] = tx.all(
        "SELECT action, COUNT(*) FROM lifecycle_preview_images WHERE repository = :repository GROUP BY action",
        repository=repository,
    )
    return {str(action): int(count) for action, count in rows}


def _previewed(row: Row) -> Previewed:
    digest, tags_, pushed_at, status, priority, action = row
    return Previewed(digest, tuple(json.loads(tags_)), pushed_at, status, priority, action)
