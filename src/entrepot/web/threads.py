"""Doing in a thread what would hold up a worker's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a blocking call, made in one of the worker's threads (`limits.threads` of them)."""
    return await asyncio.get_running_loop().run_in_executor(None, partial(function, *args, **kwargs))
