"""What a person sees of a long command: a bar on the terminal while it works, and one line where it cannot."""

import errno
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from entrepot.config import ConfigError
from entrepot.domain.errors import StorageFull, StorageUnavailable

CANNOT = 2
INTERRUPTED = 130  # as a shell says it of SIGINT

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHOWN_EVERY = 0.1  # seconds


def attempt(work: Callable[[], int], *, full: str, interrupted: str) -> int:
    """Do a command's work and return its exit code.

    Where it cannot be done: one line on standard error that says what to do, and 2; after SIGINT or SIGTERM 130.
    `full` and `interrupted` say what to do when a disk is full, and after an interruption.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return work()
    except KeyboardInterrupt:
        return _say(f"interrupted: {interrupted}", INTERRUPTED)
    except BrokenPipeError:  # of standard output: who reads it has had enough
        raise
    except StorageFull:
        return _say(f"no space is left: {full}", CANNOT)
    except StorageUnavailable as error:
        return _say(f"the storage cannot be used ({error.detail}): see to it and run it again", CANNOT)
    except ConfigError as error:
        return _say(str(error), CANNOT)
    except OSError as error:
        return _say(_reason(error, full), CANNOT)
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"entrepot: {text}\n")
    return code


def _reason(error: OSError, full: str) -> str:
    if error.errno in _FULL:
        return f"no space is left: {full}"
    what = f"{error.filename or 'a file'}: {error.strerror or error}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{what}: run it as the user that owns the file or folder, or choose another place"
    return f"{what}: see to it and run it again"


@contextmanager
def bar(text: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` bytes are done; the function yielded is told of more."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only long commands need it

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(text, total=total or None)
        yield lambda count: progress.advance(task, count)


@contextmanager
def line(text: str) -> Iterator[Callable[[str], None]]:
    """Show that work goes on whose end is not known; the function yielded says how far it is."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(text) as status:
        yield status.update


def size(count: int) -> str:
    """A number of bytes as people read it: `1.5 GiB`."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":  # noqa: PLR2004
            break
        value /= 1024
    return many(count, "byte") if unit == "bytes" else f"{value:.1f} {unit}"


def many(count: int, thing: str) -> str:
    """`1 blob`, `2 blobs`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def resting(show: Callable[[str], None], so_far: Callable[[], str]) -> Callable[[float], bool]:
    """Rest as long as work asks for, so that pushes beside it get their turn, and show now and then how far it is."""
    shown = 0.0

    def rest(seconds: float) -> bool:
        nonlocal shown
        time.sleep(seconds)
        now = time.monotonic()
        if now - shown >= _SHOWN_EVERY:
            shown = now
            show(so_far())
        return False

    return rest
