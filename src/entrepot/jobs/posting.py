"""Messages on their way to a webhook: POSTs to an address that was looked at, with an end to everything."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress
from dataclasses import dataclass

from entrepot.domain import addresses
from entrepot.domain.webhooks import Webhook, sign
from entrepot.upstream import calls

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
            with calls.deadline(self.webhook.timeout) as hold:
                return self._post(hold, body, attempt)
        except TimeoutError:
            error = f"no answer within {self.webhook.timeout:g} s"
        except addresses.Refused as refused:
            error = str(refused)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            error = _reason(failure)
        self.close()
        return Answer(0, error)

    def _post(self, hold: calls.Hold, body: bytes, attempt: int) -> Answer:
        fields = _headers(self.webhook, body, attempt)
        if self._connection is not None:
            try:
                return self._exchange(self._connection, hold, body, fields)
            except _CUT_OFF:
                self.close()  # while nothing was sent the receiver has closed it: that is no failure
        self._connection = http.client.HTTPConnection(self.webhook.target.authority)
        self._connection.auto_open = 0  # it would connect to whatever address the name has by then
        self._connection.sock = calls.reach(self.webhook.target, hold, allow_private=self.webhook.allow_private)
        return self._exchange(self._connection, hold, body, fields)

    def _exchange(
        self, connection: http.client.HTTPConnection, hold: calls.Hold, body: bytes, fields: dict[str, str]
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
