"""Measurements that are programs of their own: lifecycle over 100,000 images, and what authorisation costs."""

from __future__ import annotations

import subprocess
import sys

from bench import processes
from bench.workloads import Failed, Part, Scale, Text

SECONDS = 900


def _ran(module: str, *arguments: str) -> Text:
    """What the program prints; it leaves with 1 where it misses its own targets. Raises Failed where it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=processes.environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode not in (0, 1) or not done.stdout:
        raise Failed(f"{module} ended {done.returncode}: {done.stderr[-2000:]}")
    return Text(done.stdout, met=done.returncode == 0)


def lifecycle(scale: Scale) -> Text:
    """Lifecycle policies over a repository as full as may be."""
    return _ran("bench.lifecycle", "--images", str(scale.of(100_000, 1_000)))


def authorisation(scale: Scale) -> Text:
    """CPU of one decision."""
    del scale  # it takes two seconds
    return _ran("bench.authorisation")


LIFECYCLE = Part("lifecycle", "Lifecycle policies", text=lifecycle)
AUTHORISATION = Part("authorisation", "Authorisation", text=authorisation)
