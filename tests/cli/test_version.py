"""What `entrepot version` prints."""

from __future__ import annotations

import json
import subprocess
import sys

from entrepot import __version__


def version(*arguments: str) -> str:
    command = [sys.executable, "-m", "entrepot", "version", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_for_people_and_for_programs() -> None:
    """One line for people, an object for programs."""
    assert version() == f"entrepot {__version__}\n"
    assert json.loads(version("--json")) == {"version": __version__}
