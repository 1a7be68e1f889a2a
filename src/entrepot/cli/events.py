"""`entrepot events`: print what happened, and see to what webhooks could not be told."""

import json
import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from entrepot import app
from entrepot.cli.progress import attempt, many
from entrepot.config import ConfigError, load
from entrepot.domain import event_patterns, wildcard
from entrepot.domain import events as rules
from entrepot.domain.errors import StorageUnavailable
from entrepot.registry import events, webhooks
from entrepot.registry.context import Registry
from entrepot.store.webhooks import DeadLetter

POLL_SECONDS = 0.5
_AGO = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FULL = "make room on the disk of the data folder and run it again"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    follow: bool = False
    since: str | None = None
    types: tuple[str, ...] = ()
    repository: str | None = None
    pattern: str | None = None


Wanted = Callable[[Mapping[str, object]], bool]


def run(config_file: str | None, flags: Mapping[str, object], asked: Asked) -> int:
    """Print events; return 0, also when --follow is ended or nobody reads on, 2 where it cannot be done."""

    def work() -> int:
        since, wanted = _since(asked.since, time.time()), _wanted(asked)
        with app.operator(load(config_file, os.environ, flags)) as registry:
            start = 0 if since is None and not asked.follow else events.position(registry, since)
            try:
                for event in _events(registry, start, follow=asked.follow):
                    envelope = rules.envelope(event)
                    if wanted(envelope):
                        sys.stdout.write(rules.text(envelope) + "\n")
                sys.stdout.flush()
            except KeyboardInterrupt:
                if not asked.follow:
                    raise
                sys.stdout.flush()
        return 0

    return _piped(work)


def _piped(work: Callable[[], int]) -> int:
    """Do the work; where nobody reads what it prints any more, it ends without a word."""
    try:
        return attempt(work, full=_FULL, interrupted="run it again")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered has to go somewhere
        return 0


def _events(registry: Registry, after: int, *, follow: bool) -> Iterator[rules.Event]:
    """The events from the one after `after`; with `follow`, new ones as they come, until standard output is closed."""
    while True:
        found = _page(registry, after, follow=follow)
        for event in found:
            after = event.id
            yield event
        if found:
            continue
        if not follow:
            return
        sys.stdout.flush()
        if _closed(POLL_SECONDS):
            raise BrokenPipeError


def _page(registry: Registry, after: int, *, follow: bool) -> list[rules.Event]:
    try:
        return events.page(registry, after)
    except StorageUnavailable:
        if not follow:
            raise
        return []  # a database that starts again is there in a while


def _closed(seconds: float) -> bool:
    """Wait; True as soon as nobody reads standard output any more, which writing alone would tell only later."""
    poll = select.poll()
    poll.register(1, 0)
    return any(found & (select.POLLERR | select.POLLHUP) for _, found in poll.poll(seconds * 1000))


def _since(text: str | None, now: float) -> int | None:
    """The instant of `--since` in microseconds UTC. Raises ConfigError."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return int((now - int(ago[1]) * _UNITS[ago[2]]) * 1_000_000)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--since {text}: give 30s, 15m, 2h, 7d, or a time such as 2026-01-31T12:00:00Z") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1_000_000)


def _wanted(asked: Asked) -> Wanted:
    """Whether an envelope is asked for. Raises ConfigError for a pattern that is none."""
    pattern = _pattern(asked.pattern) if asked.pattern else None
    types = {text.lower() for text in asked.types}

    def wanted(envelope: Mapping[str, object]) -> bool:
        detail = envelope["detail"] if isinstance(envelope["detail"], dict) else {}
        named = {
            str(one).lower() for one in (envelope["detail-type"], detail.get("action-type"), detail.get("eventName"))
        }
        if types and not types & named:
            return False
        if asked.repository and not _names(detail, asked.repository):
            return False
        return pattern is None or pattern.matches(envelope)

    return wanted


def _names(detail: Mapping[str, object], repository: str) -> bool:
    return any(wildcard.matches(repository, name) for name in rules.repositories_of(detail))


def _pattern(given: str) -> event_patterns.Pattern:
    text = given
    if not given.lstrip().startswith("{"):
        try:
            text = Path(given).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(f"--pattern: {given} cannot be read ({error}): give a file or JSON") from None
    try:
        return event_patterns.parse(text)
    except ValueError as error:
        raise ConfigError(f"--pattern: {error}") from None


# --- dead letters ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letters:
    """Which dead letters are meant: all, those of a webhook, those with these ids."""

    ids: frozenset[int] = frozenset()
    webhook: str = ""


def dead(config_file: str | None, flags: Mapping[str, object], letters: Letters, *, retry: bool, drop: bool) -> int:
    """Print dead letters, or send them again, or forget them; return 0, 1 where some cannot be sent, 2."""

    def work() -> int:
        if retry and drop:
            raise ConfigError("--retry and --drop: give one of them")
        with app.operator(load(config_file, os.environ, flags)) as registry:
            if not retry and not drop:
                return _print(registry, letters)
            change, word = (webhooks.retry, "sent again") if retry else (webhooks.drop, "dropped")
            pages = [(len(page), change(registry, page)) for page in _letters(registry, letters)]
        asked, done = sum(page[0] for page in pages), sum(page[1] for page in pages)
        sys.stdout.write(f"{many(done, 'message')} {word}\n")
        if retry and done < asked:
            left = many(asked - done, "message")
            sys.stderr.write(f"entrepot: {left} left: the webhook is not configured any more; --drop forgets them\n")
            return 1
        return 0

    return _piped(work)


def _letters(registry: Registry, wanted: Letters) -> Iterator[list[DeadLetter]]:
    for page in webhooks.dead(registry, wanted.webhook):
        yield [each for each in page if not wanted.ids or each.id in wanted.ids]


def _print(registry: Registry, wanted: Letters) -> int:
    for page in _letters(registry, wanted):
        for each in page:
            told = {
                "id": each.id,
                "webhook": each.webhook,
                "time": rules.instant(each.created_at),
                "error": each.error,
                "event": json.loads(each.body),
            }
            sys.stdout.write(json.dumps(told, separators=(",", ":")) + "\n")
    sys.stdout.flush()
    return 0
