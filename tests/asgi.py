"""Calling an ASGI application as a server does, without one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from entrepot.web.asgi import ASGIApp


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by name in lower case; a name that comes several times is joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes


def call(
    app: ASGIApp,
    method: str,
    target: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | list[bytes] = b"",
    host: str = "localhost:5000",
) -> Answer:
    """Make one request; a list of bodies comes in as many messages, without a Content-Length."""
    raw_path, _, query = target.partition("?")
    pieces = body if isinstance(body, list) else [body]
    fields = {"host": host, **(headers or {})}
    if isinstance(body, bytes) and method in ("PUT", "POST", "PATCH"):
        fields.setdefault("content-length", str(len(body)))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 40000),
        "state": {"request_id": "request-1"},
        "extensions": {},
    }
    messages = [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1} for at, piece in enumerate(pieces)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    found: dict[str, str] = {}
    for name, value in sent[0]["headers"]:
        key = name.decode()
        found[key] = f"{found[key]},{value.decode()}" if key in found else value.decode()
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
