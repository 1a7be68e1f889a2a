"""Messages to webhooks: what arrives, in which order, signed how, and what becomes of those that do not arrive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.factories import Clock, a_registry, a_repository
from tests.receiving import Receiver, receiving

from entrepot.domain import event_patterns
from entrepot.domain import events as rules
from entrepot.domain.webhooks import Webhook, make
from entrepot.jobs import webhooks as job
from entrepot.registry import webhooks
from entrepot.registry.context import Registry
from entrepot.store import counters, outbox
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase
from entrepot.store.webhooks import DeadLetter


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(tmp_path: Path, clock: Clock) -> Registry:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    reg = a_registry(db, tmp_path, clock)
    a_repository(reg, "team/app")
    return reg


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def a_webhook(reg: Registry, url: str, **members: Any) -> Webhook:
    webhook = make("ci", url, **{"allow_private": True, "timeout": 5.0, **members})
    webhooks.settle(reg.db, [webhook.name], reg.now())
    return webhook


def happen(reg: Registry, *tags: str, name: str = "team/app") -> None:
    """Write an event for each tag."""
    for tag in tags:
        detail = rules.image_action("PUSH", name, "sha256:" + "0" * 64, tag, "a/manifest", "")
        reg.db.write(lambda tx, detail=detail: outbox.insert(tx, 1, reg.now(), rules.IMAGE_ACTION, detail))  # type: ignore[misc]


def dead(reg: Registry) -> list[DeadLetter]:
    return [letter for page in webhooks.dead(reg) for letter in page]


def go(reg: Registry, webhook: Webhook) -> int:
    return job.work(reg, lambda _: False, webhook)


def counted(reg: Registry) -> dict[str, int]:
    found = reg.db.read(counters.read)
    return {name.removeprefix("webhook_"): value for name, value in found.items() if name.startswith("webhook_")}


def test_events_arrive_in_order_and_once(reg: Registry, receiver: Receiver) -> None:
    """Each event is one POST of its envelope, in order; nothing is left and nothing comes twice."""
    webhook = a_webhook(reg, receiver.url + "?a=b")
    happen(reg, *(str(number) for number in range(50)))
    assert go(reg, webhook) == 50
    assert receiver.tags() == [str(number) for number in range(50)]
    first = receiver.messages[0]
    assert first.path == "/hook?a=b"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["entrepot-webhook"] == "ci"
    assert first.headers["entrepot-attempt"] == "1"
    assert first.headers["webhook-id"] == first.event["id"]
    assert first.event["source"] == "aws.ecr"
    assert first.event["detail-type"] == "ECR Image Action"
    assert go(reg, webhook) == 0
    assert counted(reg) == {"delivered": 50}
    assert webhooks.state(reg) == webhooks.State(0, 0.0)


def test_only_what_comes_after_it(reg: Registry, receiver: Receiver) -> None:
    """A webhook that is new hears of what happens from then on, and only of what its pattern matches."""
    happen(reg, "before")
    webhook = a_webhook(reg, receiver.url, pattern={"detail": {"image-tag": [{"prefix": "v"}]}})
    happen(reg, "v1", "other", "v2")
    assert go(reg, webhook) == 2
    assert receiver.tags() == ["v1", "v2"]
    happen(reg, "v3")
    assert go(reg, webhook) == 1


def test_signed_so_that_a_receiver_can_check(reg: Registry, receiver: Receiver) -> None:
    """The signature is HMAC-SHA256 over id, time and body, as the Standard Webhooks specification computes it."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    webhook = a_webhook(reg, receiver.url, secret=secret, headers={"Authorization": "Bearer x"})
    happen(reg, "v1")
    go(reg, webhook)
    (message,) = receiver.messages
    assert message.headers["authorization"] == "Bearer x"
    seconds = message.headers["webhook-timestamp"]
    assert abs(int(seconds) - time.time()) < 60
    signed = f"{message.headers['webhook-id']}.{seconds}.".encode() + message.body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert message.headers["webhook-signature"] == "v1," + expected


def test_a_failure_is_tried_again_later(reg: Registry, receiver: Receiver, clock: Clock) -> None:
    """After 5xx the message waits for its time, is tried again under the same id, and then those behind it follow."""
    statuses = [500, 503, 204, 204]
    receiver.answer = lambda _: statuses.pop(0)
    webhook = a_webhook(reg, receiver.url)
    happen(reg, "a", "b")
    assert go(reg, webhook) == 0
    assert go(reg, webhook) == 0
    assert receiver.tags() == ["a"]
    clock.forward(1.1)
    assert go(reg, webhook) == 0
    clock.forward(2.1)
    assert webhooks.state(reg).lag >= 3
    assert go(reg, webhook) == 2
    assert receiver.tags() == ["a", "a", "a", "b"]
    assert len({message.headers["webhook-id"] for message in receiver.messages[:3]}) == 1
    assert [message.headers["entrepot-attempt"] for message in receiver.messages] == ["1", "2", "3", "1"]
    assert counted(reg) == {"delivered": 2, "failed": 2}


def test_one_repository_does_not_hold_up_another(reg: Registry, receiver: Receiver, clock: Clock) -> None:
    """While a message of one repository fails, those behind it wait, and those of others arrive."""
    receiver.answer = lambda message: 500 if message.tag == "bad" else 200
    webhook = a_webhook(reg, receiver.url)
    happen(reg, "bad", "behind")
    happen(reg, "x", "y", name="team/other")
    assert go(reg, webhook) == 2
    assert receiver.tags() == ["bad", "x", "y"]
    receiver.answer = lambda _: 200
    clock.forward(2)
    assert go(reg, webhook) == 2
    assert receiver.tags()[3:] == ["bad", "behind"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410, 413, 422])
def test_what_is_refused_is_given_up_at_once(reg: Registry, receiver: Receiver, status: int) -> None:
    """After 4xx, and where it is sent elsewhere, a message is a dead letter, and the next one has its turn."""
    elsewhere = receiver.url.replace("/hook", "/elsewhere")
    receiver.answer = lambda message: (status, {"Location": elsewhere}) if message.tag == "bad" else 200
    webhook = a_webhook(reg, receiver.url)
    happen(reg, "bad", "good")
    assert go(reg, webhook) == 1
    assert [message.path for message in receiver.messages] == ["/hook", "/hook"]
    (letter,) = dead(reg)
    assert (letter.webhook, letter.error) == ("ci", f"HTTP {status}")
    assert counted(reg) == {"delivered": 1, "failed": 1, "dead": 1}
    assert webhooks.state(reg).dead == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_attempts_are_bounded(reg: Registry, receiver: Receiver, clock: Clock, status: int) -> None:
    """What fails again and again is a dead letter after `max_attempts`."""
    receiver.answer = lambda _: status
    webhook = a_webhook(reg, receiver.url, max_attempts=3)
    happen(reg, "a")
    for _ in range(5):
        go(reg, webhook)
        clock.forward(301)
    assert receiver.tags() == ["a"] * 3
    (letter,) = dead(reg)
    assert letter.error == f"HTTP {status} (attempt 3)"


def test_age_is_bounded(reg: Registry, receiver: Receiver, clock: Clock) -> None:
    """A message that fails and is older than `max_age` is given up."""
    receiver.answer = lambda _: 500
    webhook = a_webhook(reg, receiver.url, max_age=60)
    happen(reg, "a")
    clock.forward(61)
    go(reg, webhook)
    assert len(dead(reg)) == 1


def test_retry_after_is_heard(reg: Registry, receiver: Receiver, clock: Clock) -> None:
    """A receiver that says when to come again is believed, up to five minutes."""
    receiver.answer = lambda _: (429, {"Retry-After": "100"})
    webhook = a_webhook(reg, receiver.url)
    happen(reg, "a")
    go(reg, webhook)
    clock.forward(99)
    go(reg, webhook)
    assert len(receiver.messages) == 1
    receiver.answer = lambda _: (503, {"Retry-After": "999999"})
    clock.forward(2)
    go(reg, webhook)
    assert len(receiver.messages) == 2
    receiver.answer = lambda _: 200
    clock.forward(301)
    assert go(reg, webhook) == 1


def test_dead_letters_are_sent_again_or_dropped(reg: Registry, receiver: Receiver) -> None:
    """A dead letter that is retried arrives under its id; one that is dropped is gone."""
    receiver.answer = lambda _: 400
    webhook = a_webhook(reg, receiver.url)
    happen(reg, "a", "b", "c")
    go(reg, webhook)
    letters = dead(reg)
    assert [letter.event for letter in letters] == [1, 2, 3]
    assert webhooks.drop(reg, letters[2:]) == 1
    receiver.answer = lambda _: 200
    assert webhooks.retry(reg, letters) == 2
    assert webhooks.retry(reg, letters) == 0
    assert go(reg, webhook) == 2
    assert receiver.tags() == ["a", "b", "c", "a", "b"]
    assert receiver.messages[0].headers["webhook-id"] == receiver.messages[3].headers["webhook-id"]
    assert dead(reg) == []


def test_a_webhook_that_is_taken_away(reg: Registry, receiver: Receiver) -> None:
    """What still waited for it is kept as dead letters, which cannot be sent until it is there again."""
    a_webhook(reg, receiver.url)
    happen(reg, "a")
    webhook = a_webhook(reg, receiver.url)
    receiver.answer = lambda _: 500
    go(reg, webhook)
    webhooks.settle(reg.db, [], reg.now())
    letters = dead(reg)
    assert [letter.error for letter in letters] == ["the webhook is not configured any more"]
    assert webhooks.retry(reg, letters) == 0
    assert go(reg, webhook) == 0


def test_a_connection_is_used_again(reg: Registry, receiver: Receiver) -> None:
    """Messages go over one connection while the receiver keeps it, and over another where it says that it will not."""
    webhook = a_webhook(reg, receiver.url)
    happen(reg, *"abcdefghij")
    assert go(reg, webhook) == 10
    assert receiver.connections == 1
    receiver.answer = lambda _: (200, {"Connection": "close"})
    happen(reg, *"klm")
    assert go(reg, webhook) == 3
    assert receiver.connections == 4
    assert receiver.tags() == list("abcdefghijklm")


def test_the_queue_is_bounded(reg: Registry, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a receiver that is down events wait in the outbox, and all of them arrive when it is up again."""
    monkeypatch.setattr(webhooks, "WAITING_MAX", 10)
    receiver.answer = lambda _: 500
    webhook = a_webhook(reg, receiver.url)
    happen(reg, *(str(number) for number in range(25)))
    assert go(reg, webhook) == 0
    assert reg.db.read(lambda tx: tx.one("SELECT count(*) FROM deliveries")) == (10,)
    receiver.answer = lambda _: 200
    clock = reg.now
    assert isinstance(clock, Clock)
    clock.forward(2)
    assert go(reg, webhook) == 25
    assert receiver.tags()[1:] == [str(number) for number in range(25)]


def test_the_receiver_of_the_documentation(reg: Registry, receiver: Receiver) -> None:
    """The code of docs/events.md takes a message once, and nothing that was altered, is old, or is signed by others."""
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    check = names["check"]
    for secret in ("whsec_" + base64.b64encode(b"k" * 24).decode(), "a plain text of some length"):
        webhook = a_webhook(reg, receiver.url, secret=secret)
        happen(reg, "v1")
        go(reg, webhook)
        message, seen = receiver.messages[-1], set[str]()
        check(secret, message.headers, message.body, seen)
        old = {**message.headers, "webhook-timestamp": "1700000000"}
        for headers, body in [
            (message.headers, message.body),
            (message.headers, message.body + b" "),
            ({**message.headers, "webhook-id": "another"}, message.body),
            (old, message.body),
        ]:
            with pytest.raises(ValueError, match=r"not (now|from)"):
                check(secret, headers, body, seen)
        with pytest.raises(ValueError, match="not from the registry"):
            check("whsec_" + base64.b64encode(b"x" * 24).decode(), message.headers, message.body, set())


def test_every_pattern_of_the_documentation(reg: Registry) -> None:
    """Each comparison in the table of docs/events.md is understood."""
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text().partition("## Patterns")[2]
    found = re.findall(r"`(\{.*?\}+)`", page)
    assert len(found) >= 9
    for one in found:
        event_patterns.parse(f'{{"x": [{one}]}}')
