"""HTTP/1.1 as the registry speaks it: uvicorn's protocol with limits, deadlines and strict requests.

A request that could be read in two ways is refused with 400 and its connection closed (RFC 9112 §11.2).
Deadlines are looked at by one sweep per worker instead of timers per request: see `sweep`.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Executor
from time import monotonic
from typing import Any, NoReturn, cast
from urllib.parse import unquote
from uuid import uuid4

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from entrepot.config import Limits
from entrepot.server import head
from entrepot.server.cycle import Cycle
from entrepot.server.head import Refused
from entrepot.server.joined import Joined
from entrepot.web import logs
from entrepot.web.asgi import Scope
from entrepot.web.observe import AtOnce

MOST_PIPELINED = 64
"""Requests that wait on one connection for those before them; more are answered 400."""

MOST_HEADERS = 256
"""Header fields of a request; more are answered 400."""

MOST_AT_ONCE = 8
"""Requests that came together on one connection and are answered without letting the others have a turn."""

CONNECTIONS_PER_REQUEST = 4
"""Connections a worker keeps open for each request that it may have in progress."""

LINGER_SECONDS = 2.0
"""How long bytes of a refused request are still read, so that the client gets to read the refusal."""

_WITH_BODY = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))

_IDLE, _HEAD, _BODY, _REFUSED = range(4)
_HEARD = -1
"""`silent` when the parser has just found something whole; else the bytes that it has kept since."""

_EXTENSIONS: dict[str, dict[str, Any]] = {"http.response.zerocopysend": {}}


class Config(uvicorn.Config):
    """uvicorn's configuration and what our protocol needs besides."""

    limits: Limits
    pool: Executor
    at_once: AtOnce | None


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits = config.limits
        self.pool = config.pool
        self.at_once = config.at_once
        self.answered = False
        self.answers = 0
        self.phase = _IDLE
        self.deadline = 0.0
        self.moved = 0.0
        self.unsent = 0
        self.unsent_since = 0.0
        self.silent = 0
        self.head_bytes = 0
        self.body_bytes = 0
        self.single: dict[bytes, bytes] = {}
        self.refusal: bytes | None = None
        self.fault: Refused | None = None

    def _newest(self) -> Cycle | None:
        """Return the request begun last; uvicorn's types hide that there may be none yet."""
        return cast("Cycle | None", self.cycle)

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self.joined = Joined(self.transport, self.loop)
        self.deadline = monotonic() + self.limits.header_seconds
        if len(self.connections) > self.limits.concurrency * CONNECTIONS_PER_REQUEST:
            self.refuse(Refused(503, "too many connections"))

    def data_received(self, data: bytes) -> None:
        """Parse; refuse what cannot be a request, or no longer is one."""
        if self.phase == _REFUSED:
            return
        self.answers = 0
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.phase = _REFUSED
        except httptools.HttpParserError as error:
            self.refuse(self.fault or Refused(400, f"malformed request: {error}"))
        else:
            if self.silent >= 0 and self.phase in (_HEAD, _BODY):
                self.silent += len(data)
                if self.silent > self.limits.header_bytes:
                    self.refuse(Refused(431, "a header, trailer or chunk extension is too large"))
            else:
                self.silent = 0

    # Parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.phase = _HEAD
        self.deadline = monotonic() + self.limits.header_seconds
        self.silent = _HEARD
        self.head_bytes = 0
        self.body_bytes = 0
        self.single = {}
        self.scope["asgi"]["spec_version"] = "2.4"
        self.scope["extensions"] = cast("Any", _EXTENSIONS)

    def on_url(self, url: bytes) -> None:
        self.head_bytes += len(url)
        if self.head_bytes > self.limits.header_bytes:
            self._fault(431, "request line and headers too large")
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; drop a trailer, which could otherwise pass for one."""
        self.silent = _HEARD
        self.head_bytes += len(name) + len(value) + 4
        if self.head_bytes > self.limits.header_bytes:
            self._fault(431, "request line and headers too large")
        if self.phase == _BODY:
            return
        name = name.lower()
        if name in head.SINGLE:
            if name in self.single:
                self._fault(400, f"two {name.decode()} headers")
            self.single[name] = value
        self.headers.append((name, value))
        if len(self.headers) > MOST_HEADERS:
            self._fault(400, "too many headers")

    def on_headers_complete(self) -> None:
        """Check the head and start the application."""
        version = self.parser.get_http_version()
        self._check_head(version)
        scope, url = self.scope, self.url
        raw_path, _, query = url.partition(b"?")
        path = raw_path.decode("ascii")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = query
        keep_alive = version == "1.1" and self.parser.should_keep_alive()
        self.answered = keep_alive and self._answer_at_once()
        if not self.answered:
            self._start(keep_alive=keep_alive)
        self.phase = _BODY
        self.deadline = 0.0
        self.moved = monotonic()

    def on_body(self, body: bytes) -> None:
        self.silent = _HEARD
        self.moved = monotonic()
        self.body_bytes += len(body)
        if self.body_bytes > self.limits.body_bytes:
            self._fault(413, "body too large")
        cast("Cycle", self.cycle).take(body)

    def on_message_complete(self) -> None:
        self.phase = _IDLE
        done = self.answered or self.cycle.response_complete
        self.deadline = monotonic() + self.limits.idle_seconds if done else 0.0
        if not self.answered:
            super().on_message_complete()

    def _fault(self, status: int, reason: str) -> NoReturn:
        """Stop the parser: it turns any exception of a callback into its own."""
        self.fault = Refused(status, reason)
        raise self.fault

    def _check_head(self, version: str) -> None:
        if len(self.pipeline) >= MOST_PIPELINED:
            self._fault(400, "too many requests at once on one connection")
        upgrade, most = self.parser.should_upgrade(), self.limits.body_bytes
        try:
            head.check(self.single, version, self.url, most, upgrade=upgrade)
        except Refused as refused:
            self.fault = refused
            raise

    def _answer_at_once(self) -> bool:
        """Answer a request without a body, in one write and without a task, where the application can do that now."""
        before = self._newest()
        busy = (
            self.flow.write_paused or self.answers >= MOST_AT_ONCE or not (before is None or before.response_complete)
        )
        if self.at_once is None or busy or not _WITH_BODY.isdisjoint(self.single):
            return False
        answer = self.at_once(cast("Scope", self.scope))
        if answer is None:
            return False
        status, lines, body = answer
        more = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        self.joined.write(b"".join((STATUS_LINE[status], more, lines, body)))
        self.answers += 1
        self.server_state.total_requests += 1
        return True

    def _start(self, *, keep_alive: bool) -> None:
        """Run the application, after the requests before this one where there are any."""
        full = len(self.tasks) >= self.limits.concurrency
        before = self._newest()
        expect = self.single.get(b"expect", b"").lower() == b"100-continue"
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.joined,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=expect,
            keep_alive=keep_alive and not self.parser.should_upgrade(),
            on_response=self.on_response_complete,
        )
        self.cycle.joined = self.joined
        self.cycle.pool = self.pool
        self.cycle.stall_seconds = self.limits.body_seconds
        app = _overloaded if full else self.app
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, app))

    # Answers

    def on_response_complete(self) -> None:
        """Go on with what waits, or wait for the next request."""
        self.server_state.total_requests += 1
        if self.cycle.response_complete:
            cast("Cycle", self.cycle).unread.clear()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if cast("Cycle", self.cycle).lingers:
            self._linger()
        elif self.pipeline:
            cycle, app = self.pipeline.pop()
            self.moved = monotonic()
            self._start_asgi_task(cycle, app)
        elif self.refusal is not None:
            self._write_refusal(self.refusal)
        elif self.phase == _IDLE:
            self.deadline = monotonic() + self.limits.idle_seconds

    def refuse(self, refused: Refused) -> None:
        """Answer in place of the application, after the answers that are under way, and close."""
        request_id = str(uuid4())
        peer = self.client[0] if self.client else ""
        logs.get("server").info(
            "refused", request_id=request_id, client=peer, status=refused.status, reason=refused.reason
        )
        was, self.phase = self.phase, _REFUSED
        answer = _refusal(refused, request_id)
        cycle = self._newest()
        if was == _BODY and cycle is not None and not cycle.response_complete:
            self._refuse_body(cycle, answer)
        elif cycle is not None and not cycle.response_complete:
            self.refusal = answer
        else:
            self._write_refusal(answer)

    def _refuse_body(self, cycle: Any, answer: bytes) -> None:
        """End a request whose body went wrong: its application may be waiting, running or answering."""
        if self.pipeline:
            self.pipeline.popleft()
            self.refusal = answer
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.abort()
        else:
            self._write_refusal(answer)

    def _write_refusal(self, answer: bytes) -> None:
        """Write and close; reading goes on for a moment, as closing over unread bytes destroys the answer."""
        self.refusal = None
        self.joined.write(answer)
        self._linger()

    def _linger(self) -> None:
        """Close our side now, and the connection when the client has closed its own or a moment is over."""
        self.phase = _REFUSED
        self.deadline = monotonic() + LINGER_SECONDS
        self.joined.flush()
        if self.transport.can_write_eof():
            self.flow.resume_reading()
            self.transport.write_eof()
        else:
            self.transport.close()

    # Deadlines

    def check(self, now: float) -> None:
        """End the connection when something that it waits for is overdue."""
        if self._stands_still(now):
            self.transport.abort()
        elif self.phase == _HEAD and self.flow.read_paused:
            self.deadline = now + self.limits.header_seconds
        elif self.deadline and now > self.deadline:
            if self.phase == _HEAD:
                self.refuse(Refused(408, f"no complete request in {self.limits.header_seconds:g} seconds"))
            elif self.phase == _REFUSED or self.transport.get_write_buffer_size():
                self.transport.abort()
            else:
                self.transport.close()
        elif self.phase == _BODY and self._may_receive():
            if now - self.moved > self.limits.body_seconds:
                self.refuse(Refused(408, f"no byte of the body in {self.limits.body_seconds:g} seconds"))
        else:
            self.moved = now

    def _may_receive(self) -> bool:
        """Tell whether the client, and not we, is the one that keeps the body waiting."""
        return not self.flow.read_paused and not self.cycle.waiting_for_100_continue

    def _stands_still(self, now: float) -> bool:
        """Tell whether bytes wait to be sent and none went since long."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or self.unsent != unsent:
            self.unsent = unsent
            self.unsent_since = now
        return bool(unsent) and now - self.unsent_since > self.limits.body_seconds


def sweep(connections: Iterable[Any]) -> None:
    """Check the deadlines of all connections; call it often against the shortest of them."""
    now = monotonic()
    for connection in list(connections):
        connection.check(now)


def _refusal(refused: Refused, request_id: str) -> bytes:
    body = refused.reason.encode("ascii", "backslashreplace") + b"\n"
    head = (
        b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n"
        b"x-amzn-requestid: %s\r\n\r\n"
    )
    return b"".join((STATUS_LINE[refused.status], head % (len(body), request_id.encode()), body))


async def _overloaded(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer 503: as many requests as allowed are in progress."""
    headers = [(b"content-length", b"20"), (b"content-type", b"text/plain"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"too many in progress"})
