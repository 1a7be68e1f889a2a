"""What is sealed opens with the keys of the installation, for its purpose, and unaltered; else not at all."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import TokenRefused
from entrepot.registry import sealing
from entrepot.registry.sealing import Ring

OLD, NEW = b"o" * 32, b"n" * 32


@dataclass(frozen=True, slots=True)
class Holder:
    ring: Ring


KEYS = Holder(Ring((OLD,)))


@given(st.text(), st.binary(max_size=4096))
def test_round_trip(purpose: str, data: bytes) -> None:
    """Sealed bytes open for the purpose that they were sealed for, and no two seals are alike."""
    sealed = sealing.seal(KEYS, purpose, data)
    assert sealing.unseal(KEYS, purpose, sealed) == data
    assert sealing.seal(KEYS, purpose, data) != sealed
    with pytest.raises(TokenRefused):
        sealing.unseal(KEYS, purpose + "x", sealed)


def test_every_bit_counts() -> None:
    """With any bit turned, or cut short, nothing opens."""
    sealed = sealing.seal(KEYS, "x", b"some secret")
    for at in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(TokenRefused):
            sealing.unseal(KEYS, "x", bytes(altered))
    for end in range(len(sealed)):
        with pytest.raises(TokenRefused):
            sealing.unseal(KEYS, "x", sealed[:end])


@given(st.binary(max_size=200))
def test_junk(data: bytes) -> None:
    """What was never sealed does not open, and raises nothing else."""
    with pytest.raises(TokenRefused):
        sealing.unseal(KEYS, "x", data)


def test_nothing_shows() -> None:
    """The sealed bytes hold neither the secret nor the key, and the ring does not print itself."""
    sealed = sealing.seal(KEYS, "x", b"wJalrXUtnFEMI")
    assert b"wJalrXUtnFEMI" not in sealed
    assert OLD not in sealed
    assert "o" * 5 not in repr(KEYS)


def test_rotation() -> None:
    """A new key in front seals; what the older one sealed opens until that is forgotten."""
    sealed = sealing.seal(KEYS, "x", b"data")
    both, later = Holder(Ring((NEW, OLD))), Holder(Ring((NEW,)))
    assert sealing.unseal(both, "x", sealed) == b"data"
    assert not sealing.is_current(both, sealed)
    again = sealing.seal(both, "x", b"data")
    assert sealing.is_current(both, again)
    assert sealing.unseal(later, "x", again) == b"data"
    with pytest.raises(TokenRefused):
        sealing.unseal(later, "x", sealed)


def test_a_running_process_sees_a_rotation() -> None:
    """A key's name that is not known has the keys read again; keys that cannot be read stay."""
    lying: list[tuple[bytes, ...]] = [(OLD,)]
    ring = Ring((OLD,), lambda: lying[0])
    sealed = sealing.seal(Holder(Ring((NEW,))), "x", b"data")
    with pytest.raises(TokenRefused):
        sealing.unseal(Holder(ring), "x", sealed)
    lying[0] = (NEW, OLD)
    assert sealing.unseal(Holder(ring), "x", sealed) == b"data"
    lying[0] = ()
    ring.named(b"unknown!")
    assert ring.current() == NEW


def test_keys_in_a_file() -> None:
    """A file holds one key or several, the newest first; one of version 0.1 holds one."""
    assert sealing.parse_file(OLD) == (OLD,)
    assert sealing.parse_file(NEW + OLD) == (NEW, OLD)
    for wrong in (b"", OLD[:-1], OLD + b"\n", OLD * 17):
        with pytest.raises(ValueError, match="32 bytes"):
            sealing.parse_file(wrong)


def test_keys_in_a_variable() -> None:
    """A text holds the same in base64."""
    first, second = (base64.b64encode(key).decode() for key in (NEW, OLD))
    for text in (f"{first},{second}", f"{first} {second}\n", f" {first}, {second}"):
        assert sealing.parse_text(text) == (NEW, OLD)
    for wrong in ("", ",", "nothing", first[:-4], "ä"):
        with pytest.raises(ValueError, match="base64"):
            sealing.parse_text(wrong)
