"""The jobs process: one blocking loop in a thread, told to stop by a signal or by the parent's end."""

import signal
import threading
from queue import Empty, SimpleQueue

from entrepot.server import child
from entrepot.web import logs

_LISTEN = 0.5  # seconds


def run(given: child.Inheritance, jobs: child.Jobs) -> int:
    """Run the jobs until told to stop; return the exit code, 1 when they ended by themselves.

    The loop runs in a thread because setting an event in a signal handler can deadlock with the very wait that it
    should end; a SimpleQueue is made for being written to by signal handlers.
    """
    said: SimpleQueue[str] = SimpleQueue()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: said.put("stop"))
    child.end_with_parent(given.life, lambda: said.put("stop"), given.settings.limits.shutdown_seconds)

    def work() -> None:
        try:
            jobs(given.settings, stop)
        except Exception:  # noqa: BLE001 - nothing above would log it
            logs.get("jobs").exception("the jobs process failed")
        finally:
            said.put("ended")

    thread = threading.Thread(target=work, name="jobs", daemon=True)
    thread.start()
    if _heard(said) == "ended":
        return 1
    stop.set()
    thread.join(given.settings.limits.shutdown_seconds)
    return 0


def _heard(said: SimpleQueue[str]) -> str:
    """The first word that is said. A signal just before a wait does not end it, so no wait is without end."""
    while True:
        try:
            return said.get(timeout=_LISTEN)
        except Empty:
            continue
