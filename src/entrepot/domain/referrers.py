"""Referrers: the images that name another as their subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAGE = 100
PAGE_BYTES = 4_194_304  # of manifests whose annotations a page shows: clients bound what they read as they do manifests


@dataclass(frozen=True, slots=True)
class Referrer:
    """What a list says of an image that refers to another: its descriptor. `size` is the manifest's, in bytes."""

    digest: str
    media_type: str
    size: int
    artifact_type: str
    annotations: Mapping[str, str]
    status: str = "ACTIVE"
