"""Repositories: what one is, its tag mutability, its resource tags."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from entrepot.domain import wildcard
from entrepot.domain.errors import InvalidParameter, InvalidTagParameter, TooManyTags

MUTABLE, IMMUTABLE = "MUTABLE", "IMMUTABLE"
MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"
TAGS_PER_REPOSITORY = 50  # ECR user guide, "Tagging a private repository"
# The letters, digits, separators and signs that AWS allows in resource tags, without tabs and line ends.
_TAG_TEXT = re.compile(r"[\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000.:/=+@-]*")


@dataclass(frozen=True, slots=True)
class Mutability:
    """Whether tags may move, with the wildcards of the tags that behave the other way."""

    setting: str = MUTABLE
    exclusions: tuple[str, ...] = ()

    def tag_may_move(self, tag: str) -> bool:
        excluded = any(wildcard.matches(pattern, tag) for pattern in self.exclusions)
        return self.setting.startswith(MUTABLE) != excluded


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is stored. `id` is never used again, also not for a repository of the same name."""

    id: int
    registry: int
    account: str
    region: str
    name: str
    created_at: int
    mutability: Mutability
    scan_on_push: bool
    encryption_type: str
    kms_key: str


def mutability(setting: str, exclusions: Sequence[str] | None) -> Mutability:
    """The mutability that a call asks for.

    Raises InvalidParameter: exclusion filters are needed with *_WITH_EXCLUSION and forbidden otherwise.
    """
    if setting.endswith("_WITH_EXCLUSION") != bool(exclusions):
        verdict = "can't be null when" if not exclusions else "must be null when"
        raise InvalidParameter(
            "imageTagMutabilityExclusionFilters",
            f"ImageTagMutabilityExclusionFilters {verdict} imageTagMutability is set as {setting}",
        )
    return Mutability(setting, tuple(exclusions or ()))


def ours(key: str) -> bool:
    """Whether a resource tag is one that this registry goes by: its value may also hold the wildcard `*`."""
    return key.startswith("entrepot:")


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse resource tags that AWS refuses: more than 50, `aws:` keys, characters outside its set.

    Raises TooManyTags, InvalidTagParameter. (ECR user guide, "Tag restrictions".)
    """
    if len(tags) > TAGS_PER_REPOSITORY:
        raise TooManyTags(TAGS_PER_REPOSITORY)
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:  # noqa: PLR2004
            raise InvalidTagParameter(
                "An invalid parameter has been specified. Tag keys can have a maximum character length of 128 "
                "characters, and tag values can have a maximum length of 256 characters."
            )
        if key.lower().startswith("aws:"):
            raise InvalidTagParameter("Tag keys that start with 'aws:' are reserved for AWS use.")
        if not _TAG_TEXT.fullmatch(key) or not _TAG_TEXT.fullmatch(value.replace("*", "") if ours(key) else value):
            raise InvalidTagParameter("Tag keys and values may hold letters, digits, spaces and _ . : / = + - @")
