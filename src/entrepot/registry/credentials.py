"""Login tokens and download URLs: what carries who, what and until when, and cannot be altered.

A login password looks like ECR's: base64 of a JSON object whose `payload` is sealed (AES-256-GCM) with a key of the
installation. The key lives beside the database, never in it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entrepot.domain.errors import TokenRefused

TOKEN_SECONDS = 12 * 3600  # ECR user guide, "Private registry authentication"
URL_SECONDS = 3600  # ECR's download URLs carry X-Amz-Expires=3600
_PASSWORD_LIMIT = 8192
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's secrets: the root access key of its account, and 32 bytes that seal tokens and URLs."""

    access_key_id: str
    secret_access_key: str
    sealing: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login token says: whose access key fetched it, in which registry, until when (seconds since 1970)."""

    access_key_id: str
    account: str
    region: str
    expires: int


def issue(keys: Keys, login: Login) -> str:
    """The password for `docker login`, free of colons."""
    nonce = os.urandom(_NONCE)
    text = json.dumps([login.access_key_id, login.account, login.region]).encode()
    sealed = AESGCM(_derive(keys, "login")).encrypt(nonce, text, _frame(login.expires))
    return _envelope(nonce + sealed, _key_name(keys), login.expires)


def read(keys: Keys, password: str, now: int) -> Login:
    """What a password says, `now` in microseconds UTC.

    Raises TokenRefused for one that is altered, expired, or not of this installation.
    """
    if len(password) > _PASSWORD_LIMIT:
        raise TokenRefused
    try:
        outer = json.loads(base64.b64decode(password, validate=True))
        payload = base64.b64decode(outer["payload"], validate=True)
        expires = outer["expiration"]
        if not isinstance(expires, int) or not hmac.compare_digest(
            _envelope(payload, _key_name(keys), expires).encode(), password.encode()
        ):
            raise TokenRefused
        text = AESGCM(_derive(keys, "login")).decrypt(payload[:_NONCE], payload[_NONCE:], _frame(expires))
        access_key_id, account, region = json.loads(text)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError, InvalidTag) as error:
        raise TokenRefused from error
    if now >= expires * 1_000_000:
        raise TokenRefused
    return Login(access_key_id, account, region, expires)


def sign_download(keys: Keys, repository: int, digest: str, expires: int) -> str:
    """The signature of a download URL for one blob of one repository until `expires` (seconds since 1970)."""
    message = f"GET\n{repository}\n{digest}\n{expires}".encode()
    return hmac.new(_derive(keys, "download"), message, hashlib.sha256).hexdigest()


def download_allowed(keys: Keys, repository: int, digest: str, expires: int, signature: str, now: int) -> bool:
    """Whether a download URL is genuine and not over, `now` in microseconds UTC."""
    genuine = hmac.compare_digest(sign_download(keys, repository, digest, expires).encode(), signature.encode())
    return genuine and now < expires * 1_000_000


def _envelope(payload: bytes, key_name: str, expires: int) -> str:
    document = {
        "payload": base64.b64encode(payload).decode(),
        "datakey": key_name,
        "version": "2",
        "type": "DATA_KEY",
        "expiration": expires,
    }
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def _frame(expires: int) -> bytes:
    return f"2 DATA_KEY {expires}".encode()


def _derive(keys: Keys, purpose: str) -> bytes:
    return hmac.new(keys.sealing, f"entrepot {purpose}".encode(), hashlib.sha256).digest()


def _key_name(keys: Keys) -> str:
    return base64.b64encode(_derive(keys, "name")[:12]).decode()
