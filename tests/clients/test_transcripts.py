"""Clients that cannot be had here: what they send, replayed request by request.

A transcript has `content` (texts by name, which may hold the digest and size of earlier ones), `upload.blobs` (what is
there before it begins) and steps. `@name` is the bytes of a content, `@name[2:5]` a part of them.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from .serving import Server

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.toml"))
STEP = {"send", "status", "headers", "body", "streamed", "login", "answer", "absent", "keep", "bytes", "json"}
_NAME = re.compile(r"\{(?:(digest|size):)?(\w+)\}")
_PART = re.compile(r"@(\w+)(?:\[(\d*):(\d*)\])?")


@dataclass
class Player:
    """Sends the steps over one connection; `known` is what `{name}` stands for."""

    connection: http.client.HTTPConnection
    login: str
    known: dict[str, str]
    content: dict[str, bytes] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] == "digest":
                return "sha256:" + hashlib.sha256(self.content[match[2]]).hexdigest()
            return str(len(self.content[match[2]])) if match[1] == "size" else self.known.get(match[2], match[0])

        return _NAME.sub(value, text)

    def bytes_of(self, text: str) -> bytes:
        match = _PART.fullmatch(text)
        assert match, text
        start, end = (int(at) if at else None for at in (match[2], match[3]))
        return self.content[match[1]][start:end]

    def send(self, step: dict[str, Any]) -> tuple[http.client.HTTPResponse, bytes]:
        method, _, path = self.fill(step["send"]).partition(" ")
        body = self.bytes_of(step["body"]) if "body" in step else None
        headers = {name: self.fill(value) for name, value in step.get("headers", {}).items()}
        if step.get("login", True):
            headers["authorization"] = self.login
        if method == "POST" and body is None:
            headers["content-length"] = "0"
        self.connection.request(method, path, iter([body or b""]) if step.get("streamed") else body, headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def play(self, step: dict[str, Any]) -> None:
        assert step.keys() <= STEP
        answer, body = self.send(step)
        assert answer.status == step["status"], (step["send"], answer.status, body)
        for name, value in step.get("answer", {}).items():
            assert answer.headers[name] == self.fill(value), (step["send"], name)
        for name in step.get("absent", []):
            assert name not in answer.headers, (step["send"], name)
        for name, header in step.get("keep", {}).items():
            value = answer.headers[header]
            self.known[name] = urlsplit(value).path if header == "location" else value
        if "bytes" in step:
            assert body == self.bytes_of(step["bytes"]), step["send"]
        if "json" in step:
            assert json.loads(body) == json.loads(self.fill(json.dumps(step["json"]))), step["send"]


@pytest.fixture
def player(server: Server, repository: str, docker_login: dict[str, str]) -> Iterator[Player]:
    config = json.loads((Path(docker_login["DOCKER_CONFIG"]) / "config.json").read_bytes())
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
    known = {"repository": repository.partition("/")[2], "host": server.host}
    yield Player(connection, f"Basic {config['auths'][server.host]['auth']}", known)
    connection.close()


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(player: Player, path: Path) -> None:
    """Each request of the client is answered as the client needs it."""
    transcript = tomllib.loads(path.read_text())
    assert transcript["about"]
    for name, text in transcript["content"].items():
        player.content[name] = player.fill(text).encode()
    for name in transcript.get("upload", {}).get("blobs", []):
        send = f"POST /v2/{{repository}}/blobs/uploads/?digest={{digest:{name}}}"
        player.play({"send": send, "body": f"@{name}", "status": 201})
    for step in transcript["step"]:
        player.play(step)
