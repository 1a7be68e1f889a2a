"""A worker: one uvicorn server per listener on one loop, and the signals that stop it or renew its certificates."""

import asyncio
import contextlib
import os
import signal
import ssl
import struct
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
import uvloop
from uvicorn.server import ServerState

from entrepot.config import ConfigError, Settings, Tls
from entrepot.server import child, listeners
from entrepot.server.protocol import Config, Protocol, sweep
from entrepot.web import logs, threads
from entrepot.web.asgi import ASGIApp, Receive, Scope, Send
from entrepot.web.observe import AtOnce, Observed

SENDERS = 8
"""Threads that send files: apart from the others, so that downloads and uploads do not wait for each other."""


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals alone and says when it serves."""

    def __init__(self, config: Config, state: ServerState, serves: Callable[[], None]) -> None:
        super().__init__(config)
        self.server_state = state
        self._serves = serves

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take no signals: the worker has them."""
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._serves()


def run(given: child.Inheritance, build: child.Build, region: int) -> int:
    """Serve until told to stop; return the exit code."""
    given.meter.claim(region)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(given, build))
        os._exit(0)  # whatever thread still works was given its time; the runner would wait for it


async def _serve(given: child.Inheritance, build: child.Build) -> None:
    loop = asyncio.get_running_loop()
    limits = given.settings.limits
    threads.limit(limits.threads)
    app = build(given.settings, given.bound, given.meter)
    contexts = {door.tls: listeners.tls_context(door.tls) for door in given.doors if door.tls}
    servers = _servers(given, Observed(app, given.meter), contexts)

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(signal.SIGHUP, _renew, contexts)

    def orphaned() -> None:
        loop.call_soon_threadsafe(stop)

    child.end_with_parent(given.life, orphaned, limits.shutdown_seconds)
    sweeper = asyncio.create_task(_sweep(given.settings, servers[0].server_state))
    await asyncio.gather(*(server.serve(list(door.sockets)) for server, door in zip(servers, given.doors, strict=True)))
    sweeper.cancel()
    await _close(app)


def _servers(given: child.Inheritance, app: Observed, contexts: dict[Tls, ssl.SSLContext]) -> list[Server]:
    """One server per listener; they share their connections, so that limits hold for the worker."""
    state = ServerState()
    pool = ThreadPoolExecutor(SENDERS, "send")
    missing = [*given.doors]

    def serves() -> None:
        missing.pop()
        if not missing:
            os.write(given.ready, struct.pack("<i", os.getpid()))

    servers = []
    for door in given.doors:
        config = _config(
            given.settings, _through(app, door.listener.vpc_endpoint), contexts[door.tls] if door.tls else None
        )
        config.limits = given.settings.limits
        config.pool = pool
        config.at_once = _at_once(given.settings, app, door.listener.vpc_endpoint)
        servers.append(Server(config, state, serves))
    return servers


def _through(app: ASGIApp, endpoint: str) -> ASGIApp:
    """The application, told for each request through which VPC endpoint it came, where that is any."""
    if not endpoint:
        return app

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["vpc_endpoint"] = endpoint
        await app(scope, receive, send)

    return served


def _at_once(settings: Settings, app: Observed, endpoint: str) -> AtOnce | None:
    """What answers without waiting; None behind trusted proxies, where uvicorn first finds out who the client is."""
    if settings.trusted_proxies:
        return None
    if not endpoint:
        return app.at_once

    def answered(scope: Scope) -> tuple[int, bytes, bytes] | None:
        scope["state"]["vpc_endpoint"] = endpoint
        return app.at_once(scope)

    return answered


def _config(settings: Settings, app: ASGIApp, context: ssl.SSLContext | None) -> Config:
    return Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.limits.shutdown_seconds,
        ssl_context_factory=(lambda *_: context) if context else None,
    )


def _renew(contexts: dict[Tls, ssl.SSLContext]) -> None:
    """Read certificates and keys again for new connections; keep the old ones where the new do not work."""
    for tls, context in contexts.items():
        try:
            listeners.tls_context(tls)
            context.load_cert_chain(tls.certificate, tls.key)
        except (ConfigError, OSError) as error:
            logs.get("server").error("certificate not renewed", reason=str(error))
        else:
            logs.get("server").info("certificate renewed", certificate=tls.certificate)


async def _sweep(settings: Settings, state: ServerState) -> None:
    limits = settings.limits
    pause = min(1.0, min(limits.header_seconds, limits.idle_seconds, limits.body_seconds) / 4)
    while True:
        await asyncio.sleep(pause)
        sweep(state.connections)


async def _close(app: ASGIApp) -> None:
    """Let the application write down what it keeps, for a bounded time."""
    close = getattr(app, "close", None)
    if close is not None:
        try:
            await asyncio.wait_for(asyncio.to_thread(close), child.GRACE_SECONDS / 2)
        except Exception:  # noqa: BLE001 - the process ends either way
            logs.get("server").exception("the application did not close")
