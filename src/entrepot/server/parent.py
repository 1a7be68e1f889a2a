"""The parent process: binds, prepares, starts workers and jobs, restarts the dead, ends them all."""

import contextlib
import gc
import os
import selectors
import signal
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entrepot import chosen
from entrepot.config import Bound, ConfigError, Settings
from entrepot.server import child, jobs, listeners, runtime, worker
from entrepot.web import logs
from entrepot.web.metrics import Meter

JOBS = -1
"""The place of the jobs process; workers have places from 0."""

STEADY_SECONDS = 10.0
"""A child that lived this long is started again at once; one that did not waits longer each time."""

MOST_BACK_OFF = 10.0
_FIRST_BACK_OFF = 0.1

_CONFIG_ERROR = 2


def run(
    settings: Settings,
    *,
    prepare: child.Prepare,
    build: child.Build,
    jobs: child.Jobs,
    announce: Callable[[Bound], None] = lambda _: None,
) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code: 0, 1 after a failure, 2 when the settings are wrong.

    `announce` is called once, when every worker serves. SIGTERM lets requests finish, a second one does not;
    SIGHUP makes workers read their certificates again.
    """
    logs.setup(settings.log.level, settings.log.format)
    try:
        with runtime.locked(settings.data_dir):
            doors = listeners.open_all(settings)
            try:
                prepare(settings)
                chosen.keep(settings)
                return _Family(settings, doors, build, jobs, announce).live()
            finally:
                listeners.close_all(doors)
    except ConfigError as error:
        sys.stderr.write(f"entrepot: {error}\n")
        return _CONFIG_ERROR


@dataclass(slots=True)
class _Place:
    """A child that should be alive."""

    number: int
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    ready: bool = False


class _Family:
    """The parent's loop and what it knows of its children."""

    def __init__(
        self,
        settings: Settings,
        doors: tuple[listeners.Door, ...],
        build: child.Build,
        jobs: child.Jobs,
        announce: Callable[[Bound], None],
    ) -> None:
        self.settings = settings
        self.doors = doors
        self.bound = listeners.bound(settings, doors)
        self.build = build
        self.jobs = jobs
        self.announce = announce
        self.meter = Meter(settings.workers)
        self.places = [_Place(number) for number in (*range(settings.workers), JOBS)]
        self.serving = False
        self.code = 0
        self.kill_at = 0.0
        self.log = logs.get("parent")

    def live(self) -> int:
        """Start everybody and look after them until the end."""
        self.life_read, self.life_write = os.pipe()
        self.ready_read, self.ready_write = os.pipe()
        self.wake_read, self.wake_write = os.pipe()
        pipes = (self.life_read, self.ready_read, self.ready_write, self.wake_read, self.wake_write)
        for pipe in pipes:
            os.set_blocking(pipe, pipe == self.life_read)
        before = self._take_signals()
        gc.collect()
        gc.freeze()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.wake_read, selectors.EVENT_READ)
                selector.register(self.ready_read, selectors.EVENT_READ)
                while self._look_after():
                    selector.select(self._pause())
        finally:
            runtime.forget(self.settings.data_dir)
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for pipe in (*pipes, self.life_write):
                os.close(pipe)
        return self.code

    def _take_signals(self) -> dict[signal.Signals, Any]:
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        return {number: signal.signal(number, lambda *_: None) for number in child.SIGNALS}

    def _look_after(self) -> bool:
        """Do what is due; tell whether anybody is left to look after."""
        for number in _drain(self.wake_read):
            self._signalled(number)
        self._reap()
        pids = {pid for (pid,) in struct.iter_unpack("<i", _drain(self.ready_read))}
        now = time.monotonic()
        for place in self.places:
            place.ready = place.ready or place.pid in pids
            if not self.kill_at and not place.pid and now >= place.due:
                self._start(place)
        self._say_ready()
        if self.kill_at and now >= self.kill_at:
            self._signal_all(signal.SIGKILL)
        return not self.kill_at or any(place.pid for place in self.places)

    def _pause(self) -> float:
        """Seconds until something is due without a signal."""
        waiting = [place.due for place in self.places if not place.pid]
        due = [self.kill_at] if self.kill_at else waiting
        return max(0.01, min(due) - time.monotonic()) if due else 60.0

    def _signalled(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._signal_all(signal.SIGHUP, but=JOBS)
        elif number in (signal.SIGTERM, signal.SIGINT):
            if self.kill_at:
                self.code = 1
                self.kill_at = time.monotonic()
            else:
                self._stop()

    def _stop(self) -> None:
        """Let everybody finish: no new connections, no new children."""
        self.log.info("stopping", seconds=self.settings.limits.shutdown_seconds)
        self.kill_at = time.monotonic() + self.settings.limits.shutdown_seconds + child.GRACE_SECONDS
        runtime.forget(self.settings.data_dir)
        listeners.close_all(self.doors)
        self._signal_all(signal.SIGTERM)

    def _signal_all(self, number: signal.Signals, but: int | None = None) -> None:
        for place in self.places:
            if place.pid and place.number != but:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(place.pid, number)

    def _reap(self) -> None:
        """Note who died, and when to start another in its place."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                for place in self.places:
                    if place.pid == pid:
                        self._bury(place, os.waitstatus_to_exitcode(status))

    def _bury(self, place: _Place, code: int) -> None:
        pid, place.pid = place.pid, 0
        if self.kill_at:
            return
        now = time.monotonic()
        place.failures = 0 if now - place.started >= STEADY_SECONDS else place.failures + 1
        place.due = now + (min(MOST_BACK_OFF, _FIRST_BACK_OFF * 2**place.failures) if place.failures else 0.0)
        self.log.error("a child died", child=_name(place), pid=pid, code=code, again_in=round(place.due - now, 1))
        if not self.serving and place.number != JOBS:
            self.code = _CONFIG_ERROR if code == _CONFIG_ERROR else 1
            self._stop()

    def _say_ready(self) -> None:
        if self.serving or self.kill_at or not all(p.ready for p in self.places if p.number != JOBS):
            return
        self.serving = True
        running = runtime.Running(
            pid=os.getpid(),
            port=self.bound.listeners[0].port,
            region=self.settings.region,
            urls=tuple(listener.url for listener in self.bound.listeners),
            access_key_id=self.settings.access_key_id,
        )
        runtime.write(self.settings.data_dir, running)
        self.announce(self.bound)

    def _start(self, place: _Place) -> None:
        """Fork a child. Signals wait until it has put the parent's handlers off."""
        place.started = time.monotonic()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, child.SIGNALS)
        try:
            place.pid = os.fork()
            if not place.pid:
                self._be(place)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _be(self, place: _Place) -> None:
        """Live the child's life; never returns."""
        code = 1
        try:
            child.settle()
            for pipe in (self.life_write, self.ready_read, self.wake_read, self.wake_write):
                os.close(pipe)
            given = child.Inheritance(
                self.settings, self.bound, self.doors, self.meter, self.life_read, self.ready_write
            )
            if place.number == JOBS:
                listeners.close_all(self.doors)
                code = jobs.run(given, self.jobs)
            else:
                code = worker.run(given, self.build, place.number)
        except ConfigError as error:
            sys.stderr.write(f"entrepot: {error}\n")
            code = _CONFIG_ERROR
        except BaseException:
            self.log.exception("a child failed", child=_name(place))
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _name(place: _Place) -> str:
    return "jobs" if place.number == JOBS else f"worker {place.number}"


def _drain(pipe: int) -> bytes:
    try:
        return os.read(pipe, 4096)
    except BlockingIOError:
        return b""
