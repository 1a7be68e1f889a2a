"""The queue of processes: one at a time, with an end to the waiting, and no lock that nobody holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from entrepot.domain.errors import StorageFull, StorageUnavailable
from entrepot.store.turn import Turn, os_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HOLD = """
import sys
from pathlib import Path
from entrepot.store.turn import Turn
with Turn(Path(sys.argv[1])).held(None):
    print("held", flush=True)
    sys.stdin.readline()
print("let go", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def turn(path: Path) -> Iterator[Turn]:
    made = Turn(path)
    yield made
    made.close()


@contextlib.contextmanager
def other_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is told to let go."""
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def let_go(other: subprocess.Popen[str]) -> None:
    assert other.stdin
    assert other.stdout
    other.stdin.write("go\n")
    other.stdin.flush()
    assert other.stdout.readline() == "let go\n"


def is_held(path: Path) -> bool:
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def threads() -> int:
    return sum(thread.name == "turn" for thread in threading.enumerate())


def waits(path: Path) -> int:
    """How many waits for the lock are under way: each has a descriptor beside the one of its Turn."""
    return sum(os.path.realpath(entry.path) == str(path) for entry in os.scandir("/proc/self/fd")) - 1


def wait_until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert met()


def test_a_free_lock_is_had_at_once(turn: Turn, path: Path) -> None:
    """Nobody waits, no thread is started, and the lock is free again afterwards, also after an error."""
    for _ in range(3):
        with contextlib.suppress(ZeroDivisionError), turn.held(0):
            assert is_held(path)
            assert threads() == 0
            raise ZeroDivisionError
        assert not is_held(path)


def test_a_turn_comes_when_the_other_lets_go(turn: Turn, path: Path) -> None:
    """Who waits gets the lock as soon as it is free."""
    with other_process(path) as other:
        timer = threading.Timer(0.2, let_go, [other])
        timer.start()
        with turn.held(20):
            assert is_held(path)
        timer.join()
        assert not is_held(path)


def test_a_killed_holder_is_not_waited_for(turn: Turn, path: Path) -> None:
    """The lock of a process ends with it."""
    with other_process(path) as other:
        threading.Timer(0.1, other.kill).start()
        with turn.held(20):
            pass


def test_waiting_has_an_end(turn: Turn, path: Path) -> None:
    """A stopped holder is given up in time, however often; one thread waits on, and frees the lock when it gets it."""
    with other_process(path) as other:
        for _ in range(5):
            start = time.monotonic()
            with pytest.raises(StorageUnavailable), turn.held(0.1):
                pytest.fail("somebody else holds it")
            assert 0.1 <= time.monotonic() - start < 5
        assert waits(path) == threads() == 1
        let_go(other)
        wait_until(lambda: waits(path) == 0)
        assert not is_held(path)
        with turn.held(0):
            assert is_held(path)


def test_who_comes_back_takes_the_place_it_gave_up(turn: Turn, path: Path) -> None:
    """The thread that still waits from before hands the lock to whoever wants it now, and it is held only once."""
    with other_process(path) as other:
        with pytest.raises(StorageUnavailable), turn.held(0.05):
            pytest.fail("somebody else holds it")
        timer = threading.Timer(0.2, let_go, [other])
        timer.start()
        with turn.held(20):
            assert is_held(path)
            wait_until(lambda: waits(path) == 0)
            assert is_held(path)
        assert not is_held(path)
        timer.join()


def test_giving_up_and_getting_it_meet(turn: Turn, path: Path) -> None:
    """Over many waits that end about when the lock comes, it is either had or given up, and never left behind."""
    had = 0
    with path.open("r+b") as other:
        for number in range(200):
            fcntl.flock(other, fcntl.LOCK_EX)
            timer = threading.Timer(0.002 + number % 5 / 2000, fcntl.flock, [other, fcntl.LOCK_UN])
            timer.start()
            with contextlib.suppress(StorageUnavailable), turn.held(0.003):
                had += 1
            timer.join()
        with turn.held(10):
            pass
    assert 0 < had < 200
    assert not is_held(path)


def test_closing_while_a_thread_waits(path: Path) -> None:
    """The thread that is left behind frees the lock, closes no file of anybody else's, and ends."""
    before = threads()
    with other_process(path) as other:
        turn = Turn(path)
        with pytest.raises(StorageUnavailable), turn.held(0.05):
            pytest.fail("somebody else holds it")
        turn.close()
        let_go(other)
        again = Turn(path)
        with again.held(10):
            assert is_held(path)
        again.close()
    wait_until(lambda: threads() == before)


def test_one_thread_does_all_the_waiting(turn: Turn, path: Path) -> None:
    """Each wait after the first is done by the thread of the first."""
    for _ in range(3):
        with other_process(path) as other:
            timer = threading.Timer(0.05, let_go, [other])
            timer.start()
            with turn.held(20):
                assert is_held(path)
            timer.join()
    assert threads() == 1


def test_what_the_system_refuses_is_told(turn: Turn, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, no descriptors, no thread and no lock are StorageUnavailable; no space is StorageFull."""
    with pytest.raises(StorageUnavailable):
        Turn(path / "no" / "folder")
    assert isinstance(os_failure(OSError(28, os.strerror(28))), StorageFull)

    def no_thread(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    with other_process(path) as other:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(StorageUnavailable, match="storage"), turn.held(1):
            pytest.fail("somebody else holds it")
        monkeypatch.undo()
        let_go(other)
        with turn.held(10):
            assert is_held(path)
