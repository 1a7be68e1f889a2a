"""The wrapper: ids, last answers and endings."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from entrepot.web.asgi import BrokenOff, ClientDisconnected, Message, Receive, Scope, Send
from entrepot.web.metrics import Meter
from entrepot.web.observe import Observed
from entrepot.web.responses import Response

START = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
BODY = {"type": "http.response.body", "body": b"12345"}


def run(app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> tuple[list[Message], dict[str, Any], set[str]]:
    """Call the wrapped application; return what it sent, its state and the statuses counted."""
    sent: list[Message] = []
    meter = Meter()
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "state": {}}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"123", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        asyncio.run(_drive(Observed(app, meter), scope, receive, send))
    finally:
        running, sums = meter.read()
        assert running == 0
    return sent, scope["state"], {"/".join(key) for key in sums}


async def _drive(app: Observed, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def test_the_id_is_in_state_and_answer() -> None:
    """A UUID, the same in both; the application's message stays as it was."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = "here"
        await receive()
        await send(START)
        await send(BODY)

    sent, state, counted = run(app)
    assert uuid.UUID(state["request_id"]).version == 4
    assert sent[0]["headers"] == [(b"a", b"b"), (b"x-amzn-requestid", state["request_id"].encode())]
    assert START["headers"] == [(b"a", b"b")]
    assert counted == {"here/GET/200"}


@pytest.mark.parametrize("does", ["raise", "return"])
def test_no_answer_becomes_500(does: str) -> None:
    """An application that raises, or that says nothing, is answered for."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if does == "raise":
            raise ValueError("inside")

    sent, _, counted = run(app)
    assert sent[0]["status"] == 500
    assert b"inside" not in sent[1]["body"]
    assert counted == {"none/GET/500"}


def test_half_an_answer_is_broken_off() -> None:
    """The server is told to drop the connection; the log has the reason."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise ValueError("inside")

    with pytest.raises(BrokenOff):
        run(app)


def test_a_client_that_left_is_no_failure() -> None:
    """Nothing is sent and nothing raised; it is counted as 499."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnected

    sent, _, counted = run(app)
    assert sent == []
    assert counted == {"none/GET/499"}


def test_cancelling_breaks_off() -> None:
    """At the end of the time for stopping the server cancels; that is no failure of the application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    with pytest.raises(BrokenOff):
        run(app)


class Quick:
    """An application that may answer at once."""

    def __init__(self, does: Callable[[Scope], Response | None]) -> None:
        self.at_once = does

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("it was called")


def ask(does: Callable[[Scope], Response | None], method: str = "GET") -> tuple[Any, dict[str, Any], dict[Any, Any]]:
    """What is answered at once, the request's state, and what was counted."""
    meter = Meter()
    scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "query_string": b"", "state": {}}
    answer = Observed(Quick(does), meter).at_once(scope)
    running, sums = meter.read()
    assert running == 0
    return answer, scope["state"], {"/".join(key): (cells[0], cells[3]) for key, cells in sums.items()}


@pytest.mark.parametrize(("method", "body"), [("GET", b"12345"), ("HEAD", b"")])
def test_at_once(method: str, body: bytes) -> None:
    """Header lines with length and id; counted and logged as any request."""
    answer, state, counted = ask(lambda _: Response(200, [("a", "b")], b"12345"), method)
    lines = f"a: b\r\nx-amzn-requestid: {state['request_id']}\r\ncontent-length: 5\r\n\r\n".encode()
    assert answer == (200, lines, body)
    assert counted == {f"none/{method}/200": (1.0, len(body))}


def test_not_at_once() -> None:
    """What the application leaves to its call, or has no such way for, is not counted."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)

    assert ask(lambda _: None)[::2] == (None, {})
    assert Observed(app, Meter()).at_once({"state": {}}) is None


@pytest.mark.parametrize("header", [None, ("a", "b\r\nc: d"), ("a\n", "b"), ("a", "\0"), ("a", "\u20ac")])
def test_a_failure_at_once(header: tuple[str, str] | None, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """An exception, or a header that cannot be one, is a plain 500 with the id under which the log has more."""

    def does(_: Scope) -> Response:
        if header is None:
            raise ValueError("inside")
        return Response(200, [header], b"secret")

    (status, lines, body), state, counted = ask(does)
    assert status == 500
    assert b"inside" not in lines + body
    assert b"secret" not in lines + body
    assert lines.count(b"\r\n") == 4
    assert state["request_id"].encode() in lines
    assert counted == {"none/GET/500": (1.0, len(body))}
    assert b'"ended":"failed"' in capsysbinary.readouterr().err
