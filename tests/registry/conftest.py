"""A registry on each database, with a clock that tests move."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.factories import Clock, a_registry

from entrepot.registry.context import Registry
from entrepot.store.db import Database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reg(db: Database, tmp_path: Path, clock: Clock) -> Registry:
    return a_registry(db, tmp_path, clock)
