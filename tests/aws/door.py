"""The AWS door on a registry of its own, called in process with requests that botocore signed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.aws import oracle
from tests.aws.signing import KEY, MICROSECONDS, SECRET, sign

from entrepot.aws.dispatch import AwsDoor, Run
from entrepot.blobs.local import LocalBlobStore
from entrepot.registry.audit import Trail
from entrepot.registry.context import Registry
from entrepot.registry.credentials import Keys
from entrepot.registry.naming import Naming
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from entrepot.aws.sigv4 import SignedRequest
    from entrepot.web.rates import ActionRates

TARGETS = {
    "ecr": "AmazonEC2ContainerRegistry_V20150921",
    "ecr-public": "SpencerFrontendService",
    "cloudwatch": "GraniteServiceVersion20100801",
}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    route: str

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Door:
    """A client and its server. `read` counts the bytes of bodies that the door asked for; `leaves`: before the end."""

    reg: Registry
    strict: bool = True
    read: int = 0
    leaves: bool = False
    rates: ActionRates | None = None
    run: Run = asyncio.to_thread

    def ask(self, request: SignedRequest, *, chunk: int = 65536) -> Reply:
        """Send a request as it is."""
        return asyncio.run(self._ask(request, chunk))

    async def _ask(self, request: SignedRequest, chunk: int) -> Reply:
        sent: list[Any] = []
        rest = [request.body[at : at + chunk] for at in range(0, len(request.body), chunk)] or [b""]

        async def receive() -> dict[str, Any]:
            if not rest:
                return {"type": "http.disconnect"}
            part = rest.pop(0)
            self.read += len(part)
            return {"type": "http.request", "body": part, "more_body": bool(rest) or self.leaves}

        async def send(message: Any) -> None:
            sent.append(message)

        state: dict[str, Any] = {"request_id": "r-1"}
        scope = {
            "type": "http",
            "method": request.method,
            "path": request.raw_path.decode("latin-1"),
            "raw_path": request.raw_path,
            "query_string": request.raw_query,
            "headers": request.headers,
            "client": ("127.0.0.1", 9),
            "state": state,
        }
        await AwsDoor(self.reg, self.run, strict=self.strict, rates=self.rates)(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], headers, b"".join(part["body"] for part in sent[1:]), state["route"])

    def call(self, operation: str, body: bytes | dict[str, Any] = b"{}", *, service: str = "ecr", **how: Any) -> Reply:
        """Call an operation in JSON; `how` goes to `sign`."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Amz-Target": f"{TARGETS[service]}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        return self.ask(
            sign(body=raw, service=how.pop("scope", service), headers=headers | how.pop("headers", {}), **how)
        )

    def query(self, form: bytes, *, service: str = "sts", **how: Any) -> Reply:
        """Call an operation in Query."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self.ask(sign(body=form, service=service, headers=headers, **how))


def a_door(folder: Path, *, strict: bool = True) -> Door:
    """A door whose clock stands at the moment of `sign`."""
    db = SqliteDatabase(folder / "entrepot.db")
    migrate(db)
    return Door(
        Registry(
            db=db,
            blobs=LocalBlobStore(folder / "blobs"),
            now=lambda: MICROSECONDS,
            keys=Keys(KEY, SECRET, b"k" * 32),
            naming=Naming("localhost:5000", "http", "123456789012", "us-east-1"),
            trail=Trail(),
        ),
        strict,
    )


def client_sees(reply: Reply, protocol: str, service: str, operation: str) -> dict[str, Any]:
    """What botocore makes of the reply."""
    return oracle.answer(protocol, oracle.operation(service, operation), reply.body, reply.status, reply.headers)
