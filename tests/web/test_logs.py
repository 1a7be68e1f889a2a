"""What may stand in a log."""

import json
import logging
import subprocess
import sys

import pytest

from entrepot.web import logs

SPEAK = """
import logging, sys
from entrepot.web import logs
logs.setup(sys.argv[1], sys.argv[2])
log = logs.get("test")
log.debug("quiet"); log.info("plain", password="5ecret", path="/a\\x1b[31m\\n{forged}", size=3)
logging.getLogger("some.library").warning("token=5ecret of %s", "you")
try:
    raise ValueError("Authorization: Basic NWVjcmV0NWVjcmV0\\nAuthorization: Bearer 5ecret5ecret\\x1b")
except ValueError:
    log.exception("failed")
logs.request_line({"method": "GET", "status": 200})
"""


def speak(level: str, form: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SPEAK, level, form], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "5ecret" not in done.stderr
    assert "NWVj" not in done.stderr
    assert "\x1b" not in done.stderr
    return done.stderr.splitlines()


def test_json() -> None:
    """Each event is one line of JSON with time, level and event; libraries' too."""
    lines = [json.loads(line) for line in speak("info", "json")]
    assert [line["event"] for line in lines] == ["plain", "token=[redacted] of you", "failed", "request"]
    assert [line["level"] for line in lines] == ["info", "warning", "error", "info"]
    assert all(line["time"].endswith("Z") for line in lines)
    assert lines[0]["path"] == r"/a\x1b[31m\n{forged}"
    assert lines[2]["exception"].startswith("Traceback")


def test_text() -> None:
    """For people: no event can forge another's line, as only a traceback has several, all indented."""
    lines = speak("info", "text")
    assert lines[0].split()[1:] == ["info", "plain", "password=[redacted]", r"path=/a\x1b[31m\n{forged}", "size=3"]
    assert all(line[0].isdigit() or line.startswith("    ") for line in lines)


def test_levels() -> None:
    """Only what is asked for; a request is information."""
    assert len(speak("debug", "json")) == 5
    assert [json.loads(line)["event"] for line in speak("error", "json")] == ["failed"]


@pytest.mark.parametrize(
    ("raw", "logged"),
    [
        (b"n=10&last=b", "n=10&last=b"),
        (b"X-Amz-Signature=abc&X-Amz-Date=1", "X-Amz-Signature=[redacted]&X-Amz-Date=1"),
        (b"X%2DAmz%2DSecurity%2DToken=abc", "X%2DAmz%2DSecurity%2DToken=[redacted]"),
        (b"x-amz-credential=AKIA", "x-amz-credential=[redacted]"),
        (b"WebIdentityToken=a.b&Action=x", "WebIdentityToken=[redacted]&Action=x"),
        (b"SAMLAssertion=abc", "SAMLAssertion=[redacted]"),
        (b"a=\x1b\xff", "a=\\x1b\xff"),
        (b"&&=", "&&="),
    ],
)
def test_queries(raw: bytes, logged: str) -> None:
    """Values of secret-looking parameters are hidden, however the names are written."""
    assert logs.query(raw) == logged


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("/v2/app/blobs/sha256:00", "/v2/app/blobs/sha256:00"),
        ("Basic QVdTOmFiY2Q=", "Basic [redacted]"),
        ("basic idea", "basic idea"),
        (
            "AWS4-HMAC-SHA256 Credential=AK/x, Signature=0a",
            "AWS4-HMAC-SHA256 Credential=[redacted], Signature=[redacted]",
        ),
        ('{"secretAccessKey": "abc"}', '{"secretAccessKey": "[redacted]"}'),
        ("\x85\u2028\u202e\ud800\x00", r"\x85\u2028\u202e\ud800\x00"),
        ("Ä 漢", "Ä 漢"),
    ],
)
def test_texts(text: str, logged: str) -> None:
    """Secrets inside texts are hidden and control characters escaped; letters of all scripts stay."""
    assert logs.clean(text) == logged


def test_libraries_are_kept_from_chatting() -> None:
    """What uvicorn says about each connection is ours to say."""
    before = logging.getLogger().handlers[:]
    logs.setup("info", "json")
    logging.getLogger().handlers[:] = before
    assert logging.getLogger("uvicorn.error").level == logging.WARNING
