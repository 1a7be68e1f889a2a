"""Messages on their way to a webhook: POSTs to an address that was looked at, with an end to everything."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache

from entrepot.domain import addresses
from entrepot.domain.webhooks import Webhook, sign

_BODY_MAX = 16 * 1024
_AGAIN = frozenset({408, 429})
_CUT_OFF = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a POST: an HTTP status, or 0 and what went wrong. `asked`: seconds of its Retry-After."""

    status: int
    error: str
    asked: float = 0.0

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def final(self) -> bool:
        """Whether trying again is of no use: the receiver refused the message, or sent it elsewhere."""
        return 300 <= self.status < 500 and self.status not in _AGAIN  # noqa: PLR2004


class Line:
    """A connection to a webhook's receiver, made when it is needed and used again while the receiver keeps it."""

    def __init__(self, webhook: Webhook) -> None:
        self.webhook = webhook
        self._connection: http.client.HTTPConnection | None = None

    def post(self, body: bytes, attempt: int) -> Answer:
        """Send one message and say what came of it, within the webhook's timeout and a little; raises nothing.

        Redirects are not followed, no proxy is asked; of the answer's body at most 16 KiB are read and not looked at.
        """
        try:
            with _deadline(self.webhook.timeout) as hold:
                return self._post(hold, body, attempt)
        except TimeoutError:
            error = f"no answer within {self.webhook.timeout:g} s"
        except addresses.Refused as refused:
            error = str(refused)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            error = _reason(failure)
        self.close()
        return Answer(0, error)

    def _post(self, hold: _Hold, body: bytes, attempt: int) -> Answer:
        fields = _headers(self.webhook, body, attempt)
        if self._connection is not None:
            try:
                return self._exchange(self._connection, hold, body, fields)
            except _CUT_OFF:
                self.close()  # while nothing was sent the receiver has closed it: that is no failure
        self._connection = http.client.HTTPConnection(self.webhook.target.authority)
        self._connection.auto_open = 0  # it would connect to whatever address the name has by then
        self._connection.sock = _reach(self.webhook, hold)
        return self._exchange(self._connection, hold, body, fields)

    def _exchange(
        self, connection: http.client.HTTPConnection, hold: _Hold, body: bytes, fields: dict[str, str]
    ) -> Answer:
        hold.take(connection.sock)
        connection.request("POST", self.webhook.target.path, body, fields)
        response = connection.getresponse()
        try:
            with suppress(OSError, http.client.HTTPException):
                response.read(_BODY_MAX)  # a receiver that is cut off may take that for a failure
            return Answer(response.status, f"HTTP {response.status}", _asked(response.getheader("retry-after")))
        finally:
            if response.will_close or not response.isclosed() or hold.over:
                response.close()
                self.close()

    def close(self) -> None:
        """Let go of the connection; another is made for the next message."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reason(error: Exception) -> str:
    """What went wrong, in words of this machine: a receiver's own would stand in logs and on terminals."""
    said = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _headers(webhook: Webhook, body: bytes, attempt: int) -> dict[str, str]:
    message, seconds = str(json.loads(body)["id"]), int(time.time())
    fields = {
        "user-agent": "Entrepot",
        **{name.lower(): value for name, value in webhook.headers.items()},
        "host": webhook.target.authority,
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "entrepot-webhook": webhook.name,
        "entrepot-attempt": str(attempt),
    }
    if webhook.key:
        fields["webhook-signature"] = sign(webhook.key, message, seconds, body)
    return fields


def _asked(text: str | None) -> float:
    """Seconds of a Retry-After, which may also be a date: that is not waited for."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0.0  # noqa: PLR2004


# --- one connection --------------------------------------------------------------------------------------------


class _Hold:
    """The socket of an exchange, that a timer ends when its time is over: a receiver may send a byte now and then."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self.over = False

    def take(self, held: socket.socket) -> None:
        """Hold a socket, which waits no longer than there is time. Raises TimeoutError where there is none."""
        left = self._ends - time.monotonic()
        self._socket = held
        if left <= 0 or self.over:
            raise TimeoutError
        held.settimeout(left)

    def end(self) -> None:
        self.over = True
        if self._socket is not None:
            with suppress(OSError):  # it was over by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not ssl's, which is not for two threads


@contextmanager
def _deadline(seconds: float) -> Iterator[_Hold]:
    hold = _Hold(seconds)
    timer = threading.Timer(seconds, hold.end)
    timer.daemon = True
    timer.start()
    try:
        yield hold
    except (OSError, http.client.HTTPException):
        if hold.over:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


@cache
def _trust() -> ssl.SSLContext:
    """The certificates of this machine, or of SSL_CERT_FILE; reading them takes as long as some messages."""
    return ssl.create_default_context()


def _reach(webhook: Webhook, hold: _Hold) -> socket.socket:
    """A connection to the first address of the webhook's host that answers and that may be called.

    The name is looked up once, and what was looked at is what is connected to: a name that changes its address
    in between (DNS rebinding) gains nothing. Raises OSError, Refused.
    """
    target = webhook.target
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    last: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        why = "" if webhook.allow_private else addresses.inside(str(address[0]))
        if why:
            last = addresses.Refused(target.host, str(address[0]), why)
            continue
        made = socket.socket(family, kind, protocol)
        try:
            hold.take(made)
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body are two writes
            return _trust().wrap_socket(made, server_hostname=target.host) if target.scheme == "https" else made
        except OSError as error:
            made.close()
            last = error
    raise last
