"""Sealing: what leaves this process and comes back, or lies in the database, and nobody else may read or alter.

AES-256-GCM with keys of the installation, which are never in the database. The newest key seals; older ones still open
what they sealed, until they are forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entrepot.domain.errors import TokenRefused

KEY_BYTES: Final = 32
NAME_BYTES: Final = 8
KEYS_MAX: Final = 16
LOOK_AGAIN: Final = 1.0  # seconds after which the place where the keys are is looked at again
_NONCE = 12


class HasRing(Protocol):
    """What knows the installation's sealing keys."""

    @property
    def ring(self) -> Ring: ...


@dataclass(slots=True)
class Ring:
    """The sealing keys, the newest first. `load` reads them where they lie; None where they cannot change.

    A process that runs while keys are rotated sees that within a second, and at once where it meets a new key's name.
    """

    keys: tuple[bytes, ...]
    load: Callable[[], Sequence[bytes]] | None = None
    _looked: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __repr__(self) -> str:
        return "Ring(…)"

    def current(self) -> bytes:
        """The key that seals."""
        if self.load is not None and time.monotonic() - self._looked > LOOK_AGAIN:
            self._look()
        return self.keys[0]

    def named(self, name: bytes) -> bytes | None:
        """The key of that name, None where there is none, or none any more."""
        self.current()
        found = self._find(name)
        if found is None and self.load is not None:
            self._look()
            found = self._find(name)
        return found

    def _find(self, name: bytes) -> bytes | None:
        return next((key for key in self.keys if name_of(key) == name), None)

    def _look(self) -> None:
        with self._lock:
            if self.load is not None:
                self.keys = tuple(self.load()) or self.keys  # in one step: threads read it without the lock
            self._looked = time.monotonic()


def name_of(key: bytes) -> bytes:
    """What tells a key from others and says nothing of it."""
    return derive(key, "name")[:NAME_BYTES]


@lru_cache(maxsize=256)
def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose."""
    return hmac.new(key, f"entrepot {purpose}".encode(), hashlib.sha256).digest()


def seal(keys: HasRing, purpose: str, data: bytes) -> bytes:
    """Seal bytes for a purpose: they open for no other. The sealing key's name stands in front."""
    key, nonce = keys.ring.current(), os.urandom(_NONCE)
    name = name_of(key)
    return name + nonce + AESGCM(derive(key, "seal")).encrypt(nonce, data, _bound(name, purpose))


def unseal(keys: HasRing, purpose: str, sealed: bytes) -> bytes:
    """What was sealed for that purpose. Raises TokenRefused for bytes that are altered, of another purpose or key."""
    name, nonce, rest = sealed[:NAME_BYTES], sealed[NAME_BYTES : NAME_BYTES + _NONCE], sealed[NAME_BYTES + _NONCE :]
    key = keys.ring.named(name)
    if key is None or len(nonce) < _NONCE:
        raise TokenRefused
    try:
        return AESGCM(derive(key, "seal")).decrypt(nonce, rest, _bound(name, purpose))
    except InvalidTag as error:
        raise TokenRefused from error


def is_current(keys: HasRing, sealed: bytes) -> bool:
    """Whether the newest key sealed this."""
    return sealed[:NAME_BYTES] == name_of(keys.ring.current())


def _bound(name: bytes, purpose: str) -> bytes:
    return name + purpose.encode()


# --- keys as they are kept -------------------------------------------------------------------------------------


def fresh() -> bytes:
    return os.urandom(KEY_BYTES)


def parse_file(content: bytes) -> tuple[bytes, ...]:
    """The keys in a file: 32 bytes each, the newest first. Raises ValueError."""
    count, rest = divmod(len(content), KEY_BYTES)
    if rest or not 0 < count <= KEYS_MAX:
        raise ValueError(f"a sealing key is {KEY_BYTES} bytes")
    return tuple(content[at : at + KEY_BYTES] for at in range(0, len(content), KEY_BYTES))


def parse_text(text: str) -> tuple[bytes, ...]:
    """The keys in a variable or in what a command printed: base64 with commas or space between. Raises ValueError."""
    try:
        found = tuple(base64.b64decode(word, validate=True) for word in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("a sealing key is written in base64") from None
    if not 0 < len(found) <= KEYS_MAX or any(len(key) != KEY_BYTES for key in found):
        raise ValueError(f"a sealing key is {KEY_BYTES} bytes, written in base64")
    return found
