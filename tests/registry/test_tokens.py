"""Tokens of providers and sets of keys: the ones that RFC 7515 shows, and what is refused or passed over."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from tests.issuing import encoded, jwk, signed

from entrepot.domain.errors import IdentityTokenExpired, IdentityTokenInvalid
from entrepot.registry import tokens

RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
NOW = 1_800_000_000
CLAIMS = {"iss": "https://x", "sub": "s", "aud": "a", "iat": NOW, "exp": NOW + 60}

# RFC 7515, appendix A.2.1 and A.2.2: the key, and its signature over the example's text.
_RFC_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS"
    "-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg66"
    "5xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp"
    "oQ",
    "e": "AQAB",
}
_RFC_TEXT = (
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
_RFC_SIGNATURE = (
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
    "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
    "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)


def keys(*entries: dict[str, Any]) -> tuple[tokens.Key, ...]:
    return tokens.parse_keys(json.dumps({"keys": entries}).encode())


def test_the_example_of_the_rfc() -> None:
    """RS256 as RFC 7515, appendix A.2, has it."""
    (key,) = keys(_RFC_KEY)
    token = tokens.Token("", "RS256", {}, _RFC_TEXT.encode(), tokens._decode(_RFC_SIGNATURE))
    assert tokens.is_signed(token, key)
    assert not tokens.is_signed(tokens.Token("", "RS256", {}, _RFC_TEXT[:-1].encode(), token.signature), key)


@pytest.mark.parametrize("key", [RSA, CURVE])
def test_round_trip(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    """What a key signs is believed with that key and no other of its kind."""
    algorithm = "RS256" if key is RSA else "ES256"
    token = tokens.parse(signed({"alg": algorithm, "kid": "k"}, CLAIMS, key))
    (found,) = keys(jwk(key, "k"))
    assert tokens.chosen((found,), token) == found
    assert tokens.is_signed(token, found)
    other = rsa.generate_private_key(65537, 2048) if key is RSA else ec.generate_private_key(ec.SECP256R1())
    assert not tokens.is_signed(token, *keys(jwk(other, "k")))


def test_which_key() -> None:
    """The one that is named, of the algorithm; without a name the only one; of two alike none."""
    token = tokens.parse(signed({"alg": "RS256", "kid": "b"}, CLAIMS, RSA))
    first, second, curve = jwk(RSA, "a"), jwk(RSA, "b"), jwk(CURVE, "b")
    chosen = tokens.chosen(keys(first, second, curve), token)
    assert chosen is not None
    assert (chosen.kid, chosen.algorithm) == ("b", "RS256")
    assert tokens.chosen(keys(first, curve), token) is None
    assert tokens.chosen(keys(second, second), token) is None
    nameless = tokens.parse(signed({"alg": "RS256"}, CLAIMS, RSA))
    assert tokens.chosen(keys(first, curve), nameless) is not None
    assert tokens.chosen(keys(first, second), nameless) is None


def test_the_name_of_a_key_is_text() -> None:
    """A token whose header gives another value for it is told so."""
    for kid in (None, 1, ["a"]):
        with pytest.raises(IdentityTokenInvalid, match=r"The token's key id \(kid\) is not text"):
            tokens.parse(signed({"alg": "RS256", "kid": kid}, CLAIMS, RSA))


def test_keys_that_sign_nothing_here() -> None:
    """Short keys, other kinds, curves, uses and algorithms, and damaged ones, are passed over."""
    good = jwk(RSA, "a")
    wrong: list[Any] = [
        {"kty": "oct", "k": encoded(b"x" * 32), "kid": "a"},
        {**good, "use": "enc"},
        {**good, "alg": "RS384"},
        {**good, "key_ops": ["sign"]},
        {**good, "kid": 1},
        {**good, "n": 5},
        {**good, "n": "!"},
        {**good, "e": "AA"},
        {name: value for name, value in good.items() if name != "n"},
        jwk(rsa.generate_private_key(65537, 1024), "a"),
        {**jwk(CURVE, "a"), "crv": "P-384"},
        {**jwk(CURVE, "a"), "x": encoded(b"\1" * 32)},
        "a key",
        None,
    ]
    assert keys(*wrong) == ()
    assert len(keys(*wrong, good)) == 1


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys":1}', b"[" * 100_000, b'{"keys":[' + b"{}," * 100 + b"{}]}"]
)
def test_no_set_of_keys(document: bytes) -> None:
    """What is no set of at most 100 keys is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011  # json's words, too
        tokens.parse_keys(document)


def test_times() -> None:
    """A token is good until the second of its end; a provider's clock may be five minutes ahead."""
    token = tokens.parse(signed({"alg": "RS256"}, CLAIMS | {"nbf": NOW}, RSA))
    tokens.check_times(token, (NOW - 300) * 1_000_000)
    tokens.check_times(token, (NOW + 60) * 1_000_000 - 1)
    with pytest.raises(IdentityTokenExpired):
        tokens.check_times(token, (NOW + 60) * 1_000_000)
    with pytest.raises(IdentityTokenInvalid):
        tokens.check_times(token, (NOW - 301) * 1_000_000)


@given(st.text())
def test_junk(text: str) -> None:
    """No text is a token by chance, and none raises anything else."""
    with pytest.raises(IdentityTokenInvalid):
        tokens.parse(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*CLAIMS, "alg", "kid", "nbf", "azp"]), inner),
)


@given(_JSON, _JSON)
def test_junk_inside(header: Any, claims: Any) -> None:
    """Any JSON as header and claims is a token or refused."""
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims)) + ".AAAA"
    try:
        token = tokens.parse(text)
        tokens.check_times(token, int(time.time() * 1_000_000))
        assert token.audiences
    except (IdentityTokenInvalid, IdentityTokenExpired):
        pass
