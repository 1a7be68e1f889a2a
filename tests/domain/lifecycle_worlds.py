"""Policies and repositories for tests of the lifecycle: short ways to write them, and random ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from entrepot.domain import lifecycle
from entrepot.domain.images import ACTIVATING, ACTIVE, ARCHIVED
from entrepot.domain.lifecycle import DAY, Fact, Policy

NOW = 1_800_000_000_000_000
TAGS = ("alpha-1", "alpha-2", "beta-1", "beta-2", "prod", "prod-1", "v1")


def a_rule(
    priority: int,
    status: str = "any",
    *,
    more_than: int | None = None,
    pushed: int | None = None,
    pulled: int | None = None,
    archived: int | None = None,
    patterns: Sequence[str] = (),
    prefixes: Sequence[str] = (),
    archive: bool = False,
) -> dict[str, Any]:
    """A rule as JSON has it; `archive` is its action, otherwise images expire."""
    kinds = {
        "imageCountMoreThan": more_than,
        "sinceImagePushed": pushed,
        "sinceImagePulled": pulled,
        "sinceImageTransitioned": archived,
    }
    kind, number = next((name, count) for name, count in kinds.items() if count is not None)
    selection: dict[str, Any] = {"tagStatus": status, "countType": kind, "countNumber": number}
    if more_than is None:
        selection["countUnit"] = "days"
    if archived is not None:
        selection["storageClass"] = "archive"
    if patterns:
        selection["tagPatternList"] = list(patterns)
    if prefixes:
        selection["tagPrefixList"] = list(prefixes)
    action = {"type": "transition", "targetStorageClass": "archive"} if archive else {"type": "expire"}
    return {"rulePriority": priority, "selection": selection, "action": action}


def a_text(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": rules})


def a_policy(*rules: dict[str, Any]) -> Policy:
    return lifecycle.parse(a_text(*rules))


def a_fact(digest: str, tags: Iterable[str] = (), days: float = 0, **members: Any) -> Fact:
    """An image pushed so many days ago."""
    return Fact(0, digest, tuple(tags), NOW - int(days * DAY), **members)


# --- random ones -----------------------------------------------------------------------------------------------

_COUNT = st.integers(1, 4)
_INSTANT = st.integers(0, 6).map(lambda half_days: NOW - half_days * DAY // 2 * 3)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A legal policy of up to six rules."""
    strings = draw(st.permutations(["alpha*", "beta*", "*-1", "prod*", "prod", "v*", "*a*-*"]))
    statuses = draw(st.lists(st.just("tagged"), max_size=3))
    statuses += draw(st.lists(st.just("untagged"), max_size=1))
    statuses = list(draw(st.permutations(statuses)))
    statuses += draw(st.lists(st.just("any"), max_size=1))
    rules, used = [], 0
    for priority, status in enumerate(statuses or ["any"], 1):
        taken = draw(st.integers(1, 2)) if status == "tagged" else 0
        kind = draw(st.sampled_from(["more_than", "pushed", "pulled"]))
        archive = kind == "pulled" or draw(st.booleans())
        chosen = strings[used : used + taken]
        used += taken
        count: Any = {kind: draw(_COUNT)}
        rules.append(a_rule(priority * 3, status, patterns=chosen, archive=archive, **count))
    if draw(st.booleans()):
        rules.append(a_rule(90, "any", archived=90))
    return a_policy(*rules)


@st.composite
def repositories(draw: st.DrawFn) -> list[Fact]:
    """Up to ten images, some of them indexes, referrers, archived or protected."""
    size = draw(st.integers(0, 10))
    digests = [f"sha256:{at:02}" for at in range(size)]
    tags = draw(st.lists(st.tuples(st.sampled_from(digests), st.sampled_from(TAGS)), max_size=9)) if size else []
    holders = {tag: digest for digest, tag in tags}
    found = []
    for at, digest in enumerate(digests):
        status = draw(st.sampled_from([ACTIVE, ACTIVE, ACTIVE, ARCHIVED, ACTIVATING]))
        earlier = digests[:at]
        found.append(
            Fact(
                id=at,
                digest=digest,
                tags=tuple(sorted(tag for tag, holder in holders.items() if holder == digest)),
                pushed_at=draw(_INSTANT),
                pulled_at=draw(st.none() | _INSTANT),
                activated_at=draw(st.none() | _INSTANT),
                archived_at=draw(_INSTANT) - 89 * DAY if status == ARCHIVED else None,
                status=status,
                subject=draw(st.none() | st.sampled_from([*earlier, "sha256:absent"])) if draw(st.booleans()) else None,
                indexes=tuple(draw(st.lists(st.sampled_from(digests[at + 1 :]), max_size=1)))
                if digests[at + 1 :]
                else (),
                protected=draw(st.sampled_from(["", "", "", "because"])),
            )
        )
    return found
