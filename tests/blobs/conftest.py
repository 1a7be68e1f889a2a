"""A local store in a folder of the test's own; asserts of the suite are rewritten like those of test modules."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from entrepot.blobs.local import LocalBlobStore

if TYPE_CHECKING:
    from pathlib import Path

    from .uses import Opener

pytest.register_assert_rewrite(
    *[
        f"tests.blobs.{name}"
        for name in ("conformance", "conformance_listing", "conformance_meetings", "upload_machine", "uses")
    ]
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def opener(root: Path) -> Opener:
    return partial(LocalBlobStore, root)


@pytest.fixture
def store(root: Path) -> LocalBlobStore:
    return LocalBlobStore(root)
