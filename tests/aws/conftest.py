"""The door, and what it writes to the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs
from tests.aws.door import Door, a_door

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path
    from typing import Any


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """The events of the log, which go nowhere else."""
    with capture_logs() as events:
        yield events


@pytest.fixture
def door(tmp_path: Path, logged: list[MutableMapping[str, Any]]) -> Door:
    return a_door(tmp_path)
