"""Blobs: bytes with a digest, and the uploads that bring them."""

from __future__ import annotations

from dataclasses import dataclass

PART_BYTES_MIN = 5 * 1024**2  # ECR quotas, "Layer part size"
PART_BYTES = 10 * 1024**2  # what InitiateLayerUpload answers as partSize
LAYER_BYTES_MAX = 52_000 * 1024**2  # ECR quotas, "Maximum layer size"
PARTS_MAX = 4_200  # ECR quotas, "Layer parts"
LEASE = 48 * 3600 * 1_000_000  # a blob that no image names yet is kept at least this long (microseconds)
PAUSED = 6 * 3600 * 1_000_000  # an upload that stands still for so long is not under way (microseconds)
SILENCE = 30 * 1_000_000  # a push with no upload open does not pause for so long (microseconds)
TRACED = SILENCE // 6  # at least so often the questions of such a push leave a trace


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as it is stored, unique by encryption domain and digest; `location` and `identity` are the store's.

    `damaged_at` (microseconds UTC) is set while its bytes are known to be wrong or missing.
    """

    id: int
    digest: str
    size: int
    location: str
    identity: str
    damaged_at: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """An unfinished upload: `received` bytes so far, whose sha256 is `digest`.

    `parts`, `last_part` and `undersized` are what CompleteLayerUpload has to know of parts sent over the API:
    how many, the size of the last, and whether one before the last was below 5 MiB.
    """

    id: str
    repository: int
    principal: str
    received: int
    digest: str
    parts: int
    last_part: int
    undersized: bool
