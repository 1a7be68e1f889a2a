"""A call to a URL that somebody else chose: to an address that was looked at, with an end to everything."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache

from entrepot.domain import addresses
from entrepot.domain.addresses import Target

_OK = 200


def get(url: str, seconds: float, most: int, *, allow_private: bool) -> bytes:
    """The body that a URL answers with, of at most `most` bytes, within `seconds`.

    Redirects are not followed and no proxy is asked. Raises OSError (addresses.Refused for an address inside the
    network, unless `allow_private`), ValueError for what is no URL and for any other answer.
    """
    target = addresses.target(url)
    headers = {"host": target.authority, "user-agent": "Entrepot", "accept": "application/json", "connection": "close"}
    try:
        with deadline(seconds) as hold, closing(http.client.HTTPConnection(target.authority)) as connected:
            connected.sock = reach(target, hold, allow_private=allow_private)
            connected.request("GET", target.path, headers=headers)
            with closing(connected.getresponse()) as response:
                body = response.read(most + 1)
                if response.status != _OK:
                    raise ValueError(f"HTTP {response.status}")
    except http.client.HTTPException as error:
        raise ValueError(type(error).__name__) from None
    if len(body) > most:
        raise ValueError(f"more than {most} bytes")
    return body


# --- one connection --------------------------------------------------------------------------------------------


class Hold:
    """The socket of a call, that a timer ends when its time is over: a receiver may send a byte now and then."""

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
def deadline(seconds: float) -> Iterator[Hold]:
    """Within this, a call takes so many seconds and no more. Raises TimeoutError."""
    hold = Hold(seconds)
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
def trust() -> ssl.SSLContext:
    """The certificates of this machine, or of SSL_CERT_FILE; reading them takes as long as some calls."""
    return ssl.create_default_context()


def reach(target: Target, hold: Hold, *, allow_private: bool) -> socket.socket:
    """A connection to the first address of a host that answers and that may be called.

    The name is looked up once, and what was looked at is what is connected to: a name that changes its address
    in between (DNS rebinding) gains nothing. Raises OSError, Refused.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    last: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in found:
        why = "" if allow_private else addresses.inside(str(address[0]))
        if why:
            last = addresses.Refused(target.host, str(address[0]), why)
            continue
        made = socket.socket(family, kind, protocol)
        try:
            hold.take(made)
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body are two writes
            return trust().wrap_socket(made, server_hostname=target.host) if target.scheme == "https" else made
        except OSError as error:
            made.close()
            last = error
    raise last
