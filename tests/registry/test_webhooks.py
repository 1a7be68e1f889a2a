"""Which messages wait for whom, on each database; sending them is tested with the jobs."""

from __future__ import annotations

import json

import pytest
from tests.factories import Clock, a_repository, an_image

from entrepot.domain.webhooks import Webhook, make
from entrepot.registry import webhooks
from entrepot.registry.context import Registry
from entrepot.store import webhooks as table
from entrepot.store.webhooks import DeadLetter


@pytest.fixture
def webhook(reg: Registry) -> Webhook:
    a_repository(reg)
    a_repository(reg, "team/other")
    webhooks.settle(reg.db, ["ci", "chat"], reg.now())
    return make("ci", "https://example.com/", '{"detail": {"image-tag": [{"prefix": "v"}]}}')


def dead(reg: Registry) -> list[DeadLetter]:
    return [letter for page in webhooks.dead(reg) for letter in page]


def test_taking(reg: Registry, webhook: Webhook) -> None:
    """What the pattern matches is put into lanes, one for each repository; each event is looked at once."""
    an_image(reg, 1, "v1", "x")
    an_image(reg, 2, "v2", name="team/other")
    an_image(reg, 3, "v3")
    assert webhooks.take(reg, webhook) == 4
    assert webhooks.take(reg, webhook) == 0
    lanes = webhooks.due(reg, webhook)
    assert lanes == ["123456789012/us-east-1/team/app", "123456789012/us-east-1/team/other"]
    bodies = [json.loads(delivery.body)["detail"]["image-tag"] for delivery in webhooks.lane(reg, webhook, lanes[0])]
    assert bodies == ["v1", "v3"]
    assert webhooks.lane(reg, make("chat", "https://example.com/"), lanes[0]) == []


def test_a_failure_holds_its_lane(reg: Registry, webhook: Webhook, clock: Clock) -> None:
    """What failed is due after its delay, given up after its attempts, and counted."""
    an_image(reg, 1, "v1")
    webhooks.take(reg, webhook)
    (name,) = webhooks.due(reg, webhook)
    for attempt in range(1, 12):
        (delivery,) = webhooks.lane(reg, webhook, name)
        assert delivery.attempts == attempt - 1
        assert not webhooks.failed(reg, webhook, delivery, "HTTP 500", 0.0)
        clock.forward(min(300, 2 ** (attempt - 1)) - 0.001)
        assert webhooks.due(reg, webhook) == []
        clock.forward(0.001)
        assert webhooks.due(reg, webhook) == [name]
    (delivery,) = webhooks.lane(reg, webhook, name)
    assert webhooks.failed(reg, webhook, delivery, "HTTP 500", 0.0)
    assert webhooks.lane(reg, webhook, name) == []
    (letter,) = dead(reg)
    assert (letter.error, letter.created_at) == ("HTTP 500 (attempt 12)", clock.at)
    assert json.loads(letter.body)["detail"]["image-tag"] == "v1"


def test_what_another_process_did_is_not_done_again(reg: Registry, webhook: Webhook) -> None:
    """A message that is gone is neither counted nor given up a second time."""
    an_image(reg, 1, "v1")
    webhooks.take(reg, webhook)
    (delivery,) = webhooks.lane(reg, webhook, webhooks.due(reg, webhook)[0])
    webhooks.delivered(reg, delivery)
    webhooks.delivered(reg, delivery)
    webhooks.give_up(reg, delivery, "HTTP 400")
    assert dead(reg) == []
    assert reg.db.read(lambda tx: tx.all("SELECT name, value FROM counters")) == [("webhook_delivered", 1)]


def test_settling(reg: Registry, webhook: Webhook) -> None:
    """A start with the same webhooks changes nothing; one that is taken away leaves dead letters."""
    an_image(reg, 1, "v1")
    webhooks.settle(reg.db, ["chat", "ci"], reg.now())
    webhooks.take(reg, webhook)
    webhooks.settle(reg.db, ["chat", "new"], reg.now())
    assert reg.db.read(table.names) == ["chat", "new"]
    assert [reg.db.read(lambda tx, name=name: table.taken(tx, name)) for name in ("chat", "new")] == [0, 1]  # type: ignore[misc]
    assert [letter.webhook for letter in dead(reg)] == ["ci"]
    assert webhooks.take(reg, webhook) == 0


def test_the_lag(reg: Registry, webhook: Webhook, clock: Clock) -> None:
    """The oldest message counts, whether a webhook has looked at it or not."""
    assert webhooks.state(reg).lag == 0
    an_image(reg, 1, "v1")
    clock.forward(5)
    assert webhooks.state(reg).lag == 5
    webhooks.take(reg, webhook)
    webhooks.take(reg, make("chat", "https://example.com/", {"source": ["x"]}))
    assert webhooks.state(reg).lag == 5
    (delivery,) = webhooks.lane(reg, webhook, webhooks.due(reg, webhook)[0])
    webhooks.delivered(reg, delivery)
    assert webhooks.state(reg).lag == 0
