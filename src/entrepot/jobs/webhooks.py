"""Webhooks' turns: what is due is sent, lane by lane, and what became of it is noted."""

from __future__ import annotations

import random
from contextlib import closing

from entrepot.domain.webhooks import Webhook
from entrepot.jobs.posting import Answer, Line
from entrepot.registry import webhooks as use_case
from entrepot.registry.context import Registry
from entrepot.registry.garbage import Rest
from entrepot.store.webhooks import Delivery
from entrepot.web import logs

SECONDS = 1.0  # from one look into the outbox to the next


def work(reg: Registry, rest: Rest, webhook: Webhook) -> int:
    """Send a webhook all that is due; how many messages arrived."""
    arrived = 0
    while not rest(0):
        taken = use_case.take(reg, webhook)
        lanes = use_case.due(reg, webhook)
        with closing(Line(webhook)) as line:
            for name in lanes:
                arrived += _send_lane(reg, rest, line, name)
        if not taken and not lanes:
            break
    return arrived


def _send_lane(reg: Registry, rest: Rest, line: Line, name: str) -> int:
    """Send messages of one lane in order, until one fails that is tried again later."""
    arrived = 0
    for delivery in use_case.lane(reg, line.webhook, name):
        if rest(0):
            break
        answer = line.post(delivery.body.encode(), delivery.attempts + 1)
        if answer.arrived:
            use_case.delivered(reg, delivery)
            arrived += 1
        elif not _note(reg, line.webhook, delivery, answer):
            break
    return arrived


def _note(reg: Registry, webhook: Webhook, delivery: Delivery, answer: Answer) -> bool:
    """Note a failure; True where the message is given up, so that the next has its turn."""
    if answer.final:
        use_case.give_up(reg, delivery, answer.error)
        given_up = True
    else:
        given_up = use_case.failed(reg, webhook, delivery, answer.error, random.random(), answer.asked)  # noqa: S311
    log = logs.get("webhooks").bind(webhook=webhook.name, event=delivery.event, reason=answer.error)
    log.warning("message given up" if given_up else "message not delivered")
    return given_up
