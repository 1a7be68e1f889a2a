"""Instants as policies write them: days and times of ISO 8601, or seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

# The profile of ISO 8601 that W3C's note "Date and Time Formats" describes, the time zone optional.
_W3C: Final = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(?P<time>T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.(?P<part>[0-9]{1,9}))?)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_EPOCH: Final = re.compile(r"[0-9]{1,13}(\.[0-9]{1,9})?")


def seconds(text: str) -> Decimal | None:
    """Seconds since 1970 of an instant, UTC where it names no time zone; None for any other text.

    Four digits are a year; other numbers are seconds as they stand. What leaves out its end begins it: `2030` and
    `2030-01` are the first instant of 2030. (IAM user guide, "Condition operators": Date condition operators.)
    """
    match = _W3C.fullmatch(text)
    if match is None:
        return Decimal(text) if _EPOCH.fullmatch(text) else None
    day = f"{match['year']}-{match['month'] or '01'}-{match['day'] or '01'}"
    try:
        found = datetime.fromisoformat(day + re.sub(r"\.[0-9]+", "", match["time"] or ""))
        whole = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return Decimal(int(whole)) + Decimal(f"0.{match['part'] or 0}")
