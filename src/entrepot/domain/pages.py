"""Pages of a list: how many entries, and where the next page begins, as an opaque token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from entrepot.domain.errors import InvalidParameter

DEFAULT, LIMIT = 100, 1000  # ECR's maxResults
_TOKEN_LIMIT = 4096
_CHECK_BYTES = 6  # tell an altered token from ours; there is nothing in one to forge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Entries of one page, and the keys of the last one where there are more (empty where there are not)."""

    items: tuple[T, ...]
    last: tuple[str, ...] = ()


def token(scope: str, last: tuple[str, ...]) -> str:
    """An opaque token for the page after the keys `last` of the list that `scope` names."""
    text = json.dumps([scope, *last]).encode()
    return base64.urlsafe_b64encode(_check(text) + text).decode()


def _check(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:_CHECK_BYTES]


def start(scope: str, text: str | None, keys: int) -> tuple[str, ...]:
    """The keys after which a page begins: `keys` empty strings for the first page.

    Raises InvalidParameter for a token that is not of this list: altered, cut, or of another repository.
    """
    if text is None:
        return ("",) * keys
    try:
        if len(text) > _TOKEN_LIMIT:
            raise ValueError
        data = base64.b64decode(text, altchars=b"-_", validate=True)
        check, data = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
        value = json.loads(data) if check == _check(data) else None
    except (ValueError, RecursionError, binascii.Error):
        value = None
    if (
        not isinstance(value, list)
        or len(value) != keys + 1
        or value[0] != scope
        or not all(isinstance(item, str) and item.isprintable() for item in value)
    ):
        raise InvalidParameter("nextToken", "Invalid token")
    return tuple(value[1:])
