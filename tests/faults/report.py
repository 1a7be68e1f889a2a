"""What the fault tests tell of themselves: how often each fault was tried. `tools/torture.py` makes a page of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

LONG = os.environ.get("ENTREPOT_TORTURE") == "1"
"""Whether every point is tried; else a sample of them, as in each run of the tests."""


def survived(fault: str, tried: int, what: str) -> None:
    """Note that a fault was tried so often and violated nothing."""
    place = os.environ.get("ENTREPOT_TORTURE_REPORT")
    if place and tried:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"fault": fault, "tried": tried, "what": what}) + "\n")
