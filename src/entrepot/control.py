"""The control door: /healthz, /readyz and /metrics."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from time import monotonic

from entrepot.web import logs
from entrepot.web.asgi import ASGIApp, Receive, Scope, Send
from entrepot.web.metrics import CONTENT_TYPE

READY_SECONDS = 5.0
"""How long the check behind /readyz may take before the answer is 503."""

REUSE_SECONDS = 1.0
"""How long an answer of that check is given again: anybody may ask, so asking must cost nothing."""

FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})

_TEXT = b"text/plain; charset=utf-8"


def doors(ready: Callable[[], None], render: Callable[[], bytes], token: str) -> Mapping[str, ASGIApp]:
    """Return the application of each control path.

    `ready` raises when the installation cannot serve; it runs in a thread. `render` returns the metrics.
    `token`, when not empty, opens /metrics to a bearer of it from anywhere; without it only a direct connection
    from this machine may read.
    """
    return {
        "/healthz": _read_only("healthz", healthz),
        "/readyz": _read_only("readyz", Ready(ready)),
        "/metrics": _read_only("metrics", Metrics(render, token)),
    }


def _read_only(route: str, app: ASGIApp) -> ASGIApp:
    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = route
        if scope["method"] in ("GET", "HEAD"):
            await app(scope, receive, send)
        else:
            await _answer(send, 405, b"method not allowed\n", [(b"allow", b"GET, HEAD")])

    return door


async def healthz(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer 200: the process is alive."""
    await _answer(send, 200, b"alive\n")


class Ready:
    """Answers 200 when the check passes and 503 when it raises or takes too long; never says why."""

    __slots__ = ("_check", "_good", "_running", "_until")

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._good = False
        self._until = 0.0
        self._running: asyncio.Task[bool] | None = None

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        if monotonic() >= self._until:
            self._good = await self._ask()
            self._until = monotonic() + REUSE_SECONDS
        await (_answer(send, 200, b"ready\n") if self._good else _answer(send, 503, b"not ready\n"))

    async def _ask(self) -> bool:
        """Wait for the one check that runs, starting it when none does."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._passes())
        done, _ = await asyncio.wait((self._running,), timeout=READY_SECONDS)
        return bool(done) and self._running.result()

    async def _passes(self) -> bool:
        try:
            await asyncio.to_thread(self._check)
        except Exception as error:  # noqa: BLE001 - whatever keeps it from serving, the answer is 503
            logs.get("control").warning("not ready", reason=f"{type(error).__name__}: {error}")
            return False
        return True


class Metrics:
    """Answers with the metrics to this machine and to bearers of the token."""

    __slots__ = ("_render", "_token")

    def __init__(self, render: Callable[[], bytes], token: str) -> None:
        self._render = render
        self._token = token

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if self._bears_token(scope) or _is_direct_from_here(scope):
            await _answer(send, 200, self._render(), kind=CONTENT_TYPE)
        else:
            await _answer(send, 403, b"only from this machine, or with the token of metrics.token\n")

    def _bears_token(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not self._token or len(given) != 1:
            return False
        scheme, _, token = given[0].partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token.encode())


def _is_direct_from_here(scope: Scope) -> bool:
    """Tell whether the peer is this machine; a proxy on this machine speaks for others, so it is not."""
    client = scope.get("client")
    if not client or any(name in FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False


async def _answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None, *, kind: bytes = _TEXT
) -> None:
    fixed = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": fixed + (headers or [])})
    await send({"type": "http.response.body", "body": body})
