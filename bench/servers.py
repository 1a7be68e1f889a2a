"""Entrepot and its rivals, started side by side in fresh folders on loopback and ended with the block."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench import nginx, processes, user
from bench.workloads import DOCKER_REGISTRY, ENTREPOT, MOTO, NGINX, ApiKey, Server

SINK = nginx.SINK
RUNNING = "run/server.json"
"""What entrepot writes below its data when every worker serves."""
ROOT = ApiKey("AKIAIOSFODNN7BENCH00", secrets.token_urlsafe(30), "us-east-1")
"""The key of the first account's root: it makes the user that the calls come from."""
# moto_server looks at no signature: any key will do.
MOTO_KEY = ApiKey("AKIAIOSFODNN7EXAMPLE", "a secret that nobody checks", "us-east-1")


@contextmanager
def entrepot(
    folder: Path, workers: int | None = None, settings: Mapping[str, str] | None = None, known: bool = True
) -> Iterator[Server]:
    """`entrepot serve` with its defaults, data in `folder/data` (which may be there already), HTTP and HTTPS.

    `settings` are more variables (`ENTREPOT_GC__INTERVAL`). With `known` the server has the user of bench/user.py, the
    headers their login and the key theirs; without, nobody has called it yet.
    """
    port, tls_port = processes.free_port(), processes.free_port()
    certificate, key = certified(folder)
    tls = f'{{ certificate = "{certificate}", key = "{key}" }}'
    listener = f'[[listeners]]\nname = "tls"\naddress = "127.0.0.1:{tls_port}"\ntls = {tls}\n'
    (folder / "entrepot.toml").write_text(listener)
    env = processes.environment() | {
        "ENTREPOT_CONFIG": str(folder / "entrepot.toml"),
        "ENTREPOT_DATA_DIR": str(folder / "data"),
        "ENTREPOT_LISTEN": f"127.0.0.1:{port}",
        "ENTREPOT_ACCESS_KEY_ID": ROOT.access_key_id,
        "ENTREPOT_SECRET_ACCESS_KEY": ROOT.secret_access_key,
        "ENTREPOT_REGION": ROOT.region,
        **({"ENTREPOT_WORKERS": str(workers)} if workers else {}),
        **(settings or {}),
    }
    command = [sys.executable, "-m", "entrepot", "serve"]
    with processes.running(command, folder, port, "/readyz", env, folder / "data" / RUNNING) as pid:
        bare = Server(ENTREPOT, port, folder, pid, tls_port)
        yield _known(bare) if known else bare


def _known(server: Server) -> Server:
    known = user.made(server.port, ROOT)
    headers = {"Authorization": known.authorization}
    return Server(server.name, server.port, server.folder, server.pid, server.tls_port, headers, known.key)


@contextmanager
def docker_registry(folder: Path) -> Iterator[Server]:
    """Debian's docker-registry on `folder/data`, without access control and access log; a second instance speaks TLS.

    The process id is that of the first, which speaks HTTP.
    """
    certificate, key = certified(folder)
    with ExitStack() as stack:
        first = stack.enter_context(plain_docker_registry(folder))
        tls = {"tls": {"certificate": str(certificate), "key": str(key)}}
        _, tls_port = stack.enter_context(_distribution(folder, tls))
        yield Server(DOCKER_REGISTRY, first.port, folder, first.pid, tls_port)


@contextmanager
def plain_docker_registry(folder: Path) -> Iterator[Server]:
    """The same without TLS."""
    with _distribution(folder, {}) as (pid, port):
        yield Server(DOCKER_REGISTRY, port, folder, pid)


@contextmanager
def _distribution(folder: Path, tls: Mapping[str, object]) -> Iterator[tuple[int, int]]:
    port = processes.free_port()
    written = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "benchmark", **tls},
    }
    config = folder / f"config-{port}.yml"
    config.write_text(json.dumps(written))
    command = [processes.program("docker-registry"), "serve", str(config)]
    with processes.running(command, folder, port, "/v2/") as pid:
        yield pid, port


@contextmanager
def files(folder: Path) -> Iterator[Server]:
    """Static files of `folder/files` by nginx: see bench/nginx.py."""
    with nginx.files(folder, *certified(folder)) as server:
        yield server


@contextmanager
def sink(folder: Path) -> Iterator[Server]:
    """Take pushes and keep nothing: see bench/nginx.py."""
    with nginx.sink(folder, *certified(folder)) as server:
        yield server


@contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """Run moto_server, which keeps everything in memory and checks neither signatures nor policies."""
    port = processes.free_port()
    with processes.running(
        [processes.program(MOTO), "-H", "127.0.0.1", "-p", str(port)], folder, port, "/moto-api/data.json"
    ) as pid:
        yield Server(MOTO, port, folder, pid, key=MOTO_KEY)


STARTERS: Mapping[str, Callable[[Path], AbstractContextManager[Server]]] = {
    ENTREPOT: entrepot,
    DOCKER_REGISTRY: docker_registry,
    NGINX: files,
    MOTO: moto,
    SINK: sink,
}


def missing(names: Sequence[str]) -> list[str]:
    """Programs that are not installed here, of those that load and these servers need."""
    wanted = ["wrk", *(name for name in names if name in (DOCKER_REGISTRY, NGINX, MOTO))]
    return [name for name in wanted if not processes.installed(name)]


@contextmanager
def opened(names: Sequence[str], folder: Path) -> Iterator[list[Server]]:
    """Start these servers, each in a new folder below `folder`."""
    with ExitStack() as stack:
        started = []
        for name in names:
            own = folder / name
            own.mkdir(parents=True)
            started.append(stack.enter_context(STARTERS[name](own)))
        yield started


def certified(folder: Path) -> tuple[Path, Path]:
    """Files with a certificate for 127.0.0.1 that signs itself, and its key (P-256); made where they are not there."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    if not certificate.exists():
        private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = dt.datetime.now(dt.UTC)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        signed = (
            x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(private, hashes.SHA256())
        )
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return certificate, key
