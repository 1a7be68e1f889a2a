"""`entrepot lifecycle run`: apply lifecycle policies now or explain them, beside a running server."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec

from entrepot import app
from entrepot.cli import places
from entrepot.cli.progress import attempt, line, many, resting, size
from entrepot.config import ConfigError, load
from entrepot.domain.errors import LifecyclePolicyNotFound, RepositoryNotFound
from entrepot.domain.lifecycle import Decision, explain
from entrepot.domain.lifecycle_policy import EXPIRE
from entrepot.domain.registries import RegistryKey
from entrepot.registry import lifecycle
from entrepot.registry.context import Registry

_ROOM = "make room on the disk of the data folder and run it again"
_INTERRUPTED = "what was done stays so; run it again for the rest"
_DAY = 24 * 3600 * 1_000_000
_VERBS = {"EXPIRE": "expire", "TRANSITION": "archive", None: "keep"}

_Place = tuple[RegistryKey, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a run would do to one repository; `freed` in bytes."""

    key: RegistryKey
    name: str
    decisions: list[Decision]
    freed: int


def run(
    config_file: str | None, flags: Mapping[str, object], repository: str | None, *, dry_run: bool, as_json: bool
) -> int:
    """Apply the policy of one repository, or of all; return 0, 1 where images are left for the next run, or 2."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        key = RegistryKey(settings.account_id, settings.region)
        with app.operator(settings) as registry:
            wanted = [(key, repository)] if repository else _places(registry, flags)
            show = _show_tried if dry_run else _show_ran
            return show(registry, wanted, bool(repository), as_json)

    return attempt(work, full=_ROOM, interrupted=_INTERRUPTED)


def _places(registry: Registry, flags: Mapping[str, object]) -> list[_Place]:
    return [(key, name) for key, name in lifecycle.places(registry) if places.fits(flags, key.account, key.region)]


def _show_ran(registry: Registry, wanted: list[_Place], named: bool, as_json: bool) -> int:
    ran = lifecycle.Ran()
    with line("applying lifecycle policies") as show:
        _each(
            wanted,
            lambda key, name: lifecycle.run(registry, key, name, resting(show, lambda: _so_far(ran)), ran),
            named=named,
        )
    sys.stdout.write(_json(asdict(ran)) if as_json else sentence(ran))
    return 1 if ran.left else 0


def _show_tried(registry: Registry, wanted: list[_Place], named: bool, as_json: bool) -> int:
    tried: list[Tried] = []
    words = places.telling_apart(registry)

    def look(key: RegistryKey, name: str) -> None:
        found = Tried(key, name, *lifecycle.explain(registry, key, name))
        if as_json:
            tried.append(found)
        else:
            sys.stdout.writelines(text(found, registry.keeping.retention, words(key.account, key.region)))

    with line("looking at images"):
        _each(wanted, look, named=named)
    if as_json:
        sys.stdout.write(_json({"dry_run": True, "repositories": [_told(each) for each in tried]}))
    return 0


def _each(wanted: list[_Place], do: Callable[[RegistryKey, str], object], *, named: bool) -> None:
    """Do it to every repository; one that is gone is passed over, unless it was `named`. Raises ConfigError."""
    for key, name in wanted:
        try:
            do(key, name)
        except RepositoryNotFound as error:
            if named:
                raise ConfigError(f"{error}: see `aws ecr describe-repositories`, or name another --region") from error
        except LifecyclePolicyNotFound as error:
            if named:
                raise ConfigError(f"{error}: set one with `aws ecr put-lifecycle-policy`") from error


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode() + "\n"


def _so_far(ran: lifecycle.Ran) -> str:
    return f"applying lifecycle policies: {ran.expired} expired, {ran.archived} archived"


def sentence(ran: lifecycle.Ran) -> str:
    """What was done, in a line or more."""
    where = "1 repository" if ran.repositories == 1 else f"{ran.repositories} repositories"
    lines = [f"{where}, {many(ran.images, 'image')}: {ran.expired} expired, {ran.archived} archived"]
    if ran.held:
        lines.append(f"{many(ran.held, 'image')} kept by an index or a protection; --dry-run names them")
    if ran.left:
        lines.append(f"{many(ran.left, 'image')} changed meanwhile: run it again")
    return "\n".join(lines) + "\n"


def text(tried: Tried, retention: int, where: Sequence[str] = ()) -> Iterator[str]:
    """What would be done to each image and why, a line each.

    `retention` of the recycle bin in microseconds; `where` is what tells the repository's registry from others.
    """
    taken = sum(decision.action is not None for decision in tried.decisions)
    later = f" after {retention / _DAY:g} days in the recycle bin" if retention and tried.freed else ""
    place = f"{tried.name} in {' '.join(where)}" if where else tried.name
    yield (
        f"{place}: {taken} of {many(len(tried.decisions), 'image')} would be taken, "
        f"{size(tried.freed)} would come free{later}\n"
    )
    for decision in tried.decisions:
        tags = ", ".join(decision.image.tags) or "untagged"
        yield f"  {_VERBS[decision.action]:7}  {decision.image.digest}  [{tags}]  {explain(decision)}\n"


def _told(tried: Tried) -> dict[str, object]:
    return {
        "account": tried.key.account,
        "region": tried.key.region,
        "repository": tried.name,
        "expiring": sum(decision.action == EXPIRE for decision in tried.decisions),
        "archiving": sum(decision.action not in (EXPIRE, None) for decision in tried.decisions),
        "bytes": tried.freed,
        "images": [_told_image(decision) for decision in tried.decisions],
    }


def _told_image(decision: Decision) -> dict[str, object]:
    return {
        "digest": decision.image.digest,
        "tags": decision.image.tags,
        "action": _VERBS[decision.action],
        "rule": decision.rule.priority if decision.rule else None,
        "why": decision.why,
        "by": decision.by,
        "reason": explain(decision),
    }
