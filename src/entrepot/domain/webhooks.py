"""Webhooks: who is told of events, how a message is signed, and how long one that fails is tried again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from entrepot.domain import addresses, event_patterns
from entrepot.domain.addresses import Target
from entrepot.domain.event_patterns import Pattern

FIRST_DELAY, LAST_DELAY = 1.0, 300.0  # seconds
SECRET_PREFIX = "whsec_"  # noqa: S105  # the mark of a secret in base64
SECRET_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIELD = re.compile(r"[ -~]*")
_OURS = re.compile(
    "host|content-(length|type)|transfer-encoding|connection|expect|upgrade|te|trailer|webhook-.*|entrepot-.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who is told, and of what. `pattern` None is everything; times are in seconds."""

    name: str
    target: Target
    pattern: Pattern | None = None
    key: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    max_attempts: int = 12
    max_age: float = 86400.0
    allow_private: bool = False


def make(
    name: str,
    url: str,
    pattern: str | Mapping[str, object] = "",
    secret: str = "",
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
    max_attempts: int = 12,
    max_age: float = 86400.0,
    allow_private: bool = False,
) -> Webhook:
    """A webhook as somebody configures it. Raises ValueError, with its name and what is wrong."""
    try:
        target, key = addresses.target(url), key_of(secret)
        if not allow_private:
            check_literal(target)
        check_headers(headers or {})
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        wanted = event_patterns.parse(text) if text else None
    except (ValueError, TypeError) as error:  # TypeError: a table that JSON cannot hold
        raise ValueError(f"{name}: {error}") from None
    return Webhook(name, target, wanted, key, headers or {}, timeout, max_attempts, max_age, allow_private)


def key_of(secret: str) -> bytes:
    """The bytes that messages are signed with: of base64 after `whsec_`, else of the text itself; empty for none.

    Raises ValueError for fewer than 16 bytes.
    """
    key = secret.encode()
    if secret.startswith(SECRET_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("a secret that starts with whsec_ goes on in base64") from None
    if secret and len(key) < SECRET_BYTES:
        raise ValueError(f"a secret has at least {SECRET_BYTES} bytes")
    return key


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that are no headers, or that the message sets itself. Raises ValueError."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _FIELD.fullmatch(value):
            raise ValueError(f"{name!r} is not a header, or its value is not printable ASCII")
        if _OURS.fullmatch(name):
            raise ValueError(f"the header {name} is set by the message itself")


def check_literal(target: Target) -> None:
    """Refuse a host that is itself an address inside the network; other hosts are looked at when they are called.

    Raises ValueError.
    """
    try:
        why = addresses.inside(target.host)
    except ValueError:
        return
    if why:
        raise ValueError(f"{target.host} is inside the network ({why}): set allow_private to call it")


def sign(key: bytes, message: str, seconds: int, body: bytes) -> str:
    """The signature of a message with this id, sent at this time, in the form of the Standard Webhooks specification.

    HMAC-SHA256 of `ID.SECONDS.BODY` in base64 after `v1,`: a receiver that refuses old times and ids that it has
    seen cannot be told a message twice by somebody who recorded it.
    """
    signed = b"%s.%d.%s" % (message.encode(), seconds, body)
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def delay(attempts: int, chance: float, asked: float = 0.0) -> float:
    """Seconds until a message is tried again that failed `attempts` times: twice as long each time, 5 min at most.

    `chance`, from 0 to 1, takes up to half of it away, so that many do not come at once; not less than what the
    receiver `asked` for, within the 5 min.
    """
    longest = min(LAST_DELAY, FIRST_DELAY * 2.0 ** min(attempts - 1, 32))
    return max(longest * (1 - chance / 2), min(asked, LAST_DELAY))
