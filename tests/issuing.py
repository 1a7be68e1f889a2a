"""An OpenID Connect provider on this machine: HTTPS, a discovery document, keys that it made, tokens that it signs."""

from __future__ import annotations

import base64
import datetime as dt
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(slots=True)
class Issuer:
    """The provider. `asked` are paths that came; with `fails` it answers 500; `document` and `keys` can change."""

    url: str
    certificate: Path
    document: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    private: dict[str, Private] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails: bool = False
    waits: float = 0.0

    @property
    def host(self) -> str:
        """What stands in the ARN and in front of condition keys."""
        return self.url.removeprefix("https://")

    def add_key(self, kid: str, private: Private | None = None) -> None:
        """Make a key, RSA where none is given, and publish it."""
        key = private or rsa.generate_private_key(65537, 2048)
        self.private[kid] = key
        self.keys.append(jwk(key, kid))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims that are good now; None takes one away."""
        now = int(time.time())
        claims = {"iss": self.url, "sub": "repo:acme/app:ref:refs/heads/main", "aud": "sts.amazonaws.com"}
        found = {**claims, "iat": now, "nbf": now - 5, "exp": now + 300, **changes}
        return {name: value for name, value in found.items() if value is not None}

    def token(self, kid: str = "one", header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token that a key of the provider signs."""
        key = self.private[kid]
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        head = {"alg": algorithm, "typ": "JWT", "kid": kid, **(header or {})}
        return signed(head, self.claims(**changes), key)


def signed(header: dict[str, Any], claims: Any, key: Private) -> str:
    """A token with any header and claims, its signature genuine."""
    text = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{text}.{encoded(signature(key, text.encode()))}"


def signature(key: Private, data: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key: Private, kid: str) -> dict[str, Any]:
    """The public half as it stands in a set of keys."""
    head = {"kid": kid, "use": "sig"}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        size = -(-numbers.n.bit_length() // 8)
        return {**head, "kty": "RSA", "alg": "RS256", "n": encoded(numbers.n.to_bytes(size, "big")), "e": "AQAB"}
    point = key.public_key().public_numbers()
    x, y = (encoded(value.to_bytes(32, "big")) for value in (point.x, point.y))
    return {**head, "kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y}


# --- serving ---------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    issuer: Issuer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        issuer = self.server.issuer
        issuer.asked.append(self.path)
        time.sleep(issuer.waits)
        found = {"/.well-known/openid-configuration": issuer.document, "/keys": {"keys": issuer.keys}}.get(self.path)
        self.send_response(500 if issuer.fails else 200 if found is not None else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """A provider with one RSA key `one`; `certificate` is what its clients have to trust."""
    certificate = folder / "issuer.pem"
    _certify(certificate, folder / "issuer.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "issuer.key")
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"https://localhost:{server.server_address[1]}"
    issuer = Issuer(url, certificate)
    issuer.document = {"issuer": url, "jwks_uri": f"{url}/keys"}
    issuer.add_key("one")
    server.issuer = issuer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certify(certificate: Path, private: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
