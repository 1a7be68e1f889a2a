"""Login tokens: what they carry, and that nothing altered is believed."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import TokenRefused
from entrepot.registry import credentials
from entrepot.registry.credentials import Keys, Login

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "a secret", b"s" * 32)
NOW = 1_800_000_000_000_000
LOGIN = Login("AKIAIOSFODNN7EXAMPLE", "123456789012", "us-east-1", NOW // 1_000_000 + credentials.TOKEN_SECONDS)


def test_round_trip() -> None:
    """A token says who, where and until when; no two are alike and none has a colon."""
    first, second = credentials.issue(KEYS, LOGIN), credentials.issue(KEYS, LOGIN)
    assert first != second
    assert ":" not in first
    assert credentials.read(KEYS, first, NOW) == LOGIN


def test_form() -> None:
    """A token has the outer form of ECR's."""
    document = json.loads(base64.b64decode(credentials.issue(KEYS, LOGIN)))
    assert set(document) == {"payload", "datakey", "version", "type", "expiration"}
    assert (document["version"], document["type"], document["expiration"]) == ("2", "DATA_KEY", LOGIN.expires)


def test_expiry() -> None:
    """A token is good for twelve hours to the microsecond."""
    password = credentials.issue(KEYS, LOGIN)
    end = LOGIN.expires * 1_000_000
    assert credentials.read(KEYS, password, end - 1) == LOGIN
    with pytest.raises(TokenRefused):
        credentials.read(KEYS, password, end)


def test_each_character_counts() -> None:
    """A token with any one character changed, dropped or doubled is refused."""
    password = credentials.issue(KEYS, LOGIN)
    for at in range(len(password)):
        flipped = "A" if password[at] != "A" else "B"
        for altered in (
            password[:at] + flipped + password[at + 1 :],
            password[:at] + password[at + 1 :],
            password[:at] + password[at] + password[at:],
        ):
            with pytest.raises(TokenRefused):
                credentials.read(KEYS, altered, NOW)


def test_no_second_spelling() -> None:
    """What says the same in other words (spaces, other order, a later expiry) is refused."""
    document = json.loads(base64.b64decode(credentials.issue(KEYS, LOGIN)))
    later = {**document, "expiration": document["expiration"] + 3600}
    turned = dict(reversed(document.items()))
    for text in (json.dumps(document, indent=1), json.dumps(later), json.dumps(turned)):
        with pytest.raises(TokenRefused):
            credentials.read(KEYS, base64.b64encode(text.encode()).decode(), NOW)


def test_another_installation() -> None:
    """A token of another installation's key is refused."""
    other = Keys(KEYS.access_key_id, KEYS.secret_access_key, b"t" * 32)
    with pytest.raises(TokenRefused):
        credentials.read(KEYS, credentials.issue(other, LOGIN), NOW)


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode())))
def test_junk(password: str) -> None:
    """No text whatever is a token but one that was issued, and none raises anything else."""
    with pytest.raises(TokenRefused):
        credentials.read(KEYS, password, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["payload", "expiration", "x"]), inner),
    )
)
def test_junk_documents(document: object) -> None:
    """No JSON document is a token but one that was issued."""
    with pytest.raises(TokenRefused):
        credentials.read(KEYS, base64.b64encode(json.dumps(document).encode()).decode(), NOW)


def test_secrets_are_not_shown() -> None:
    """The keys do not print themselves."""
    assert "secret" not in repr(KEYS)
    assert "AKIA" not in f"{KEYS}"
