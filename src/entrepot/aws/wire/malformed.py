"""What every codec raises for bytes that cannot be read, and the readings of values that several share."""

from __future__ import annotations

import binascii
import math
import re
from datetime import UTC, datetime, timedelta

# Deeper than any model (six levels); a request that nests further is an attack on the parser.
MAX_DEPTH = 100

# The years 1 to 9999: what dates can be written of.
EARLIEST = -62_135_596_800
LATEST = 253_402_300_800

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # compared with naive UTC only
ISO8601 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")

BITS = {"integer": 31, "long": 63}
SPECIAL_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Malformed(Exception):
    """A request that does not have the form of its protocol. The text is for the client and may be empty."""


def blob(text: str) -> bytes:
    """Read base64 with padding and without white space, as AWS's services ask. Raises Malformed."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Malformed("Invalid Base64 data") from None


def whole(value: int, kind: str) -> int:
    """Check that a number fits into the type `integer` (32 bits) or `long` (64 bits). Raises Malformed."""
    limit = 1 << BITS[kind]
    if not -limit <= value < limit:
        raise Malformed(f"NUMBER_VALUE can not be converted to {named(kind)}")
    return value


def instant(seconds: float) -> float:
    """Check that epoch seconds are a date of the years 1 to 9999. Raises Malformed."""
    if not EARLIEST <= seconds < LATEST:
        raise Malformed("Unable to parse date: out of range")
    return seconds


def named(kind: str) -> str:
    """A type as AWS's messages name it: `an Integer`, `a String`."""
    return f"{'an' if kind == 'integer' else 'a'} {kind.capitalize()}"


def iso8601(seconds: float) -> str:
    """Write epoch seconds as AWS's XML has them: no fraction, or milliseconds, or microseconds where needed."""
    moment = EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    if not moment.microsecond:
        return moment.isoformat(timespec="seconds") + "Z"
    return moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds") + "Z"


def from_iso8601(text: str) -> float:
    """Read `2026-01-02T03:04:05.678Z` (or with an offset) as epoch seconds. Raises Malformed."""
    if not ISO8601.fullmatch(text):
        raise Malformed("timestamp must follow ISO8601")
    try:
        since = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) - EPOCH
    except (ValueError, OverflowError):
        raise Malformed("timestamp must follow ISO8601") from None
    return (since // timedelta(microseconds=1)) / 1_000_000
