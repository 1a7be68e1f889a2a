"""The wrapper around the application that gives each request an id, a log line, its metrics and a last answer."""

import os
from asyncio import CancelledError
from collections.abc import Callable
from time import perf_counter
from typing import cast

from structlog.typing import FilteringBoundLogger

from entrepot.web import logs
from entrepot.web.asgi import ASGIApp, BrokenOff, ClientDisconnected, Message, Receive, Scope, Send
from entrepot.web.metrics import Meter
from entrepot.web.responses import Response, lines_of

LEFT = "499"
"""Status in log and metrics of a request whose client left before the answer began."""

INTERNAL_ERROR = b'{"message":"internal error; the log has it under this request id"}'

Quick = Callable[[Scope], Response | None]
"""What an application may have beside its call, as `at_once`: the answer where it needs no waiting, its body bytes."""

AtOnce = Callable[[Scope], tuple[int, bytes, bytes] | None]
"""The same as a server asks for it: status, header lines and body."""

UNROUTED = "none"
"""Route in the metrics of a request whose handler set no `scope["state"]["route"]`."""


def new_id() -> str:
    """Return a random UUID (RFC 9562, version 4), for a third of what `uuid.uuid4` takes."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


class Observed:
    """An ASGI application that answers with `app` and records each request.

    Sets `scope["state"]["request_id"]` (a UUID) and adds it to every answer as `x-amzn-requestid`. When the
    application raises, the traceback goes to the log only: the client gets a plain 500 or, when the answer had
    begun, a broken connection. A client that leaves is no error.
    """

    __slots__ = ("_app", "_at_once", "_log", "_meter")

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._at_once: Quick = getattr(app, "at_once", _never)
        self._meter = meter
        self._log: FilteringBoundLogger = logs.get("request").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, receive, send)
        self._meter.begin()
        failed = False
        try:
            await self._app(scope, exchange.receive, exchange.send)
            if not exchange.status and not exchange.left:
                raise RuntimeError("the application returned without an answer")
        except ClientDisconnected:
            exchange.left = True
        except CancelledError:
            exchange.left = True
            raise BrokenOff from None
        except BrokenOff:
            failed = True
            raise
        except Exception:  # noqa: BLE001 - the last place that can keep a traceback from the client
            failed = True
            self._log.exception("request failed", request_id=scope["state"]["request_id"])
            if exchange.status:
                raise BrokenOff from None
            await _answer_500(exchange)
        finally:
            self._record(exchange, failed=failed)

    def at_once(self, scope: Scope) -> tuple[int, bytes, bytes] | None:
        """The answer of an application that can give it without waiting, recorded as any; None where it cannot."""
        began, ended = perf_counter(), ""
        scope["state"]["request_id"] = request_id = new_id()
        try:
            response = self._at_once(scope)
            if response is None:
                return None
            response.headers.append(("x-amzn-requestid", request_id))
            lines = lines_of(response)
        except Exception:  # noqa: BLE001 - the last place that can keep a traceback from the client
            self._log.exception("request failed", request_id=request_id)
            headers = [("content-type", "application/json"), ("x-amzn-requestid", request_id)]
            response = Response(500, headers, INTERNAL_ERROR)
            lines, ended = lines_of(response), "failed"
        body = cast("bytes", response.body) if scope["method"] != "HEAD" else b""
        self._meter.begin()
        self._note(scope, str(response.status), perf_counter() - began, 0, len(body), ended)
        return response.status, lines, body

    def _record(self, exchange: "Exchange", *, failed: bool) -> None:
        status = str(exchange.status) if exchange.status else LEFT
        ended = "failed" if failed else "client left" if exchange.left else ""
        seconds = perf_counter() - exchange.began
        self._note(exchange.scope, status, seconds, exchange.received, exchange.sent, ended)

    def _note(self, scope: Scope, status: str, seconds: float, received: int, sent: int, ended: str = "") -> None:
        state = scope["state"]
        route = state.get("route") or UNROUTED
        self._meter.end(route, scope["method"], status, seconds, received, sent)
        fields = {
            "request_id": state["request_id"],
            "client": (scope.get("client") or ("",))[0],
            "method": scope["method"],
            "path": logs.clean(scope["path"]),
            "status": int(status),
            "route": route,
            "received": received,
            "sent": sent,
            "ms": round(seconds * 1000, 3),
        }
        if scope["query_string"]:
            fields["query"] = logs.query(scope["query_string"])
        if ended:
            fields["ended"] = ended
        logs.request_line(fields)


def _never(_: Scope) -> Response | None:
    """Of an application that has to be called."""
    return None


class Exchange:
    """One request and its answer, counted as they pass."""

    __slots__ = ("_header", "_receive", "_send", "began", "left", "received", "scope", "sent", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_id()
        scope["state"]["request_id"] = request_id
        self.scope = scope
        self._header = (b"x-amzn-requestid", request_id.encode())
        self._receive = receive
        self._send = send
        self.began = perf_counter()
        self.status = 0
        self.received = 0
        self.sent = 0
        self.left = False

    async def receive(self) -> Message:
        """Pass on the next part of the body, counted."""
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
        elif not self.status:
            self.left = True
        return message

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer, the request id added to its head."""
        kind = message["type"]
        if kind == "http.response.start":
            await self._send({**message, "headers": [*message.get("headers", ()), self._header]})
            self.status = message["status"]
        else:
            await self._send(message)
            self.sent += (
                message.get("count", 0) if kind == "http.response.zerocopysend" else len(message.get("body", b""))
            )


async def _answer_500(exchange: Exchange) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(INTERNAL_ERROR)).encode())]
    try:
        await exchange.send({"type": "http.response.start", "status": 500, "headers": headers})
        await exchange.send({"type": "http.response.body", "body": INTERNAL_ERROR})
    except ClientDisconnected:
        exchange.left = True
