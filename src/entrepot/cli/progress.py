"""What a person sees while a command works: a bar on the terminal, and nothing where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
