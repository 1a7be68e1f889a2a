"""Listening sockets: what an address in the settings means, bound or refused in one line."""

import errno
import socket
import ssl
from dataclasses import dataclass

from entrepot.config import Bound, BoundListener, ConfigError, Listener, Settings, Tls, address

BACKLOG = 2048
"""Connections that wait to be accepted; the kernel's somaxconn may allow fewer."""

_PORT_TRIES = 20
_NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


@dataclass(frozen=True, slots=True)
class Door:
    """A listener and its bound sockets."""

    listener: BoundListener
    sockets: tuple[socket.socket, ...]
    tls: Tls | None


def open_all(settings: Settings) -> tuple[Door, ...]:
    """Bind every listener of the settings, `listen` first. Raises ConfigError and then leaves none open."""
    wanted = [Listener(name="main", address=settings.listen)] if settings.listen else []
    doors: list[Door] = []
    try:
        for each in (*wanted, *settings.listeners):
            if each.tls is not None:
                tls_context(each.tls)
            doors.append(_open(each))
    except ConfigError:
        close_all(doors)
        raise
    return tuple(doors)


def close_all(doors: tuple[Door, ...] | list[Door]) -> None:
    """Close this process's copies of the sockets."""
    for door in doors:
        for each in door.sockets:
            each.close()


def bound(settings: Settings, doors: tuple[Door, ...]) -> Bound:
    """Return the settings' addresses with the real ports."""
    listeners = tuple(door.listener for door in doors)
    return Bound(listeners, settings.registry_host or f"localhost:{listeners[0].port}")


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return a context with the certificate and key of the files. Raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the certificate {tls.certificate} or its key {tls.key} cannot be used: {error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key has a password; give one without")


def _open(listener: Listener) -> Door:
    host, port = address(listener.address)
    for attempt in range(_PORT_TRIES):
        try:
            sockets = _bind(host, port)
        except OSError as error:
            if port == 0 and error.errno == errno.EADDRINUSE and attempt < _PORT_TRIES - 1:
                continue
            raise ConfigError(_refusal(listener, error)) from None
        break
    real = int(sockets[0].getsockname()[1])
    return Door(
        BoundListener(listener.name, host, real, listener.tls is not None, listener.vpc_endpoint), sockets, listener.tls
    )


def _bind(host: str, port: int) -> tuple[socket.socket, ...]:
    """Bind every address of the host to one port. Raises OSError and then leaves none open."""
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, where in _resolve(host):
            try:
                sockets.append(_listen(family, where, port))
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                missing = error
            else:
                port = sockets[0].getsockname()[1]
        if not sockets:
            raise missing or OSError(errno.EADDRNOTAVAIL, "no such address")
    except OSError:
        for each in sockets:
            each.close()
        raise
    return tuple(sockets)


def _resolve(host: str) -> list[tuple[socket.AddressFamily, str]]:
    if host == "localhost":
        return [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    if not host:
        return [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]  # noqa: S104 - asked for
    found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, str(where[0])) for family, _, _, _, where in found))


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _refusal(listener: Listener, error: OSError) -> str:
    how = "--listen HOST:PORT" if listener.name == "main" else f"the address of listener {listener.name}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{listener.address} is taken by another program: stop it or choose another port with {how}"
        case errno.EACCES:
            return f"{listener.address} needs more rights: choose a port above 1023 with {how}"
        case _:
            return f"{listener.address} cannot be listened on ({error.strerror}): correct {how}"
