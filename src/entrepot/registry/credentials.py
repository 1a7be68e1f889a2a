"""Login tokens and download URLs: what carries who, what and until when, and cannot be altered.

A login password looks like ECR's: base64 of a JSON object whose `payload` is sealed with a key of the installation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass
from functools import lru_cache

from entrepot.domain.errors import TokenRefused
from entrepot.registry import sealing
from entrepot.registry.sealing import Ring

TOKEN_SECONDS = 12 * 3600  # ECR user guide, "Private registry authentication"
URL_SECONDS = 3600  # ECR's download URLs carry X-Amz-Expires=3600
_PASSWORD_LIMIT = 20_000
_CONTENT_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's secrets: the root access key of its account, and what seals tokens, URLs and secrets."""

    access_key_id: str
    secret_access_key: str
    sealing: bytes | Ring

    @property
    def ring(self) -> Ring:
        return self.sealing if isinstance(self.sealing, Ring) else Ring((self.sealing,))

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login token says: whose access key fetched it, in which registry, until when (seconds since 1970).

    `session` is what the session token of temporary credentials says, empty for a key that stays.
    """

    access_key_id: str
    account: str
    region: str
    expires: int
    session: str = ""


def issue(keys: Keys, login: Login) -> str:
    """The password for `docker login`, free of colons."""
    text = json.dumps([login.access_key_id, login.account, login.region, login.session]).encode()
    payload = sealing.seal(keys, _purpose(login.expires), zlib.compress(text))
    return _envelope(payload, login.expires)


def read(keys: Keys, password: str, now: int) -> Login:
    """What a password says, `now` in microseconds UTC.

    Raises TokenRefused for one that is altered, expired, or not of this installation.
    """
    if len(password) > _PASSWORD_LIMIT:
        raise TokenRefused
    ring = keys.ring
    ring.current()  # looks again where that is due
    login = _opened(password, ring.keys)
    if now >= login.expires * 1_000_000:
        raise TokenRefused
    return login


@lru_cache(maxsize=1024)
def _opened(password: str, ring: tuple[bytes, ...]) -> Login:
    """What a password says, whenever; one that was opened is remembered, one that is refused is not."""
    try:
        outer = json.loads(base64.b64decode(password, validate=True))
        payload = base64.b64decode(outer["payload"], validate=True)
        expires = outer["expiration"]
        if not isinstance(expires, int) or not hmac.compare_digest(
            _envelope(payload, expires).encode(), password.encode()
        ):
            raise TokenRefused
        text = inflate(sealing.unseal(Keys("", "", Ring(ring)), _purpose(expires), payload))
        access_key_id, account, region, session = json.loads(text)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise TokenRefused from error
    return Login(access_key_id, account, region, expires, session)


def inflate(data: bytes) -> bytes:
    """What `zlib.compress` made smaller, at most 64 KiB of it. Raises ValueError beyond."""
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, _CONTENT_LIMIT)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not inflating.eof:
        raise ValueError("too large")
    return text


def sign_download(keys: Keys, repository: int, digest: str, expires: int) -> str:
    """The signature of a download URL for one blob of one repository until `expires` (seconds since 1970)."""
    return _signature(keys.ring.current(), repository, digest, expires)


def download_allowed(keys: Keys, repository: int, digest: str, expires: int, signature: str, now: int) -> bool:
    """Whether a download URL is genuine and not over, `now` in microseconds UTC."""
    ring = keys.ring
    ring.current()  # looks again where that is due
    signed = [_signature(key, repository, digest, expires) for key in ring.keys]
    genuine = [hmac.compare_digest(each.encode(), signature.encode()) for each in signed]
    return any(genuine) and now < expires * 1_000_000


def _signature(key: bytes, repository: int, digest: str, expires: int) -> str:
    message = f"GET\n{repository}\n{digest}\n{expires}".encode()
    return hmac.new(sealing.derive(key, "download"), message, hashlib.sha256).hexdigest()


def _envelope(payload: bytes, expires: int) -> str:
    document = {
        "payload": base64.b64encode(payload).decode(),
        "datakey": base64.b64encode(payload[: sealing.NAME_BYTES]).decode(),
        "version": "2",
        "type": "DATA_KEY",
        "expiration": expires,
    }
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def _purpose(expires: int) -> str:
    return f"login 2 DATA_KEY {expires}"
