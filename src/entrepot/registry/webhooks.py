"""Webhooks: which messages wait for whom, and what became of each. Sending them is the jobs' part.

Events are looked through in their order, and what a webhook asks for is put into its queue in the transaction that
notes how far it has looked. A message leaves the queue after it was delivered: a crash in between delivers it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from entrepot.domain import events as rules
from entrepot.domain.webhooks import Webhook, delay
from entrepot.registry import events
from entrepot.registry.context import Registry
from entrepot.store import counters, outbox
from entrepot.store import webhooks as table
from entrepot.store.db import Database, Tx
from entrepot.store.webhooks import DeadLetter, Delivery

WAITING_MAX = 10_000  # messages in a webhook's queue; what comes after them waits in the outbox
LANES = 100
BURST = 20  # messages of one lane before the next lane has its turn
ERROR_MAX = 300
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class State:
    """Figures over all webhooks: messages given up that are kept, and seconds that the oldest message waits."""

    dead: int
    lag: float


def settle(db: Database, names: Sequence[str], now: int) -> None:
    """Begin with the webhooks that are new, from now on, and end those that are not configured any more.

    What still waited for these is kept among the dead letters. `now` in microseconds UTC.
    """

    def change(tx: Tx) -> None:
        last = outbox.last(tx)
        for name in names:
            table.register(tx, name, last)
        for name in set(table.names(tx)) - set(names):
            table.bury_all(tx, name, "the webhook is not configured any more", now)
            table.clear(tx, name)
            table.forget(tx, name)

    if db.read(table.names) != sorted(names):  # a start changes nothing on a full disk
        db.write(change)


def take(reg: Registry, webhook: Webhook) -> int:
    """Put the next events that a webhook asks for into its queue; how many events were looked at, 0 at the end."""
    begun, room = reg.db.read(lambda tx: (table.taken(tx, webhook.name), WAITING_MAX - table.waiting(tx, webhook.name)))
    if begun is None or room <= 0:
        return 0
    found = events.page(reg, begun, min(room, events.PAGE))
    if not found:
        return 0
    wanted = []
    for event in found:
        envelope = rules.envelope(event)
        if webhook.pattern is None or webhook.pattern.matches(envelope):
            wanted.append((event, lane_of(envelope), rules.text(envelope)))

    def write(tx: Tx) -> None:
        if table.take(tx, webhook.name, begun, found[-1].id):
            for event, lane, body in wanted:
                table.put(tx, webhook.name, lane, event.id, body, event.at)

    reg.db.write(write, durable=False)
    return len(found)


def lane_of(envelope: dict[str, object]) -> str:
    """What a message must not overtake: others of the same repository."""
    detail = envelope["detail"]
    named = rules.repositories_of(detail) if isinstance(detail, dict) else []
    return f"{envelope['account']}/{envelope['region']}/{named[0] if named else ''}"


def due(reg: Registry, webhook: Webhook) -> list[str]:
    """The lanes in which there is something to send now."""
    return reg.db.read(lambda tx: table.due(tx, webhook.name, reg.now(), LANES))


def lane(reg: Registry, webhook: Webhook, name: str) -> list[Delivery]:
    """The next messages of a lane, to be sent in order until one fails."""
    return reg.db.read(lambda tx: table.lane(tx, webhook.name, name, BURST))


def delivered(reg: Registry, delivery: Delivery) -> None:
    """Note that a message has arrived."""

    def write(tx: Tx) -> None:
        if table.remove(tx, delivery.id):
            counters.add(tx, "webhook_delivered", 1)

    reg.db.write(write, durable=False)


def failed(reg: Registry, webhook: Webhook, delivery: Delivery, error: str, chance: float, asked: float = 0.0) -> bool:
    """Note that a message did not arrive and when to try again; True where it is given up.

    That is when its attempts are used up, or it has waited too long; `chance` and `asked` as in `delay`.
    """
    attempts, waited = delivery.attempts + 1, reg.now() - delivery.created_at
    if attempts >= webhook.max_attempts or waited > webhook.max_age * SECOND:
        give_up(reg, delivery, f"{error} (attempt {attempts})")
        return True
    next_at = reg.now() + int(delay(attempts, chance, asked) * SECOND)

    def write(tx: Tx) -> None:
        table.postpone(tx, delivery.id, attempts, next_at)
        counters.add(tx, "webhook_failed", 1)

    reg.db.write(write, durable=False)
    return False


def give_up(reg: Registry, delivery: Delivery, error: str) -> None:
    """Note that a message did not arrive and will not: it is moved a message to the dead letters."""

    def write(tx: Tx) -> None:
        if table.remove(tx, delivery.id):
            table.bury(tx, delivery.webhook, delivery.event, delivery.body, error[:ERROR_MAX], reg.now())
            counters.add(tx, "webhook_dead", 1)
            counters.add(tx, "webhook_failed", 1)

    reg.db.write(write)


def state(reg: Registry) -> State:
    """The figures of now. Raises StorageUnavailable."""

    def look(tx: Tx) -> State:
        waiting = [at for at in (table.oldest_waiting(tx), table.oldest_untaken(tx)) if at is not None]
        return State(table.count_dead(tx), max(0, reg.now() - min(waiting)) / SECOND if waiting else 0.0)

    return reg.db.read(look)


# --- dead letters ----------------------------------------------------------------------------------------------


def dead(reg: Registry, webhook: str = "") -> Iterator[list[DeadLetter]]:
    """The dead letters in order, in pages; of all webhooks where `webhook` is empty. What dies meanwhile is not one."""
    last, after = reg.db.read(table.last_dead), 0
    while after < last:
        page = reg.db.read(partial(table.dead, webhook=webhook, after=after, limit=events.PAGE))
        if not page:
            return
        after = page[-1].id
        yield [each for each in page if each.id <= last]


def drop(reg: Registry, letters: Sequence[DeadLetter]) -> int:
    """Forget dead letters; how many were still there."""
    return reg.db.write(lambda tx: table.drop(tx, [letter.id for letter in letters]))


def retry(reg: Registry, letters: Sequence[DeadLetter]) -> int:
    """Put dead letters into their webhooks' queues again, behind what waits there; how many.

    Those of webhooks that are not configured any more stay.
    """

    def move(tx: Tx) -> int:
        known, moved = set(table.names(tx)), 0
        for letter in letters:
            if letter.webhook in known and table.drop(tx, [letter.id]):
                lane = lane_of(json.loads(letter.body))
                table.put(tx, letter.webhook, lane, letter.event, letter.body, reg.now())
                moved += 1
        return moved

    return reg.db.write(move)
