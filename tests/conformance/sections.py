"""What a conformance test proves: a sentence of the OCI distribution specification 1.1, told in our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

F = TypeVar("F", bound=Callable[..., None])

Level = Literal["MUST", "SHOULD", "MAY", "RFC 9110", "image-spec", "field"]
"""How strong the sentence is; `field`: no specification says it, but clients rely on it."""

ORDER = (
    "Determining support",
    "Names, tags and digests",
    "Pulling manifests",
    "Pulling blobs",
    "Checking if content exists",
    "Pushing a blob monolithically",
    "Pushing a blob in chunks",
    "Cancelling an upload",
    "Mounting a blob",
    "Pushing manifests",
    "Pushing manifests with subject",
    "Listing tags",
    "Listing referrers",
    "Deleting tags",
    "Deleting manifests",
    "Deleting blobs",
    "Proxying",
    "Error codes and warnings",
)


@dataclass(frozen=True, slots=True)
class Claim:
    section: str
    level: Level
    sentence: str
    endpoints: tuple[str, ...]


CLAIMS: dict[str, Claim] = {}
"""By the test's module and name."""


def proves(section: str, level: Level, sentence: str, *endpoints: str) -> Callable[[F], F]:
    """Say what a test proves; `endpoints` are the specification's, such as `end-4a`."""
    if section not in ORDER:
        raise ValueError(f"no section {section!r}")

    def note(test: F) -> F:
        key = f"{test.__module__.rpartition('.')[2]}.{test.__name__}"
        CLAIMS[key] = Claim(section, level, sentence, endpoints)
        test.__doc__ = sentence
        return test

    return note
