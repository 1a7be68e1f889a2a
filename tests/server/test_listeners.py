"""Addresses, families and TLS of listeners."""

import contextlib
import datetime as dt
import signal
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from entrepot.config import ConfigError, Settings
from entrepot.server import listeners


def certify(folder: Path, name: str) -> None:
    """Write `cert.pem` and `key.pem` for a name."""
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
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


def tls_listener(folder: Path, **more: str) -> dict[str, str]:
    tls = f'{{certificate = "{folder}/cert.pem", key = "{folder}/key.pem"}}'
    return {"listeners": f'[{{name = "secure", address = "127.0.0.1:0", tls = {tls}}}]', **more}


def handshake(port: int) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = socket.create_connection(("127.0.0.1", port), 10)
    return context.wrap_socket(connection, server_hostname="localhost")


def served_name(connection: ssl.SSLSocket) -> str:
    der = connection.getpeercert(binary_form=True)
    assert der
    names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value)


def secure_port(server: Any) -> int:
    return int(server.running["urls"][1].rpartition(":")[2])


def ask(connection: ssl.SSLSocket, target: str) -> bytes:
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    got = bytearray()
    while piece := connection.recv(1 << 20):
        got += piece
    return bytes(got).partition(b"\r\n\r\n")[2]


def test_tls_and_plain_side_by_side(serve: Callable[..., Any], tmp_path: Path, blob: bytes) -> None:
    """Both listeners serve texts and files; the application sees which scheme it was."""
    certify(tmp_path, "one")
    server = serve(**tls_listener(tmp_path)).wait_ready()
    assert server.running["urls"][1].startswith("https://127.0.0.1:")
    for target, expected in (("/peer", b"https 127.0.0.1"), ("/blob", blob), ("/blob?offset=7&count=9", blob[7:16])):
        with handshake(secure_port(server)) as connection:
            assert ask(connection, target) == expected
    assert b"http 127.0.0.1" in server.get("/peer")


def test_sighup_renews_the_certificate(serve: Callable[..., Any], tmp_path: Path) -> None:
    """New connections get the new certificate, open ones go on, and a broken file changes nothing."""
    certify(tmp_path, "one")
    server = serve(**tls_listener(tmp_path)).wait_ready()
    with handshake(secure_port(server)) as before:
        assert served_name(before) == "one"
        certify(tmp_path, "two")
        server.process.send_signal(signal.SIGHUP)
        server.until(lambda: server.lines("certificate renewed"))
        with handshake(secure_port(server)) as after:
            assert served_name(after) == "two"
        (tmp_path / "key.pem").write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        server.until(lambda: server.lines("certificate not renewed"))
        with handshake(secure_port(server)) as after:
            assert served_name(after) == "two"
        assert ask(before, "/peer") == b"https 127.0.0.1"


def test_a_tls_client_that_stops_reading_is_dropped(serve: Callable[..., Any], tmp_path: Path, blob: bytes) -> None:
    """The deadline for bytes that stand still holds there too."""
    certify(tmp_path, "one")
    server = serve(**tls_listener(tmp_path, limits__body_seconds="1")).wait_ready()
    with handshake(secure_port(server)) as connection:
        connection.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        server.until(lambda: server.lines("request"))
    assert server.lines("request")[0]["ended"] == "client left"


def test_plain_http_to_a_tls_port(serve: Callable[..., Any], tmp_path: Path) -> None:
    """It gets nothing, and the server goes on."""
    certify(tmp_path, "one")
    server = serve(**tls_listener(tmp_path)).wait_ready()
    with server.connect(secure_port(server)) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in connection.recv(1000)
    with handshake(secure_port(server)) as secure:
        assert ask(secure, "/peer") == b"https 127.0.0.1"


@pytest.mark.parametrize("broken", ["absent", "nonsense", "other key"])
def test_a_certificate_that_cannot_be_used(serve: Callable[..., Any], tmp_path: Path, broken: str) -> None:
    """One line that names the files, and 2."""
    certify(tmp_path, "one")
    key = (tmp_path / "key.pem").read_text()
    match broken:
        case "absent":
            (tmp_path / "key.pem").unlink()
        case "nonsense":
            (tmp_path / "cert.pem").write_text("nonsense")
        case _:
            certify(tmp_path, "two")
            (tmp_path / "key.pem").write_text(key)
    server = serve(**tls_listener(tmp_path))
    assert server.process.wait(10) == 2
    line = server.log.read_text()
    assert line.count("\n") == 1
    assert f"the certificate {tmp_path}/cert.pem or its key" in line


def test_localhost_is_both_families(serve: Callable[..., Any]) -> None:
    """One port on 127.0.0.1 and on ::1, wherever the machine has IPv6."""
    server = serve(listen="localhost:0").wait_ready()
    assert server.running["urls"] == [f"http://localhost:{server.port}"]
    assert b"http 127.0.0.1" in server.get("/peer")
    with contextlib.suppress(OSError), socket.create_connection(("::1", server.port), 5) as connection:
        connection.sendall(b"GET /peer HTTP/1.1\r\nHost: [::1]\r\n\r\n")
        server.read(connection, b"http ::1")


@pytest.mark.parametrize(("listen", "families"), [("127.0.0.1:0", 1), (":0", 2), ("localhost:0", 2), ("[::1]:0", 1)])
def test_families(listen: str, families: int) -> None:
    """Each address of a host is a socket of its own; all have one port, which is really free."""
    for _ in range(5):
        doors = listeners.open_all(Settings(listen=listen))
        try:
            assert 1 <= len(doors[0].sockets) <= families
            assert {each.getsockname()[1] for each in doors[0].sockets} == {doors[0].listener.port}
            assert listeners.bound(Settings(), doors).registry_host == f"localhost:{doors[0].listener.port}"
        finally:
            listeners.close_all(doors)


@pytest.mark.parametrize(
    ("listen", "words"),
    [("203.0.113.1:0", "cannot be listened on"), ("no-such-host.invalid:0", "cannot be listened on")],
)
def test_addresses_that_are_not_ours(listen: str, words: str) -> None:
    """Refused in words, and nothing stays open."""
    with pytest.raises(ConfigError, match=words):
        listeners.open_all(Settings(listen=listen))


def test_trusted_proxies(serve: Callable[..., Any]) -> None:
    """X-Forwarded-For and -Proto are believed of those proxies and of nobody else; metrics of neither."""
    forwarded = ("X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https")
    trusting = serve("a", trusted_proxies="127.0.0.1").wait_ready()
    assert b"https 198.51.100.7" in trusting.get("/peer", *forwarded)
    assert trusting.get("/metrics").startswith(b"HTTP/1.1 200")
    assert trusting.get("/metrics", "X-Forwarded-For: 127.0.0.1").startswith(b"HTTP/1.1 403")
    plain = serve("b").wait_ready()
    assert b"http 127.0.0.1" in plain.get("/peer", *forwarded)
    assert plain.get("/metrics", *forwarded).startswith(b"HTTP/1.1 403")
