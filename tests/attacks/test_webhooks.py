"""A36: what somebody makes this registry call is not inside its network, however the address is written or changes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.receiving import Receiver, post, receiving

from entrepot.config import ConfigError, load
from entrepot.domain.addresses import Target
from entrepot.domain.webhooks import Webhook

BODY = b'{"id": "1"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def port_of(receiver: Receiver) -> int:
    return int(receiver.url.rpartition(":")[2].partition("/")[0])


def a_webhook(host: str, port: int, **members: Any) -> Webhook:
    return Webhook("ci", Target("http", host, port, "/hook"), timeout=5.0, **members)


HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "localhost",
    "LOCALHOST", "localhost.", "0.0.0.0", "0", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::", "169.254.169.254",
    "0xa9fea9fe", "2852039166", "::ffff:a9fe:a9fe", "fd00:ec2::254", "fe80::1", "10.0.0.1", "192.168.0.1", "100.64.0.1",
    "224.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_addresses_inside_are_not_called(receiver: Receiver, host: str) -> None:
    """A receiver on this machine hears nothing under any of its names, and the reason is told."""
    answer = post(a_webhook(host, port_of(receiver)), BODY)
    assert not answer.arrived
    assert "inside the network" in answer.error or answer.error.startswith(("gaierror", "OSError")), answer
    assert receiver.messages == []


def test_allowed_addresses_are_called(receiver: Receiver) -> None:
    """Whoever allows it reaches the same receiver, under the name that it was called by."""
    for host in ("127.0.0.1", "127.1", "0x7f.1", "localhost"):
        assert post(a_webhook(host, port_of(receiver), allow_private=True), BODY).arrived
        assert receiver.messages[-1].headers["host"] == f"{host}:{port_of(receiver)}"


class Resolver:
    """A name server that an attacker runs: it gives another answer each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


def test_a_name_that_changes_its_address(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: a name is looked up once, and what was looked at is what is connected to."""
    resolver = Resolver(["127.0.0.1"], ["203.0.113.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert post(a_webhook("rebind.example", port_of(receiver), allow_private=True), BODY).arrived
    assert resolver.asked == 1
    assert receiver.messages[0].headers["host"] == f"rebind.example:{port_of(receiver)}"

    resolver = Resolver(["203.0.113.1"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    assert not post(a_webhook("rebind.example", port_of(receiver)), BODY).arrived
    assert resolver.asked == 1
    assert len(receiver.messages) == 1


def test_every_address_of_a_name_is_looked_at(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with addresses outside and inside is never called inside, also where those outside do not answer."""
    tried: list[object] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        tried.append(address[0])
        if address[0] == "1.1.1.1":
            raise ConnectionRefusedError(111, "Connection refused")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", Resolver(["127.0.0.1", "1.1.1.1", "10.0.0.1"]))
    assert not post(a_webhook("mixed.example", port_of(receiver)), BODY).arrived
    assert tried == ["1.1.1.1"]
    assert receiver.messages == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_inside_is_not_followed(receiver: Receiver, status: int) -> None:
    """An answer that names another place is a failure, and the other place hears nothing."""
    with receiving() as inside:
        receiver.answer = lambda _: (status, {"Location": inside.url})
        answer = post(a_webhook("127.0.0.1", port_of(receiver), allow_private=True), BODY)
        assert (answer.arrived, answer.final) == (False, True)
        assert inside.messages == []


URLS = [
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://example.com/", "dict://example.com/",
    "http://user:password@example.com/", "http://example.com@127.0.0.1/", "http://127.0.0.1/", "http://[::1]:5000/",
    "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/",
    "http://example.com/\r\nHost: inside", "http://example.com\\@127.0.0.1/", "http:example.com", "//example.com/",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_urls_that_no_webhook_has(url: str) -> None:
    """Other schemes, passwords, addresses inside the network: the configuration says so in one line."""
    webhooks = f"[{{name = 'ci', url = {_toml(url)}}}]"
    with pytest.raises(ConfigError) as caught:
        load(None, {"HOME": "/h", "ENTREPOT_EVENTS__WEBHOOKS": webhooks}, {})
    assert "events.webhooks: ci: " in str(caught.value)
    assert "\n" not in str(caught.value)


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n") + '"'


def test_a_server_does_not_start_with_one(tmp_path: Path) -> None:
    """`entrepot serve` leaves with 2 and one line, which does not have the secret."""
    (tmp_path / "entrepot.toml").write_text(
        '[[events.webhooks]]\nname = "ci"\nurl = "http://127.0.0.1:9/"\nsecret = "s3cr3t-s3cr3t-s3cr3t"\n'
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    done = subprocess.run(
        [sys.executable, "-m", "entrepot", "serve", "--data-dir", str(tmp_path / "data"), "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "events.webhooks: ci: 127.0.0.1 is inside the network (loopback): set allow_private" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "s3cr3t" not in done.stderr
