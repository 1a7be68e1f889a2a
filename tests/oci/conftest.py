"""The OCI door on a registry with one repository, and a client that is logged in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.asgi import Answer, call
from tests.factories import ACCOUNT, REGION, Clock, a_registry, a_repository

from entrepot.oci.door import OciDoor
from entrepot.oci.exchange import Options
from entrepot.registry import credentials
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Login
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    yield a_registry(db, tmp_path, clock)
    db.close()


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class Client:
    """Calls `/v2` with a login."""

    app: OciDoor
    login: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: bytes | list[bytes] = b"", /, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        host = named.pop("host", "localhost:5000")
        answer = call(self.app, method, "/v2/" + path, headers={**self.login, **named}, body=body, host=host)
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
        return answer

    def errors(self, *request: Any, **headers: str) -> tuple[int, str, str]:
        """Status, code and message of a request that is refused."""
        answer = self(*request, **headers)
        [error] = json.loads(answer.body)["errors"]
        return answer.status, error["code"], error["message"]


def token(reg: Registry, region: str = REGION, hours: float = 12) -> dict[str, str]:
    expires = int(reg.now() / 1_000_000 + hours * 3600)
    return basic("AWS", credentials.issue(reg.keys, Login(reg.keys.access_key_id, ACCOUNT, region, expires)))


@pytest.fixture
def anonymous(reg: Registry) -> Client:
    return Client(OciDoor(reg, Options(sparse_manifests=False, body_bytes=2**40)))


@pytest.fixture
def client(reg: Registry, anonymous: Client) -> Client:
    a_repository(reg)
    return Client(anonymous.app, token(reg))
