"""What every child of the parent does first: forget the parent's signals, and end when the parent does."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.config import Bound, Settings
from entrepot.server.listeners import Door
from entrepot.web.asgi import ASGIApp
from entrepot.web.metrics import Meter

GRACE_SECONDS = 5.0
"""What a child has, beyond the requests' `limits.shutdown_seconds`, to end before it is ended."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

Prepare = Callable[[Settings], None]
"""Run once in the parent before any child: make folder, database and keys. May raise ConfigError."""

Build = Callable[[Settings, Bound, Meter], ASGIApp]
"""Run in each worker, on its loop: return the application. Its attribute `close`, if any, is called at the end."""

Jobs = Callable[[Settings, threading.Event], None]
"""Run in the jobs process, in a thread: work until the event is set."""


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What a child gets of its parent."""

    settings: Settings
    bound: Bound
    doors: tuple[Door, ...]
    meter: Meter
    life: int
    """Read end of a pipe that only the parent can write to: its end of file is the parent's end."""
    ready: int
    """Write end of a pipe: a child writes its process id when it serves."""


def settle() -> None:
    """Put signals back: the parent, not the terminal, ends a child; SIGHUP waits for who understands it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def end_with_parent(life: int, stop: Callable[[], None], seconds: float) -> None:
    """Call `stop` from a thread when the parent is gone, and end the process when that takes too long."""

    def watch() -> None:
        while os.read(life, 1):
            pass
        stop()
        time.sleep(seconds + GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="life", daemon=True).start()
