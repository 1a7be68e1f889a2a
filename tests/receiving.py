"""A server on this machine that receives webhooks' messages, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from entrepot.domain.webhooks import Webhook
from entrepot.jobs.posting import Answer, Line


@dataclass(frozen=True, slots=True)
class Message:
    """One request, as it came; `headers` by name in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def tag(self) -> str:
        return str(self.event["detail"].get("image-tag"))


Answering = Callable[[Message], int | tuple[int, dict[str, str]]]


@dataclass(slots=True)
class Receiver:
    """What came, and what is answered: a status, or a status and headers."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)
    answer: Answering = lambda _: 204
    connections: int = 0
    came: threading.Condition = field(default_factory=threading.Condition)

    def tags(self) -> list[str]:
        """The image tags of the messages, in the order in which they came."""
        with self.came:
            return [message.tag for message in self.messages]

    def wait(self, count: int, seconds: float = 30) -> list[Message]:
        """Wait until so many messages came."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.messages) >= count, seconds), f"{len(self.messages)} came"
            return list(self.messages)


def post(webhook: Webhook, body: bytes) -> Answer:
    """Send one message on a connection of its own."""
    with closing(Line(webhook)) as line:
        return line.post(body, 1)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def setup(self) -> None:
        super().setup()
        self.receiver.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.receiver.came:
            self.receiver.messages.append(message)
            self.receiver.came.notify_all()
        answer = self.receiver.answer(message)
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        self.close_connection = headers.get("Connection") == "close"
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that is killed is no error."""


@contextmanager
def receiving(answer: Answering | None = None) -> Iterator[Receiver]:
    """Receive on a free port of 127.0.0.1 until the block ends."""
    receiver = Receiver()
    if answer is not None:
        receiver.answer = answer
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
