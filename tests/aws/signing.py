"""Requests signed by botocore, as a client puts them on the wire."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from entrepot.aws.sigv4 import SignedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
MICROSECONDS = 1_772_600_767_000_000


def at(moment: datetime) -> AbstractContextManager[object]:
    """Stop botocore's clock, which has no other way in."""
    return mock.patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None))


def sign(
    method: str = "POST",
    target: str = "/",
    body: bytes = b"{}",
    *,
    service: str = "ecr",
    region: str = "us-east-1",
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    moment: datetime = NOW,
    expires: int | None = None,
    credentials: Credentials | None = None,
) -> SignedRequest:
    """Sign a request; with `expires` (seconds) in the query string. `target` is path and query, as on the wire."""
    url = f"http://localhost:5000{target}"
    request = AWSRequest(method, url, headers=dict(headers or {}), data=body)
    who = credentials or Credentials(KEY, SECRET, token)
    if expires is None:
        signer = SigV4Auth(who, service, region)
    else:
        signer = SigV4QueryAuth(who, service, region, expires=expires)
    with at(moment):
        signer.add_auth(request)
    parts = urlsplit(str(request.url))
    raw = [(b"host", b"localhost:5000")]
    raw += [(name.lower().encode(), as_bytes(value)) for name, value in request.headers.items()]
    return SignedRequest(method, parts.path.encode() or b"/", parts.query.encode(), raw, body)


def as_bytes(value: str | bytes) -> bytes:
    """Header values come as either, whatever botocore's types say."""
    return value.encode() if isinstance(value, str) else value
