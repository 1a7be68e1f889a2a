"""A connection that costs its owner little: requests over a blocking socket, answers read for what they must say."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from urllib.parse import urlsplit

from bench.workloads import Failed

TIMEOUT = 120.0  # seconds of silence
TOGETHER = 64 * 1024  # bytes of head and body that are sent as one
BUFFER = 1024 * 1024
LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer: its fields by lower-case name, its body where that was asked for, else only its length."""

    status: int
    fields: Mapping[str, str]
    length: int
    body: bytes

    @property
    def location(self) -> str:
        """Path and query of the Location field. Raises Failed where there is none."""
        if "location" not in self.fields:
            raise Failed(f"an answer {self.status} without a Location")
        parts = urlsplit(self.fields["location"])
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to send: as one body of known length, or framed in chunks already."""

    pieces: tuple[bytes | memoryview, ...]
    length: int
    chunked: bool = False


EMPTY = Body((), 0)


class Connection:
    """One connection, made anew where the server ends it after an answer; any certificate will do, as for wrk.

    Its methods raise Failed or OSError; after that it is of no more use.
    """

    def __init__(self, port: int, headers: Mapping[str, str], *, tls: bool = False) -> None:
        self._port, self._tls = port, tls
        self._connect()
        self._buffer = memoryview(bytearray(BUFFER))
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._fields = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{fields}"

    def _connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._port), TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = _trusting().wrap_socket(plain, server_hostname="localhost") if self._tls else plain
        self._file = BufferedReader(socket.SocketIO(self._socket, "r"), LINE)
        self._ends = False

    def call(
        self, method: str, path: str, expected: int, body: Body = EMPTY, *, fields: str = "", keep: bool = False
    ) -> Answer:
        """Send one request and read the answer, its body only where `keep` says so. Raises Failed for another status.

        `fields` are further header lines, each with its line end.
        """
        if method not in ("GET", "HEAD", "DELETE"):
            fields += "Transfer-Encoding: chunked\r\n" if body.chunked else f"Content-Length: {body.length}\r\n"
        if self._ends:
            self.close()
            self._connect()
        self._send(f"{method} {path}{self._fields}{fields}\r\n".encode("ascii"), body)
        answer = self._answer(method, expected, keep=keep)
        if answer.status != expected:
            raise Failed(f"{method} {path}: {answer.status} and not {expected}: {answer.body[:300]!r}")
        return answer

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _send(self, head: bytes, body: Body) -> None:
        if len(head) + body.length <= TOGETHER:
            self._socket.sendall(b"".join((head, *body.pieces)))
            return
        self._socket.sendall(head)
        for piece in body.pieces:
            self._socket.sendall(piece)

    def _answer(self, method: str, expected: int, *, keep: bool) -> Answer:
        line = self._file.readline(LINE)
        if not line.startswith(b"HTTP/1.1 ") or not line[9:12].isdigit():
            raise Failed(f"{method}: no answer but {line[:100]!r}")
        status, fields = int(line[9:12]), self._read_fields()
        self._ends = fields.get("connection", "").lower() == "close"
        if method == "HEAD" or status in (204, 304):
            return Answer(status, fields, int(fields.get("content-length", 0)), b"")
        kept = bytearray() if keep or status != expected else None
        if fields.get("transfer-encoding") == "chunked":
            length = self._chunks(kept)
        else:
            length = int(fields["content-length"])
            self._take(length, kept)
        return Answer(status, fields, length, bytes(kept or b""))

    def _read_fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while (line := self._file.readline(LINE)) != b"\r\n":
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise Failed(f"not a header field: {line[:100]!r}")
            fields[name.lower()] = value.strip()
        return fields

    def _chunks(self, kept: bytearray | None) -> int:
        total = 0
        while size := int(self._file.readline(LINE), 16):
            self._take(size, kept)
            self._end_of_line()
            total += size
        self._end_of_line()
        return total

    def _end_of_line(self) -> None:
        if self._file.readline(LINE) != b"\r\n":
            raise Failed("a chunk does not end where it says")

    def _take(self, length: int, kept: bytearray | None) -> None:
        left = length
        read: Callable[[memoryview], int] = self._file.readinto
        if kept is None and left > LINE and not self._tls:
            left -= self._file.readinto1(self._buffer[:LINE])  # all that was read with the head, or the first of it
            read = self._drop
        while left:
            count = read(self._buffer[: min(left, BUFFER)])
            if not count:
                raise Failed(f"a body of {length} bytes ended {left} bytes early")
            if kept is not None:
                kept += self._buffer[:count]
            left -= count

    def _drop(self, buffer: memoryview) -> int:
        """Have the kernel throw away so many bytes: copying them could take longer than sending them."""
        return self._socket.recv_into(buffer, len(buffer), socket.MSG_TRUNC)


@cache
def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def body(*pieces: bytes | memoryview) -> Body:
    """A body of known length."""
    return Body(pieces, sum(len(piece) for piece in pieces))


def joined(path: str, **parameters: str) -> str:
    """A path with more parameters, none of which needs escaping."""
    text = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"{path}{'&' if '?' in path else '?'}{text}"
