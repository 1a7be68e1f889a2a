"""A real server that is attacked, with a look into its processes and its folder."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.clients.processes import environment
from tests.clients.serving import Server, serving


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `code` is the OCI code or the AWS error's name, empty where there is none."""

    status: int
    code: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """The server under attack, where repository `team/app` exists."""

    server: Server
    login: str
    ecr: Any

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One request on a connection of its own, answered within ten seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, _code(text), text, headers)
        finally:
            connection.close()

    def v2(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """A request to `/v2/` with a login, unless the headers have another."""
        return self.request(method, "/v2/" + path, body, {"Authorization": self.login, **(headers or {})})

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are and read until the server closes or is silent for a second."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(data)
            connection.settimeout(1)
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
            except (TimeoutError, ConnectionResetError):
                pass
            return b"".join(parts)

    def resident(self) -> int:
        """Bytes of memory that the workers and the parent have."""
        parent = json.loads((self.server.data_dir / "run" / "server.json").read_bytes())["pid"]
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in [str(parent), *children]]
        return sum(pages) * 4096

    def alive(self) -> bool:
        return self.request("GET", "/readyz").status == 200

    def temporary_files(self) -> list[str]:
        return [path.name for path in (self.server.data_dir / "storage" / "uploads").iterdir()]


def _code(text: bytes) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        return text.partition(b"<Code>")[2].partition(b"</Code>")[0].decode(errors="replace")
    if not isinstance(document, dict):
        return ""
    errors = document.get("errors") or [{}]
    return str(document.get("__type") or errors[0].get("code", ""))


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    home = tmp_path_factory.mktemp("attacks")
    with serving(home, environment(home)) as server:
        ecr = boto3.client(
            "ecr",
            endpoint_url=server.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=server.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=server.env["AWS_SECRET_ACCESS_KEY"],
        )
        ecr.create_repository(repositoryName="team/app")
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        yield Target(server, f"Basic {token}", ecr)
        ecr.close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(autouse=True)
def _survives(target: Target) -> Iterator[None]:
    """Whatever a test did, the server answers afterwards."""
    yield
    assert target.alive()
