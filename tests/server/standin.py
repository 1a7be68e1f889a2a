"""A small application behind the real server, run as a process of its own by the tests of this folder."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs

from entrepot import config, control
from entrepot.config import Bound, ConfigError, Settings
from entrepot.server import parent
from entrepot.web.asgi import ASGIApp, Receive, Scope, Send
from entrepot.web.metrics import Meter
from entrepot.web.responses import Response

BLOB = Path(os.environ.pop("STANDIN_BLOB", "/dev/null"))


def open_blob() -> BinaryIO:
    return BLOB.open("rb")


def blob_size() -> int:
    return BLOB.stat().st_size


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with method, raw target and number of body bytes."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    names = b",".join(name for name, _ in scope["headers"])
    head = scope["method"].encode() + b" " + scope["raw_path"] + b"?" + scope["query_string"]
    await answer(send, head + b" %d " % size + names)


async def blob(scope: Scope, receive: Receive, send: Send) -> None:
    """Send part of a file; `claim` is the length that the head announces, `parts` splits it in two."""
    asked = {name: int(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
    offset = asked.get("offset", 0)
    count = asked.get("count", blob_size() - offset)
    headers = [] if "chunked" in asked else [(b"content-length", b"%d" % asked.get("claim", count))]
    await send({"type": "http.response.start", "status": 206, "headers": headers})
    with open_blob() as file:
        message = {"type": "http.response.zerocopysend", "file": file, "offset": offset, "count": count}
        if "parts" in asked:
            await send(message | {"count": asked["parts"], "more_body": True})
            message |= {"offset": offset + asked["parts"], "count": count - asked["parts"]}
        if "claim" in asked:
            message["count"] = asked["claim"]
        await send(message)


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(float(scope["query_string"] or b"1"))
    await answer(send, b"slow but there")


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("password=hunter2 \x1b[31m was wrong")


async def fail_late(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("late")


async def early(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without looking at the body."""
    await answer(send, b"no", 401)


async def idle(scope: Scope, receive: Receive, send: Send) -> None:
    """Wait for the client to leave."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def flood(scope: Scope, receive: Receive, send: Send) -> None:
    """Send 64 MiB through the loop."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"67108864")]})
    for left in range(63, -1, -1):
        await send({"type": "http.response.body", "body": bytes(1048576), "more_body": left > 0})


async def drip(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the head, and the body a moment later."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await asyncio.sleep(1)
    await send({"type": "http.response.body", "body": b"late"})


async def pid(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, b"%d" % os.getpid())


async def peer(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, f"{scope['scheme']} {scope['client'][0]}".encode())


async def usual(scope: Scope, receive: Receive, send: Send) -> None:
    """What `QUICK` answers where it is not asked: how many bytes the body has."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await answer(send, b"usual %d" % size)


def quick(scope: Scope) -> Response:
    came = f"{scope['scheme']} {scope['client'][0]} {scope['state'].get('vpc_endpoint', '')}"
    return Response(200, [("x-query", scope["query_string"].decode()), ("x-from", came)], b"quick")


def quick_large(scope: Scope) -> Response:
    return Response(200, [], bytes(4 * 1048576))


def quick_fail(scope: Scope) -> Response:
    raise RuntimeError("password=hunter2 was wrong")


def quick_split(scope: Scope) -> Response:
    return Response(200, [("x-a", "b\r\nx-evil: yes")])


def quick_strange(scope: Scope) -> Response:
    return Response(200, [("x-a", "\u20ac")])


QUICK: dict[str, Callable[[Scope], Response]] = {
    "/quick": quick,
    "/quick-large": quick_large,
    "/quick-fail": quick_fail,
    "/quick-split": quick_split,
    "/quick-strange": quick_strange,
}

ROUTES: dict[str, Callable[[Scope, Receive, Send], Awaitable[None]]] = {
    "/": echo,
    "/blob": blob,
    "/slow": slow,
    "/fail": fail,
    "/fail-late": fail_late,
    "/early": early,
    "/idle": idle,
    "/flood": flood,
    "/drip": drip,
    "/pid": pid,
    "/peer": peer,
    **dict.fromkeys(QUICK, usual),
}


class App:
    """The stand-in's door."""

    def __init__(self, settings: Settings, meter: Meter) -> None:
        self.folder = Path(settings.data_dir)
        self.doors = {**ROUTES, **control.doors(lambda: None, meter.render, settings.metrics.token)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["route"] = scope["path"] if scope["path"] in ROUTES else "other"
        await self.doors.get(scope["path"], echo)(scope, receive, send)

    def at_once(self, scope: Scope) -> Response | None:
        answers = QUICK.get(scope["path"])
        if answers is None:
            return None
        scope["state"]["route"] = scope["path"]
        return answers(scope)

    def close(self) -> None:
        (self.folder / f"closed-{os.getpid()}").touch()


def prepare(settings: Settings) -> None:
    if "unusable" in settings.data_dir:
        raise ConfigError("the database is newer than this program: install a newer one")


def build(settings: Settings, bound: Bound, meter: Meter) -> ASGIApp:
    if "broken" in settings.data_dir:
        raise RuntimeError("cannot build")
    return App(settings, meter)


def jobs(settings: Settings, stop: threading.Event) -> None:
    Path(settings.data_dir, "jobs").write_text(str(os.getpid()))
    stop.wait()
    Path(settings.data_dir, "jobs").write_text("stopped")
    time.sleep(0.05)


if __name__ == "__main__":
    try:
        given = config.load(None, os.environ, {})
    except ConfigError as error:
        sys.exit(str(error))
    sys.exit(
        parent.run(given, prepare=prepare, build=build, jobs=jobs, announce=lambda bound: print(bound, flush=True))
    )
