"""Tokens of OpenID Connect providers: signed JWTs (RFC 7519), RS256 and ES256 and nothing else.

What a token says of how it is to be checked is not believed: keys come from its issuer alone, the algorithm has to be
the key's, and a header that asks for more than that is refused before anything is fetched.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256

from entrepot.domain.errors import IdentityTokenExpired, IdentityTokenInvalid

TOKEN_MAX: Final = 20_000  # characters, as the model of STS has it
KEYS_MAX: Final = 100
LEEWAY: Final = 300  # seconds that a provider's clock may be ahead
_RSA_BITS = range(2048, 8193)
_ES256_BYTES = 64
_COORDINATE = 32
_TEXT = re.compile(r"[A-Za-z0-9_-]+")
# RFC 7515: `crit` names extensions that have to be understood; the others bring keys of their own.
_REFUSED = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"})


@dataclass(frozen=True, slots=True)
class Key:
    """A provider's public key; `kid` is empty where it has no name."""

    kid: str
    algorithm: str
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature is not checked yet. `kid` is empty where it names no key."""

    kid: str
    algorithm: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        return str(self.claims["iss"])

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom the token is for: its `azp` where it has one, as AWS takes it, else its `aud`."""
        party = self.claims.get("azp")
        return (party,) if isinstance(party, str) and party else audiences(self.claims)


def audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The `aud` of a token, which may be one or several."""
    found = claims["aud"]
    return (found,) if isinstance(found, str) else tuple(found)


# --- reading ---------------------------------------------------------------------------------------------------


def parse(text: str) -> Token:
    """Take a token apart. Raises IdentityTokenInvalid for what is no token, or one that no provider should make."""
    parts = text.split(".")
    if len(text) > TOKEN_MAX or len(parts) != 3:  # noqa: PLR2004  # header, claims, signature
        raise _invalid()
    header, claims, signature = _object(parts[0]), _object(parts[1]), _decode(parts[2])
    algorithm, kid = header.get("alg"), header.get("kid", "")
    if algorithm not in ("RS256", "ES256"):
        raise IdentityTokenInvalid("The token's algorithm is not RS256 or ES256.")
    if not isinstance(kid, str):
        raise IdentityTokenInvalid("The token's key id (kid) is not text.")
    if not _REFUSED.isdisjoint(header):
        raise IdentityTokenInvalid("The token's header is not supported.")
    _check(claims)
    return Token(kid, algorithm, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def check_times(token: Token, now: int) -> None:
    """Refuse a token that is over, or not yet good; `now` in microseconds UTC.

    Raises IdentityTokenExpired, IdentityTokenInvalid.
    """
    seconds = now // 1_000_000
    ends = token.claims["exp"]
    if seconds >= ends:
        raise IdentityTokenExpired(seconds, int(ends))
    for name in ("iat", "nbf"):
        if token.claims.get(name, 0) > seconds + LEEWAY:
            raise IdentityTokenInvalid("The token is not valid yet.")


def _check(claims: Mapping[str, Any]) -> None:
    """The claims that every token has. Raises IdentityTokenInvalid."""
    missing = [name for name in ("iss", "sub", "aud", "exp", "iat") if name not in claims]
    if missing:
        raise IdentityTokenInvalid(f"Missing a required claim: {missing[0]}")
    texts = all(isinstance(claims[name], str) and claims[name] for name in ("iss", "sub"))
    times = all(_is_time(claims[name]) for name in ("exp", "iat", "nbf") if name in claims)
    aud = claims["aud"]
    several = isinstance(aud, list) and aud and all(isinstance(each, str) and each for each in aud)
    if not texts or not times or not (several or (isinstance(aud, str) and aud)):
        raise _invalid()


def _is_time(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < 1 << 53  # type: ignore[operator]  # neither NaN nor infinity is


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decode(part), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _invalid() from None
    if not isinstance(found, dict):
        raise _invalid()
    return found


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _decode(part: str) -> bytes:
    """Bytes in base64url in its one form: without padding, with no bits left over. Raises IdentityTokenInvalid."""
    if not _TEXT.fullmatch(part):
        raise _invalid()
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise _invalid() from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise _invalid()
    return data


def _invalid() -> IdentityTokenInvalid:
    return IdentityTokenInvalid(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


# --- keys and signatures ---------------------------------------------------------------------------------------


def parse_keys(document: bytes) -> tuple[Key, ...]:
    """The keys of a JWK set (RFC 7517) that sign tokens; what else is in it is passed over. Raises ValueError."""
    try:
        found = json.loads(document)
    except RecursionError:
        raise ValueError("too deep") from None
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list) or len(entries) > KEYS_MAX:
        raise ValueError(f"not a set of at most {KEYS_MAX} keys")
    keys = [_key(entry) for entry in entries if isinstance(entry, dict)]
    return tuple(key for key in keys if key is not None)


def _key(entry: Mapping[str, Any]) -> Key | None:
    kid = entry.get("kid", "")
    operations = entry.get("key_ops", ["verify"])
    signs = entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    if not isinstance(kid, str) or not signs:
        return None
    try:
        if entry.get("kty") == "RSA" and entry.get("alg", "RS256") == "RS256":
            modulus = _number(entry["n"])
            public = rsa.RSAPublicNumbers(_number(entry["e"]), modulus).public_key()
            return Key(kid, "RS256", public) if modulus.bit_length() in _RSA_BITS else None
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256" and entry.get("alg", "ES256") == "ES256":
            numbers = ec.EllipticCurvePublicNumbers(_number(entry["x"]), _number(entry["y"]), ec.SECP256R1())
            return Key(kid, "ES256", numbers.public_key())
    except (KeyError, ValueError, IdentityTokenInvalid):
        pass
    return None


def _number(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError("not a number")  # noqa: TRY004  # of a document, which is wrong as a whole
    return int.from_bytes(_decode(text.rstrip("=")), "big")


def chosen(keys: Sequence[Key], token: Token) -> Key | None:
    """The key that a token names; of one that names none, the provider's only one."""
    fitting = [key for key in keys if key.algorithm == token.algorithm and (not token.kid or key.kid == token.kid)]
    return fitting[0] if len(fitting) == 1 else None


def is_signed(token: Token, key: Key) -> bool:
    """Whether the key signed the token."""
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            key.public.verify(token.signature, token.signed, padding.PKCS1v15(), SHA256())
        else:
            if len(token.signature) != _ES256_BYTES:
                return False
            r, s = (
                int.from_bytes(half, "big") for half in (token.signature[:_COORDINATE], token.signature[_COORDINATE:])
            )
            key.public.verify(utils.encode_dss_signature(r, s), token.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
