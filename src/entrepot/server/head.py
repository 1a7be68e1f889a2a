"""What the head of a request must be, beyond what the parser sees to, for it to have one meaning only.

The parser (llhttp, strict) refuses a bare LF, folded headers, whitespace before a colon, control characters, two
or malformed lengths, and a length beside a transfer coding; tests/server/test_head.py holds it to that.
"""

import re
from collections.abc import Mapping

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.%]+\])(?::[0-9]{0,5})?\Z")

SINGLE = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-encoding",
        b"content-type",
        b"authorization",
        b"expect",
        b"upgrade",
    }
)
"""Headers that a request has at most once: the second is answered 400."""


class Refused(Exception):
    """A request that is not worth an application: status and reason, one line each in answer and log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check(single: Mapping[bytes, bytes], version: str, target: bytes, most_bytes: int, *, upgrade: bool) -> None:
    """Raise Refused for a head that the application should not see.

    `single` has the headers named in SINGLE, `most_bytes` bounds the body, `upgrade` tells whether the parser
    would stop after this request (RFC 9110 §7.8).
    """
    if version not in ("1.0", "1.1"):
        raise Refused(505, "version 1.1 of HTTP is spoken here")
    if target[:1] != b"/" or b"#" in target:
        raise Refused(400, "the request target has to be a path")
    _check_host(single.get(b"host"), version)
    length, coding = single.get(b"content-length"), single.get(b"transfer-encoding")
    if length is None and coding is None:
        return
    _check_body(length, coding, version, most_bytes)
    if length is not None and not length.strip(b"0"):
        return
    if upgrade:
        raise Refused(400, "a request with a body cannot upgrade")


def _check_host(host: bytes | None, version: str) -> None:
    if host is None:
        if version == "1.1":
            raise Refused(400, "no host header")
    elif not _HOST.match(host):
        raise Refused(400, "invalid host header")


def _check_body(length: bytes | None, coding: bytes | None, version: str, most_bytes: int) -> None:
    if coding is not None and (version != "1.1" or coding.lower() != b"chunked"):
        raise Refused(400, "the transfer-encoding has to be chunked")
    if length is not None and int(length) > most_bytes:
        raise Refused(413, "body too large")
