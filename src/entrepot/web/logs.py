"""How the installation logs: one line per event on standard error, without secrets or control characters."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

Level = Literal["debug", "info", "warning", "error"]
Event = MutableMapping[str, Any]

LEVELS: dict[Level, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
HIDDEN = "[redacted]"

_SECRETS = ("authorization", "cookie", "passw", "secret", "token", "signature", "credential", "assertion", "key")
_SCHEMES = ("basic ", "bearer ")
_SECRET_TEXT = re.compile(
    r"(?i)\b((?:basic|bearer)\s+)[A-Za-z0-9+/=._~-]{8,}"
    r"|((?:authorization|cookie|passw|secret|token|signature|credential|assertion|key)[\w-]*[\"']?\s?[=:]\s?[\"']?)"
    r"(?:(?:basic|bearer)\s+)?[^&\s\"',;]+"
)
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_info = True
_text = False


def get(name: str) -> FilteringBoundLogger:
    """Return the logger of a part of the program; `setup` decides what becomes of its events."""
    logger: FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def setup(level: Level, form: Literal["json", "text"] | None) -> None:
    """Send every event, those of libraries too, to standard error in one form.

    Without a form: text on a terminal, JSON elsewhere. Each line is one write, so that the lines of several
    processes do not mix.
    """
    global _info, _text  # noqa: PLW0603 - one standard error, one way to write to it
    _info = LEVELS[level] <= LEVELS["info"]
    _text = sys.stderr.isatty() if form is None else form == "text"
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            as_text if _text else as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_FromLibraries()]
    root.setLevel(max(LEVELS[level], logging.INFO))
    for noisy in ("uvicorn.error", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _FromLibraries(logging.Handler):
    """Takes what libraries say through `logging`."""

    def emit(self, record: logging.LogRecord) -> None:
        event = {"library": record.name, "exc_info": record.exc_info}
        get("library").log(record.levelno, record.getMessage(), **{k: v for k, v in event.items() if v})


def request_line(fields: Event) -> None:
    """Log the event `request`: as `get("request").info`, for a sixth of its time.

    The caller has cleaned what comes from the client (`clean`, `query`).
    """
    if _info:
        if _text:
            line = as_text(None, "info", {"timestamp": _now(), "level": "info", "event": "request", **fields})
        else:
            line = msgspec.json.encode({"time": _now(), "level": "info", "event": "request", **fields})
        sys.stderr.buffer.write(line + b"\n")
        sys.stderr.buffer.flush()


def _now() -> str:
    """The time as structlog writes it, in microseconds UTC."""
    seconds, micros = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_second(seconds)}.{micros:06}Z"


@lru_cache(2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Hide the values of secret-looking names and of secrets inside texts; escape control characters.

    A traceback keeps its line ends; nothing else does.
    """
    for name, value in event.items():
        if _is_secret(name):
            event[name] = HIDDEN
        elif name == "exception":
            event[name] = "\n".join(clean(line) for line in str(value).split("\n"))
        elif value is not None and type(value) not in (int, float, bool):
            event[name] = clean(value if type(value) is str else repr(value))
    return event


@lru_cache(1024)
def _is_secret(name: str) -> bool:
    lower = name.lower()
    return any(word in lower for word in _SECRETS)


def clean(text: str) -> str:
    """Return the text with secrets hidden and control characters escaped as in a Python literal."""
    lower = text.lower()
    if any(word in lower for word in _SECRETS) or any(word in lower for word in _SCHEMES):
        text = _SECRET_TEXT.sub(lambda found: (found[1] or found[2]) + HIDDEN, text)
    return text if text.isprintable() else _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def query(raw: bytes) -> str:
    """Return a query string for the log: the values of secret-looking parameters hidden.

    X-Amz-Signature, X-Amz-Credential and X-Amz-Security-Token (SigV4 in the query) are among them, however
    their names are percent-encoded.
    """
    parts = []
    for part in raw.decode("latin-1").split("&"):
        name, equals, _ = part.partition("=")
        parts.append(f"{name}={HIDDEN}" if equals and _is_secret(unquote_plus(name)) else part)
    return clean("&".join(parts))


def as_json(_logger: object, _method: str, event: Event) -> bytes:
    """Render one line of JSON: time, level and event first."""
    first = {"time": event.pop("timestamp"), "level": event.pop("level"), "event": event.pop("event")}
    return msgspec.json.encode(first | dict(event))


def as_text(_logger: object, _method: str, event: Event) -> bytes:
    """Render one line for people; a traceback follows, indented, so that it cannot pass for a line."""
    trace = event.pop("exception", "")
    head = f"{event.pop('timestamp')[11:19]} {event.pop('level'):<7} {event.pop('event')}"
    event.pop("part", None)
    rest = "".join(f" {name}={value}" for name, value in event.items())
    tail = "".join(f"\n    {line}" for line in trace.splitlines())
    return (head + rest + tail).encode("utf-8", "backslashreplace")
