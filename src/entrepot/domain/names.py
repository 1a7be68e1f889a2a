"""Names: repositories, tags, registries' account ids and regions, ARNs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entrepot.domain.errors import InvalidParameter, NameInvalid, TagInvalid
from entrepot.domain.grammar import DIGEST_LIKE, REPOSITORY_NAME, TAG

_REPOSITORY_NAME = re.compile(REPOSITORY_NAME)
_TAG = re.compile(TAG)
_DIGEST_LIKE = re.compile(DIGEST_LIKE.replace("9-_", r"9\-_"))  # as Java reads it
_REPOSITORY_ARN = re.compile(r"arn:aws[a-z-]*:ecr:([0-9a-z-]{2,25}):([0-9]{12}):repository/(.+)")


def parse_repository(text: str) -> str:
    """The repository name, checked: 2 to 256 characters of the model's pattern. Raises NameInvalid."""
    if not 2 <= len(text) <= 256 or _REPOSITORY_NAME.fullmatch(text) is None:  # noqa: PLR2004
        raise NameInvalid
    return text


def parse_tag(text: str) -> str:
    """The tag, checked: 1 to 128 characters of OCI's pattern (ECR's model says 300, its `/v2` takes 128).

    Raises TagInvalid.
    """
    if _TAG.fullmatch(text) is None:
        raise TagInvalid(text[:200])
    return text


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def repository_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


@dataclass(frozen=True, slots=True)
class RepositoryArn:
    region: str
    account: str
    name: str


def parse_repository_arn(text: str) -> RepositoryArn:
    """The parts of a repository's ARN. Raises InvalidParameter for `resourceArn`, in ECR's words."""
    match = _REPOSITORY_ARN.fullmatch(text)
    if match is None or not _REPOSITORY_NAME.fullmatch(match[3]):
        raise InvalidParameter("resourceArn", "Invalid ARN")
    return RepositoryArn(match[1], match[2], match[3])


def is_digest_like(text: str) -> bool:
    return _DIGEST_LIKE.fullmatch(text) is not None
