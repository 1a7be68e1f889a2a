"""The control door: who may see what."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from entrepot import control
from entrepot.web.asgi import Message

Answer = tuple[int, dict[bytes, bytes], bytes]


def ask(doors: Any, path: str, *, method: str = "GET", client: str | None = "127.0.0.1", **headers: str) -> Answer:
    """Call a door and return status, headers and body."""
    sent: list[Message] = []
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    peer = (client, 1) if client else None
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": pairs,
        "client": peer,
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(doors[path](scope, receive, send))
    assert scope["state"]["route"] == path[1:]
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def doors(ready: Callable[[], None] = lambda: None, token: str = "") -> Any:
    return control.doors(ready, lambda: b"m 1\n", token)


def test_healthz() -> None:
    """Alive is alive, whatever is broken."""

    def broken() -> None:
        raise OSError

    assert ask(doors(broken), "/healthz")[0] == 200


def test_readyz_says_no_more_than_it_must() -> None:
    """503 without the reason when the check raises, 200 when it passes."""

    def broken() -> None:
        raise OSError("password of the database is wrong")

    status, _, body = ask(doors(broken), "/readyz")
    assert (status, body) == (503, b"not ready\n")
    assert ask(doors(), "/readyz")[0] == 200


def test_readyz_gives_up_on_a_check_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers 503 in time."""
    monkeypatch.setattr(control, "READY_SECONDS", 0.2)
    assert ask(doors(lambda: time.sleep(1)), "/readyz")[0] == 503


def test_readyz_asks_once_for_many() -> None:
    """A crowd of askers costs one check."""
    calls: list[int] = []
    every = doors(lambda: calls.append(1))
    assert [ask(every, "/readyz")[0] for _ in range(20)] == [200] * 20
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.9.9.9", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("10.0.0.1", {}, 403),
        (None, {}, 403),
        ("unix", {}, 403),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
        ("192.0.2.1", {"authorization": "Bearer right"}, 200),
        ("192.0.2.1", {"authorization": "bearer right"}, 200),
        ("192.0.2.1", {"authorization": "Bearer wrong"}, 403),
        ("192.0.2.1", {"authorization": "Bearer "}, 403),
        ("192.0.2.1", {"authorization": "Basic right"}, 403),
        ("192.0.2.1", {"x_forwarded_for": "::1", "authorization": "Bearer right"}, 200),
    ],
)
def test_who_may_read_metrics(client: str | None, headers: dict[str, str], status: int) -> None:
    """Only this machine without a proxy between, or a bearer of the token."""
    assert ask(doors(token="right"), "/metrics", client=client, **headers)[0] == status


def test_no_token_is_no_empty_token() -> None:
    """Without the setting no Authorization opens the metrics."""
    assert ask(doors(), "/metrics", client="192.0.2.1", authorization="Bearer ")[0] == 403


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_methods(path: str) -> None:
    """GET and HEAD; others are told so. Nothing is to be stored on the way."""
    for method, status in (("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)):
        got, headers, body = ask(doors(), path, method=method)
        assert got == status
        assert headers[b"cache-control"] == b"no-store"
        assert headers[b"content-length"] == str(len(body)).encode()
        assert (b"allow" in headers) == (status == 405)
