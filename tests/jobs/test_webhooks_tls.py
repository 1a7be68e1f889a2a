"""Webhooks over TLS: the certificate is checked for the URL's host, on a connection to the checked address."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.receiving import post

from entrepot.domain.webhooks import make
from entrepot.jobs import posting
from entrepot.upstream import calls


def certify(folder: Path, name: str) -> None:
    """Write `cert.pem` and `key.pem` for a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate is no error here."""


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[int, list[str | None]]]:
    """An HTTPS receiver: its port, and the names that clients asked for."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def _trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trust the certificate of the receiver."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    calls.trust.cache_clear()
    yield
    calls.trust.cache_clear()


def send(port: int, host: str) -> posting.Answer:
    return post(make("ci", f"https://{host}:{port}/", allow_private=True, timeout=5), b'{"id": "1"}')


@pytest.mark.usefixtures("_trusting")
def test_a_certificate_for_the_host(tmp_path: Path) -> None:
    """A message arrives where the certificate is for the URL's host, and that host is what is asked for."""
    certify(tmp_path, "localhost")
    with receiving(tmp_path) as (port, asked):
        assert send(port, "localhost").arrived
        assert asked == ["localhost"]
        wrong = send(port, "127.0.0.1")
        assert not wrong.arrived
        assert not wrong.final
        assert wrong.error.startswith("SSLCertVerificationError")


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """A message is not sent to whom the machine does not trust."""
    certify(tmp_path, "localhost")
    calls.trust.cache_clear()
    with receiving(tmp_path) as (port, _):
        assert send(port, "localhost").error.startswith("SSLCertVerificationError")
