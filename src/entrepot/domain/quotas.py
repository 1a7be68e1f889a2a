"""Quotas: how much there may be of a thing, and how often a thing may be asked, as Amazon ECR counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from entrepot.domain import blobs, images

REPOSITORIES = 100_000  # ECR quotas, "Registered repositories"
IMAGES = 100_000  # ECR quotas, "Images per repository"

RATES: Mapping[str, float] = MappingProxyType(
    {
        "ecr:BatchCheckLayerAvailability": 1000,
        "ecr:BatchGetImage": 2000,
        "ecr:CompleteLayerUpload": 100,
        "ecr:GetAuthorizationToken": 500,
        "ecr:GetDownloadUrlForLayer": 3000,
        "ecr:InitiateLayerUpload": 100,
        "ecr:PutImage": 10,
        "ecr:UploadLayerPart": 500,
    }
)
"""Calls of an action that one account may make in a second, in one region. (ECR quotas, "Rate of … requests".)"""


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an installation allows; the defaults are ECR's."""

    repositories_per_registry: int = REPOSITORIES
    images_per_repository: int = IMAGES
    tags_per_image: int = images.TAGS_MAX
    layer_bytes: int = blobs.LAYER_BYTES_MAX
    layer_parts: int = blobs.PARTS_MAX
