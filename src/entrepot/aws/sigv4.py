"""Signature Version 4: who signed a request, checked as AWS's JSON and Query services check it.

Rules from "AWS Signature Version 4 for API requests" in the IAM User Guide: paths are encoded twice (only S3 does not),
every `x-amz-*` header and `host` have to be signed, and the body is always part of the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
MAX_SKEW = timedelta(minutes=5)
MAX_EXPIRES = 604_800  # seconds: seven days
MAX_CREDENTIAL = 512  # characters
_ANY_REGION = frozenset({"sts", "iam"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_REGION = re.compile(r"[a-z0-9-]{1,63}")
_HEX = re.compile(r"[0-9a-f]{64}")
_EXPIRES = re.compile(r"[0-9]{1,10}")
_UNRESERVED = "-_.~"
_PARTS = ("Credential", "Signature", "SignedHeaders")

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
UNKNOWN_KEY = "The security token included in the request is invalid."


class Refusal(Enum):
    """Why a request is not believed. Each protocol has a name of its own for these (see `errors.py`)."""

    MISSING = auto()
    INCOMPLETE = auto()
    UNKNOWN_KEY = auto()
    MISMATCH = auto()
    TOKEN_EXPIRED = auto()


class SignatureError(Exception):
    """A request that is not believed. `str()` is AWS's message."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it was on the wire; header names in lower case, as ASGI gives them."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature, checked for form and time; the signature itself is not checked yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    stamp: str
    signed_at: int
    signed_headers: tuple[str, ...]
    signature: str
    session_token: str | None
    presigned: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed a request. `signed_at` is in microseconds UTC."""

    access_key_id: str
    region: str
    service: str
    signed_at: int
    session_token: str | None


def verify(
    request: SignedRequest, find_secret: Callable[[str], str | None], now: int, services: Collection[str]
) -> Verified:
    """Check everything about a request's signature. `now` is microseconds UTC. Raises SignatureError."""
    claim = read_claim(request, now, services)
    secret = find_secret(claim.access_key_id)
    if secret is None:
        raise SignatureError(Refusal.UNKNOWN_KEY, UNKNOWN_KEY)
    check_signature(request, claim, secret)
    return Verified(claim.access_key_id, claim.region, claim.service, claim.signed_at, claim.session_token)


def read_claim(request: SignedRequest, now: int, services: Collection[str]) -> Claim:
    """Read the header or the query form and check scope, time and what has to be signed.

    The body is not looked at, so this may come before it is read. Raises SignatureError.
    """
    headers = _joined(request.headers)
    query = _query(request.raw_query)
    given = headers.get("authorization")
    if given is not None and "X-Amz-Signature" in query:
        raise _incomplete("Only one of the Authorization header and the X-Amz-Signature parameter may be given.")
    if given is not None:
        claim = _from_header(given, headers)
    elif "X-Amz-Algorithm" in query or "X-Amz-Signature" in query:
        claim = _from_query(query)
    else:
        raise SignatureError(Refusal.MISSING, "Missing Authentication Token")
    _check_scope(claim, services)
    _check_time(claim, now, query.get("X-Amz-Expires"))
    _check_coverage(claim, headers)
    return claim


def check_signature(request: SignedRequest, claim: Claim, secret: str) -> None:
    """Compute the signature and compare it in constant time. Raises SignatureError."""
    digest = hashlib.sha256(request.body).hexdigest()
    announced = [value for name, value in request.headers if name == b"x-amz-content-sha256"]
    if announced and announced != [digest.encode()]:  # also UNSIGNED-PAYLOAD and STREAMING-…, which only S3 takes
        raise _mismatch()
    scope = f"{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
    canonical = hashlib.sha256(canonical_request(request, claim.signed_headers, digest)).hexdigest()
    key = signing_key(secret, claim.date, claim.region, claim.service)
    signature = hmac.digest(key, f"{ALGORITHM}\n{claim.stamp}\n{scope}\n{canonical}".encode(), "sha256").hex()
    if not hmac.compare_digest(signature, claim.signature):
        raise _mismatch()


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of a day, a region and a service. Cached by the secret itself, so a changed secret is never met here."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...], digest: str) -> bytes:
    """The text that is signed: method, path, query, headers, their names, and the body's digest."""
    lines = [request.method.encode(), canonical_path(request.raw_path), canonical_query(request.raw_query)]
    for name in signed_headers:
        key = name.encode()
        values = [b" ".join(value.split()) for header, value in request.headers if header == key]
        lines.append(key + b":" + b",".join(values))
    lines += [b"", ";".join(signed_headers).encode(), digest.encode()]
    return b"\n".join(lines)


def canonical_path(raw: bytes) -> bytes:
    """The path without `.`, `..` and empty segments, encoded once more than it came."""
    if raw in {b"/", b""}:
        return b"/"
    segments: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    path = b"/" + b"/".join(segments)
    if segments and raw.endswith(b"/"):
        path += b"/"
    return quote(path, safe="/" + _UNRESERVED).encode()


def canonical_query(raw: bytes) -> bytes:
    """The parameters decoded, encoded in the one way that counts, and sorted. `+` is a space, as in any form."""
    if not raw:
        return b""
    pairs = []
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if pair and name != b"X-Amz-Signature":
            pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs)).encode()


def _encoded(raw: bytes) -> str:
    return quote(unquote_to_bytes(raw.replace(b"+", b" ")), safe=_UNRESERVED)


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1")
        text = value.decode("latin-1")
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _query(raw: bytes) -> dict[str, str]:
    """The parameters of the query form. One that comes twice is as good as unsigned, so it is refused."""
    found: dict[str, str] = {}
    if b"X-Amz-" not in raw:
        return found
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name.startswith(b"X-Amz-"):
            key = name.decode("latin-1")
            if key in found:
                raise _incomplete(f"The parameter '{key}' is given more than once.")
            found[key] = unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace")
    return found


def _from_header(given: str, headers: Mapping[str, str]) -> Claim:
    scheme, _, rest = given.strip().partition(" ")
    if scheme != ALGORITHM:
        raise _incomplete(f"Authorization header requires the algorithm '{ALGORITHM}'.")
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in parts or name not in _PARTS:
            shown = "missing equal-sign" if not equals else "given more than once" if name in parts else "unknown"
            raise _incomplete(f"'{name[:64]}' not a valid key=value pair ({shown}) in Authorization header.")
        parts[name] = value
    stamp = headers.get("x-amz-date") or _from_http_date(headers.get("date", ""))
    missing = [f"Authorization header requires '{name}' parameter." for name in _PARTS if not parts.get(name)]
    if not stamp:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise _incomplete(" ".join(missing))
    token = headers.get("x-amz-security-token")
    return _claim(parts["Credential"], stamp, parts["SignedHeaders"], parts["Signature"], token, presigned=False)


def _from_query(query: Mapping[str, str]) -> Claim:
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature")
    missing = [name for name in names if not query.get(name)]
    if missing:
        told = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise _incomplete(f"{told} Re-examine the query-string parameters.")
    algorithm, credential, stamp, signed_headers, signature = (query[name] for name in names)
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm[:64]}'.")
    return _claim(credential, stamp, signed_headers, signature, query.get("X-Amz-Security-Token"), presigned=True)


def _claim(  # the five parts of every signature
    credential: str, stamp: str, signed_headers: str, signature: str, token: str | None, *, presigned: bool
) -> Claim:
    elements = credential.split("/") if len(credential) <= MAX_CREDENTIAL else []
    if len(elements) != 5 or not elements[0]:  # noqa: PLR2004  # said in the text
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential[:128]}'"
        )
    access_key_id, date, region, service, terminator = elements
    names = tuple(signed_headers.split(";"))
    if terminator != TERMINATOR:
        raise _mismatch(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.")
    if not _STAMP.fullmatch(stamp):
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{stamp[:64]}'. See section 3.2.")
    if date != stamp[:8]:
        raise _mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{date}' != '{stamp[:8]}', from '{stamp}'."
        )
    if not _HEX.fullmatch(signature) or len(set(names)) != len(names):
        raise _mismatch()
    signed_at = _microseconds(stamp)
    return Claim(access_key_id, date, region, service, stamp, signed_at, names, signature, token, presigned)


@lru_cache(maxsize=64)
def _microseconds(stamp: str) -> int:
    try:
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete(f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See section 3.2.") from None
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _from_http_date(text: str) -> str:
    """A `Date` header (IMF-fixdate, or ISO basic already) as ISO basic; empty where it is neither."""
    if not text or _STAMP.fullmatch(text):
        return text
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return ""
    return _basic(moment.astimezone(UTC) if moment.tzinfo else moment)  # `-0000` reads as no zone, and means UTC


def _check_scope(claim: Claim, services: Collection[str]) -> None:
    if claim.service not in services:
        expected = "', '".join(sorted(services))
        raise _mismatch(f"Credential should be scoped to correct service: '{expected}'. ")
    if not _REGION.fullmatch(claim.region):
        shown = "" if claim.service in _ANY_REGION else f", not '{claim.region[:64]}'"
        raise _mismatch(f"Credential should be scoped to a valid region{shown}. ")


def _check_time(claim: Claim, now: int, expires: str | None) -> None:
    signed, current = (_EPOCH + timedelta(microseconds=at) for at in (claim.signed_at, now))
    if signed > current + MAX_SKEW:
        raise _mismatch(
            f"Signature not yet current: {claim.stamp} is still later than {_basic(current + MAX_SKEW)} "
            f"({_basic(current)} + 5 min.)"
        )
    lifetime = MAX_SKEW
    if claim.presigned and expires is not None:
        if not _EXPIRES.fullmatch(expires) or not 1 <= int(expires) <= MAX_EXPIRES:
            raise _incomplete(f"X-Amz-Expires must be between 1 and {MAX_EXPIRES} seconds, got '{expires[:32]}'.")
        lifetime = timedelta(seconds=int(expires))
    if signed + lifetime < current:
        oldest = current - lifetime
        told = f"{lifetime.seconds // 60} min." if lifetime == MAX_SKEW else f"{expires} sec."
        raise _mismatch(
            f"Signature expired: {claim.stamp} is now earlier than {_basic(oldest)} ({_basic(current)} - {told})"
        )


def _basic(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _check_coverage(claim: Claim, headers: Mapping[str, str]) -> None:
    if "host" not in claim.signed_headers:
        raise _mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    unsigned = [name for name in headers if name.startswith("x-amz-") and name not in claim.signed_headers]
    if unsigned:
        raise _mismatch(f"'{unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization.")
    if any(name not in headers for name in claim.signed_headers):
        raise _mismatch()


def _mismatch(message: str = MISMATCH) -> SignatureError:
    return SignatureError(Refusal.MISMATCH, message)


def _incomplete(message: str) -> SignatureError:
    return SignatureError(Refusal.INCOMPLETE, message)
