"""Protection: what may not be deleted by anybody, and how long what was deleted is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entrepot.domain import wildcard

PROTECTED = "entrepot:protected"
PROTECTED_TAGS = "entrepot:protected-tags"
"""Resource tags of a repository: `true` for all that is in it, and wildcards with spaces between for some tags."""
_NOT = frozenset({"", "0", "false", "no"})  # any other value protects: who misspells `true` loses nothing


@dataclass(frozen=True, slots=True)
class Keeping:
    """What an installation keeps although somebody deletes it.

    Deleted images stay in the recycle bin for `retention` microseconds, 0 is no bin; images with a tag that one of the
    wildcards `protected_tags` fits cannot be deleted.
    """

    retention: int = 0
    protected_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """What is protected in one repository."""

    whole: bool
    patterns: tuple[str, ...]

    def reason(self, tags: Iterable[str | None]) -> str | None:
        """Why an image with these tags, or one of these tags, cannot be deleted; None where it can."""
        if self.whole:
            return f"The repository is protected by its tag '{PROTECTED}'. Remove that first."
        for tag in tags if self.patterns else ():
            for pattern in self.patterns:
                if tag is not None and wildcard.matches(pattern, tag):
                    return f"The image tag '{tag}' is protected by the pattern '{pattern}'."
        return None


def guard(keeping: Keeping, resource_tags: Mapping[str, str]) -> Guard:
    """The protection of a repository that has these resource tags."""
    whole = resource_tags.get(PROTECTED, "").strip().lower() not in _NOT
    return Guard(whole, (*resource_tags.get(PROTECTED_TAGS, "").split(), *keeping.protected_tags))
