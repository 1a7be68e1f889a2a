"""Digests: `algorithm:hex`, as the OCI image specification writes them."""

from __future__ import annotations

import hashlib
import re

from entrepot.domain.errors import DigestInvalid

ALGORITHMS = {"sha256": 64, "sha512": 128}
_HEX = {name: re.compile(f"[a-f0-9]{{{length}}}") for name, length in ALGORITHMS.items()}


def parse(text: str) -> str:
    """The digest, checked: sha256 or sha512 with as many lower-case hex digits as that takes.

    Raises DigestInvalid. (OCI image-spec, "Digests": the two registered algorithms.)
    """
    algorithm, _, encoded = text.partition(":")
    pattern = _HEX.get(algorithm)
    if pattern is None or pattern.fullmatch(encoded) is None:
        raise DigestInvalid(text[:200])
    return text


def new(algorithm: str) -> hashlib._Hash:
    """An empty hash of one of ALGORITHMS."""
    return hashlib.new(algorithm)


def of(data: bytes, algorithm: str = "sha256") -> str:
    """The digest of `data` under one of ALGORITHMS."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def algorithm_of(digest: str) -> str:
    return digest.partition(":")[0]
