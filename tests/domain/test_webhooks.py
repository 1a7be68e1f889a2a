"""Webhooks: what may be configured, how messages are signed, how long is waited."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain import webhooks
from entrepot.domain.webhooks import make

URL = "https://example.com/hook"


def test_a_webhook() -> None:
    """What is given is kept; neither key nor headers are printed."""
    webhook = make("ci", URL, {"source": ["aws.ecr"]}, "s3cr3t-s3cr3t-s3cr3t", {"Authorization": "t0k3n"})
    assert webhook.pattern is not None
    assert webhook.pattern.matches({"source": "aws.ecr"})
    assert webhook.target.port == 443
    assert make("ci", URL).pattern is None
    assert "s3cr3t" not in repr(webhook)
    assert "t0k3n" not in repr(webhook)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"url": "ftp://example.com"}, "ci: only http and https"),
        ({"url": "http://127.0.0.1/"}, "ci: 127.0.0.1 is inside the network (loopback)"),
        ({"url": "http://[::1]/"}, "ci: ::1 is inside the network (loopback)"),
        ({"url": "http://169.254.169.254/latest"}, "link-local"),
        ({"pattern": "{"}, "ci: an event pattern is JSON"),
        ({"pattern": {}}, "ci: the pattern: an empty object"),
        ({"pattern": {"a": [object()]}}, "ci: "),
        ({"secret": "short"}, "at least 16 bytes"),
        ({"secret": "whsec_"}, "at least 16 bytes"),
        ({"secret": "whsec_!!!"}, "base64"),
        ({"headers": {"a b": "x"}}, "'a b' is not a header"),
        ({"headers": {"X": "a\r\nY: b"}}, "'X' is not a header"),
        ({"headers": {"Host": "x"}}, "the header Host is set"),
        ({"headers": {"Webhook-Signature": "x"}}, "is set by the message"),
        ({"headers": {"content-length": "1"}}, "is set by the message"),
    ],
)
def test_what_is_wrong_is_said(members: dict[str, Any], words: str) -> None:
    """One sentence with the webhook's name."""
    with pytest.raises(ValueError, match=r"^ci: ") as caught:
        make(**{"name": "ci", "url": URL, **members})
    assert words in str(caught.value)


def test_a_private_address_may_be_allowed() -> None:
    """Whoever wants it says so."""
    assert make("ci", "http://127.0.0.1/", allow_private=True).allow_private


def test_the_signature() -> None:
    """The example of the Standard Webhooks specification's libraries."""
    key = webhooks.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = webhooks.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhooks.key_of("whsec_" + base64.b64encode(b"x" * 24).decode()) == b"x" * 24
    assert webhooks.key_of("plain text of 16") == b"plain text of 16"
    assert webhooks.key_of("") == b""


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1e9))
def test_delays(attempts: int, chance: float, asked: float) -> None:
    """From half a second to five minutes, never less than half of the delay before it."""
    found = webhooks.delay(attempts, chance)
    assert 0.5 <= found <= 300
    assert webhooks.delay(attempts, 0) == min(300, 2 ** min(attempts - 1, 20))
    assert webhooks.delay(attempts + 1, 1) >= webhooks.delay(attempts, 0) / 2
    assert webhooks.delay(attempts, chance, asked) >= min(asked, 300)
    assert webhooks.delay(attempts, chance, asked) <= 300
