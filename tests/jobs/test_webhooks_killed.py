"""kill -9 of the jobs process while it sends messages: delivered again perhaps, lost never, and in order."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.factories import Clock, a_registry, a_repository
from tests.receiving import Receiver, receiving

from entrepot.domain import events as rules
from entrepot.registry import webhooks
from entrepot.registry.context import Registry
from entrepot.store import outbox
from entrepot.store.migrate import migrate
from entrepot.store.sqlite import SqliteDatabase

NAMES = ("team/a", "team/b", "team/c")
EVENTS = 60


@contextmanager
def sending(folder: Path, receiver: Receiver) -> Iterator[subprocess.Popen[bytes]]:
    """The jobs of the folder; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.jobs_process", str(folder), receiver.url], cwd=Path(__file__).parents[2]
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def reg(tmp_path: Path) -> Iterator[Registry]:
    db = SqliteDatabase(tmp_path / "entrepot.db")
    migrate(db)
    reg = a_registry(db, tmp_path, Clock())
    for name in NAMES:
        a_repository(reg, name)
    webhooks.settle(db, ["ci"], reg.now())
    yield reg
    db.close()


def test_killed_again_and_again(reg: Registry, tmp_path: Path) -> None:
    """Every message arrives, in order in each repository; one on its way when the process dies comes again."""

    def write(number: int) -> None:
        detail = rules.image_action("PUSH", NAMES[number % 3], "sha256:" + "0" * 64, str(number), "a/manifest", "")
        reg.db.write(lambda tx: outbox.insert(tx, 1, reg.now(), rules.IMAGE_ACTION, detail))

    for number in range(EVENTS):
        write(number)
    holding, killed = threading.Event(), threading.Event()
    stops = [7, 20, 21, 45]

    with receiving() as receiver:

        def answer(_: object) -> int:
            if stops and len(set(receiver.tags())) >= stops[0]:
                holding.set()  # it has been told, and the sender does not know yet
                killed.wait(30)
            return 200

        receiver.answer = answer
        while stops:
            with sending(tmp_path, receiver):
                assert holding.wait(30)
            stops.pop(0)
            killed.set()
            holding.clear()
            killed.clear()
        with sending(tmp_path, receiver):
            while len(set(receiver.tags())) < EVENTS:
                receiver.wait(len(receiver.tags()) + 1)
        tags = receiver.tags()
    assert set(tags) == {str(number) for number in range(EVENTS)}
    assert EVENTS < len(tags) <= EVENTS + 5  # four were on their way, and one may have been at the end
    for lane in range(3):
        first_seen = list(dict.fromkeys(tag for tag in tags if int(tag) % 3 == lane))
        assert first_seen == [str(number) for number in range(lane, EVENTS, 3)]
