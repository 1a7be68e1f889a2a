"""A real server on HTTP and TLS, and a client that speaks to it as the specification has it."""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import ipaddress
import json
import re
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.clients.processes import environment, free_port
from tests.clients.serving import serving

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"

# The specification's; TAG_INVALID is Docker's, and ECR's.
CODES = {
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DENIED",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "TAG_INVALID",
    "TOOMANYREQUESTS",
    "UNAUTHORIZED",
    "UNSUPPORTED",
}
WARNING = re.compile(r'299 - "[ -~]+"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of an error in the specification's form."""
        [error] = json.loads(self.body)["errors"]
        assert set(error) <= {"code", "message", "detail"}
        return str(error["code"])

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Client:
    """Speaks to one repository with a login; paths that begin with a slash are taken as they are."""

    connection: http.client.HTTPConnection
    login: str
    repository: str
    others: list[str] = field(default_factory=list)

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **more: str
    ) -> Answer:
        """Send a request; keywords are headers, with `_` for `-`. A body that is no bytes is sent chunked."""
        place = path if path.startswith("/") else f"/v2/{self.repository}/{path}"
        named = {name.replace("_", "-"): value for name, value in more.items()}
        every = {"Authorization": self.login, **named, **(headers or {})}
        self.connection.request(method, place, body, {name: value for name, value in every.items() if value})
        response = self.connection.getresponse()
        got = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, got, response.read())
        check(answer)
        return answer

    def start(self) -> str:
        """The place of a new upload."""
        answer = self("POST", "blobs/uploads/", content_length="0")
        assert answer.status == 202
        return place(answer)

    def blob(self, data: bytes, algorithm: str = "sha256") -> str:
        """Push a blob and give its digest."""
        digest = digest_of(data, algorithm)
        assert self("PUT", f"{self.start()}?digest={digest}", data).status == 201
        return digest

    def manifest(self, document: dict[str, Any] | bytes, reference: str = "", content_type: str = "") -> Answer:
        """Push a manifest, by its digest where no reference is given."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        kind = content_type or json.loads(data).get("mediaType", MANIFEST)
        return self("PUT", f"manifests/{reference or digest_of(data)}", data, content_type=kind)


def check(answer: Answer) -> None:
    """What holds of every answer: the header of the version, an error's form and code, a warning's form."""
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
    assert answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    if answer.status >= http.HTTPStatus.BAD_REQUEST and answer.body:
        assert answer.headers["content-type"] == "application/json"
        assert answer.code in CODES
    warning = answer.headers.get("warning")
    assert warning is None or (WARNING.fullmatch(warning) and len(warning) <= 4096)


def place(answer: Answer) -> str:
    """Where an answer's Location leads, on this connection."""
    where = urlsplit(answer.headers["location"])
    return where.path + (f"?{where.query}" if where.query else "")


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def descriptor(data: bytes, media_type: str, /, **members: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **members}


def image(*layers: bytes, config: bytes = b"{}", **members: Any) -> dict[str, Any]:
    """An OCI manifest; members add to it or replace what it has."""
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(config, CONFIG),
        "layers": [descriptor(layer, LAYER) for layer in layers],
        **members,
    }


def encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


@dataclass(frozen=True, slots=True)
class Registry:
    """A server with an HTTP and a TLS listener, and an AWS client to make repositories with."""

    http_port: int
    https_port: int
    trust: ssl.SSLContext
    login: str
    ecr: Any

    def connect(self, scheme: str) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection("127.0.0.1", self.https_port, timeout=30, context=self.trust)
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with _serving(tmp_path_factory.mktemp("conformance"), {}) as found:
        yield found


@pytest.fixture(scope="session")
def loose_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A server that takes sparse manifests, and 40 requests a second in all."""
    loose = {"ENTREPOT_OCI__SPARSE_MANIFESTS": "true", "ENTREPOT_LIMITS__V2_REQUESTS_PER_SECOND": "40"}
    with _serving(tmp_path_factory.mktemp("loose"), loose) as found:
        yield found


@contextmanager
def _serving(home: Path, settings: Mapping[str, str]) -> Iterator[Registry]:
    certificate, key = _certificate(home)
    port = free_port()
    config = home / "entrepot.toml"
    config.write_text(
        f'[[listeners]]\nname = "tls"\naddress = "127.0.0.1:{port}"\n'
        f'tls = {{ certificate = "{certificate}", key = "{key}" }}\n'
    )
    with serving(home, environment(home) | {"ENTREPOT_CONFIG": str(config), **settings}) as server:
        ecr = boto3.client(
            "ecr",
            endpoint_url=server.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
        )
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        trust = ssl.create_default_context(cafile=str(certificate))
        yield Registry(server.port, port, trust, f"Basic {token}", ecr)
        ecr.close()


@pytest.fixture(params=["http", "https"])
def client(request: pytest.FixtureRequest, registry: Registry) -> Iterator[Client]:
    """A client with an empty repository of its own and the name of another."""
    with _client(registry, request.param) as found:
        yield found


@pytest.fixture
def line(registry: Registry, client: Client) -> Iterator[Callable[[], Client]]:
    """Opens further connections to the client's repository, of the client's scheme."""
    scheme = "https" if isinstance(client.connection, http.client.HTTPSConnection) else "http"
    opened: list[Client] = []

    def another() -> Client:
        opened.append(Client(registry.connect(scheme), registry.login, client.repository))
        return opened[-1]

    yield another
    for one in opened:
        one.connection.close()


@pytest.fixture
def loose(loose_registry: Registry) -> Iterator[Client]:
    with _client(loose_registry, "http") as found:
        yield found


@contextmanager
def _client(registry: Registry, scheme: str) -> Iterator[Client]:
    names = [f"conformance/{uuid.uuid4()}" for _ in range(2)]
    for name in names:
        registry.ecr.create_repository(repositoryName=name)
    connection = registry.connect(scheme)
    yield Client(connection, registry.login, names[0], names[1:])
    connection.close()


@pytest.fixture
def other(registry: Registry, client: Client) -> Iterator[Client]:
    """A client of the other repository."""
    connection = registry.connect("http")
    yield Client(connection, registry.login, client.others[0])
    connection.close()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
