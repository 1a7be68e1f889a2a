"""The types of an ASGI application, and the two ways that an answer can end early."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientDisconnected(OSError):
    """The client left before the answer was complete.

    The server's `send` raises it (ASGI 2.4: an OSError), so that an application stops working for nobody.
    An application may raise it too, when its `receive` returned `http.disconnect`.
    """


class BrokenOff(Exception):
    """The answer cannot be completed truthfully: the server drops the connection and says nothing more.

    Whoever raises it has logged why.
    """
