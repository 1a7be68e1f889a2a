"""Images: a manifest that a repository keeps, with its tags and times."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE, ARCHIVED, ACTIVATING = "ACTIVE", "ARCHIVED", "ACTIVATING"
STANDARD, ARCHIVE = "STANDARD", "ARCHIVE"
TAGS_MAX = 1000  # ECR quotas, "Tags per image", not adjustable


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it is stored; instants in microseconds UTC, None for what has not happened.

    `digest` is the one it was pushed by, `manifest_size` the bytes of the manifest, `size` what ECR calls
    imageSizeInBytes: the sum of its config's and layers' compressed sizes; of an index, its largest image's.
    """

    id: int
    digest: str
    media_type: str
    artifact_type: str
    manifest_size: int
    size: int
    subject: str | None
    pushed_at: int
    pulled_at: int | None
    status: str = ACTIVE
    activated_at: int | None = None
    archived_at: int | None = None


@dataclass(frozen=True, slots=True)
class ImageId:
    """How a caller names an image: by digest, by tag, or by both, which then have to agree."""

    digest: str | None
    tag: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one image of a batch was left out, as ECR's `failures` lists say it."""

    image: ImageId
    code: str
    reason: str
