"""`entrepot events`: what is printed, of what, in which order, and how it ends."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.clients.processes import environment
from tests.clients.serving import serving
from tests.factories import KEY, Clock, a_caller, a_registry, a_repository, an_image
from tests.receiving import receiving

from entrepot import app
from entrepot.config import Settings
from entrepot.domain import events as rules
from entrepot.domain.images import ImageId
from entrepot.registry import deletion, webhooks
from entrepot.registry.context import Registry
from entrepot.store import outbox
from entrepot.store import webhooks as table
from entrepot.store.sqlite import SqliteDatabase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    app.prepare(Settings(data_dir=str(tmp_path / "data")))
    return tmp_path / "data"


@contextmanager
def opened(folder: Path) -> Iterator[Registry]:
    """The registry in a folder, beside whoever else has it open."""
    db = SqliteDatabase(folder / "entrepot.db")
    try:
        yield a_registry(db, folder, Clock())
    finally:
        db.close()


@pytest.fixture
def reg(folder: Path) -> Iterator[Registry]:
    with opened(folder) as found:
        a_repository(found, "team/app")
        a_repository(found, "other")
        yield found


def happen(reg: Registry, *tags: str, name: str = "team/app") -> None:
    for tag in tags:
        detail = rules.image_action("PUSH", name, "sha256:" + "0" * 64, tag, "a/manifest", "")
        reg.db.write(lambda tx, detail=detail: outbox.insert(tx, 1, reg.now(), rules.IMAGE_ACTION, detail))  # type: ignore[misc]


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "entrepot", "events", *words, "--data-dir", str(folder)]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *words),
        env=environment(folder.parent),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[Any]:
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def tags(found: list[Any]) -> list[str]:
    return [event["detail"].get("image-tag") for event in found]


def test_all_that_is_kept(folder: Path, reg: Registry) -> None:
    """Each event is one line, an envelope as EventBridge delivers it, in order."""
    an_image(reg, 1, "v1", "v2")
    deletion.delete_many(reg, a_caller("ecr:BatchDeleteImage"), KEY, "team/app", [ImageId(None, "v1")])
    found = lines(run(folder))
    assert [(event["detail"]["action-type"], event["detail"]["image-tag"]) for event in found] == [
        ("PUSH", "v1"), ("PUSH", "v2"), ("DELETE", "v1"),
    ]  # fmt: skip
    assert {event["source"] for event in found} == {"aws.ecr"}
    assert {event["time"] for event in found} == {"2027-01-15T08:00:00Z"}


def test_some_of_it(folder: Path, reg: Registry, tmp_path: Path) -> None:
    """By detail-type or action-type, by repository, by pattern, by time, and by several at once."""
    happen(reg, "a")
    happen(reg, "b", name="other")
    clock = reg.now
    assert isinstance(clock, Clock)
    clock.forward(60)
    happen(reg, "c")
    damaged = rules.blob_damaged("sha256:00", "there", ["team/app", "x"])
    reg.db.write(lambda tx: outbox.insert(tx, 1, reg.now(), rules.BLOB_DAMAGED, damaged))
    pattern = '{"detail": {"image-tag": ["a", "b"]}}'
    (tmp_path / "pattern.json").write_text(pattern)
    for words, expected in [
        (["--type", "push"], ["a", "b", "c"]),
        (["--type", "Entrepot Blob Damaged"], [None]),
        (["--type", "DELETE", "--type", "PUSH"], ["a", "b", "c"]),
        (["--repository", "team/*"], ["a", "c", None]),
        (["--repository", "other"], ["b"]),
        (["--pattern", pattern], ["a", "b"]),
        (["--pattern", "pattern.json", "--repository", "other"], ["b"]),
        (["--since", "2027-01-15T08:00:01Z"], ["c", None]),
        (["--since", "2027-01-15T09:00:01+01:00", "--type", "PUSH"], ["c"]),
        (["--since", "2999-01-01"], []),
    ]:
        assert tags(lines(run(folder, *words))) == expected, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "--since yesterday: give 30s, 15m, 2h, 7d, or a time"),
        (["--pattern", "{"], "--pattern: an event pattern is JSON"),
        (["--pattern", "no-such-file"], "--pattern: no-such-file cannot be read"),
        (["dead", "--retry", "--drop"], "--retry and --drop: give one of them"),
    ],
)
def test_what_is_wrong(folder: Path, words: list[str], said: str) -> None:
    """One line that says what to give instead, and 2."""
    done = run(folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"entrepot: {said}")
    assert done.stderr.count("\n") == 1


def test_no_registry(tmp_path: Path) -> None:
    """A folder without a registry is told of, and none is made."""
    done = run(tmp_path / "nothing")
    assert done.returncode == 2
    assert "there is no registry in" in done.stderr
    assert not (tmp_path / "nothing").exists()


@contextmanager
def following(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(folder, "--follow", *words),
        env=environment(folder.parent),
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(50, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def next_tag(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    return str(json.loads(line)["detail"]["image-tag"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following_until_it_is_ended(folder: Path, reg: Registry, number: int) -> None:
    """What is new is printed as it comes; a signal ends it without a word, and with 0."""
    happen(reg, "a")
    with following(folder, "--since", "2020-01-01") as process:
        assert next_tag(process) == "a"
        happen(reg, "b", "c")
        assert [next_tag(process), next_tag(process)] == ["b", "c"]
        process.send_signal(number)
        said = process.communicate(timeout=20)
        assert (process.returncode, *said) == (0, "", "")


def test_following_until_nobody_reads(folder: Path, reg: Registry) -> None:
    """`entrepot events --follow | head -1` ends by itself, without a word, also where nothing happens any more."""
    happen(reg, "a")
    with following(folder, "--since", "2020-01-01") as process:
        assert next_tag(process) == "a"
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_closed_pipe(folder: Path, reg: Registry) -> None:
    """Without --follow too, a reader that has had enough is no error."""
    happen(reg, *(str(number) for number in range(1000)))
    shell = f"{' '.join(command(folder))} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell],
        env=environment(folder.parent),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    first, status = done.stdout.splitlines()
    assert json.loads(first)["detail"]["image-tag"] == "0"
    assert (status, done.stderr) == ("0", "")


def test_dead_letters(folder: Path, reg: Registry) -> None:
    """They are listed with their reasons, sent again or dropped: all, those of a webhook, or those named."""
    happen(reg, "a")
    webhooks.settle(reg.db, ["ci"], reg.now())
    body = rules.text(rules.envelope(rules.Event(1, "1" * 12, "us-east-1", 0, rules.IMAGE_ACTION, {"image-tag": "a"})))
    for name in ("ci", "old", "ci", "ci"):
        reg.db.write(lambda tx, name=name: table.bury(tx, name, 1, body, "HTTP 400", reg.now()))  # type: ignore[misc]
    found = lines(run(folder, "dead"))
    assert [(letter["id"], letter["webhook"], letter["error"]) for letter in found] == [
        (1, "ci", "HTTP 400"), (2, "old", "HTTP 400"), (3, "ci", "HTTP 400"), (4, "ci", "HTTP 400"),
    ]  # fmt: skip
    assert found[0]["event"]["detail"] == {"image-tag": "a"}
    assert run(folder, "dead", "3", "--drop").stdout == "1 message dropped\n"
    assert run(folder, "dead", "--webhook", "ci", "--retry").stdout == "2 messages sent again\n"
    assert reg.db.read(lambda tx: table.waiting(tx, "ci")) == 2
    done = run(folder, "dead", "--retry")
    assert (done.returncode, done.stdout) == (1, "0 messages sent again\n")
    assert "1 message left: the webhook is not configured any more" in done.stderr
    assert run(folder, "dead", "--drop").stdout == "1 message dropped\n"
    assert lines(run(folder, "dead")) == []


def metric(port: int, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return float(next(line for line in text.splitlines() if line.startswith(name + " ")).rpartition(" ")[2])


def test_a_server_tells_webhooks_and_followers(tmp_path: Path) -> None:
    """Beside a running server a push reaches a webhook and a follower, who goes on while it is started again."""
    with receiving(lambda message: 410 if message.tag == "bad" else 200) as receiver, ExitStack() as stack:
        webhook = f'[{{name = "ci", url = "{receiver.url}", secret = "0123456789abcdef", allow_private = true}}]'
        env = environment(tmp_path) | {"ENTREPOT_EVENTS__WEBHOOKS": webhook}
        folder = tmp_path / "data"
        with serving(tmp_path, env, workers=1) as server:
            with opened(folder) as reg:
                a_repository(reg)
                an_image(reg, 1, "v1", "bad")
            receiver.wait(2)
            process = stack.enter_context(following(folder, "--since", "2020-01-01"))
            assert [next_tag(process), next_tag(process)] == ["v1", "bad"]
            until = threading.Event()
            while metric(server.port, "entrepot_webhook_dead_letters") < 1:
                until.wait(0.1)
            assert metric(server.port, "entrepot_webhook_delivered_total") == 1
            assert metric(server.port, "entrepot_webhook_failed_total") == 1
            assert metric(server.port, "entrepot_webhook_lag_seconds") == 0
        with opened(folder) as reg:
            an_image(reg, 2, "v2")
        assert next_tag(process) == "v2"
        receiver.answer = lambda _: 200
        assert run(folder, "dead", "--retry").stdout == "1 message sent again\n"
        with serving(tmp_path, env, workers=1):
            messages = receiver.wait(4)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert sorted(message.tag for message in messages[2:]) == ["bad", "v2"]
    assert all(message.headers["webhook-signature"].startswith("v1,") for message in messages)
