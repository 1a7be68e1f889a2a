"""kill -9 at every changing system call of an operation: old or new, never half, and nothing left over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.factories import KEY
from tests.faults import struck
from tests.faults.report import LONG, survived
from tests.faults.struck import Forge
from tests.faults.workload import CALLER, NAME, Violation, begin_upload, manifest, prepared, registry, seen, settled
from tests.faults.workload import OPERATIONS as DO

from entrepot.domain import digests
from entrepot.registry import lifecycle

FAULTS = {"push": "F1-F4", "tag": "F5", "delete": "F6", "collect": "F6", "sweep": "F19", "lifecycle": "F7"}


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A data folder with images v0 and v1 (also `latest`), garbage to collect and an upload to sweep."""
    struck.need_strace()
    folder = tmp_path / "before"
    prepared(folder)
    with registry(folder) as reg:
        for operation, number in (("push", 1), ("tag", 1), ("push", 2), ("push", 3), ("delete", 3)):
            DO[operation](reg, number)
        begin_upload(reg, b"never finished")
        lifecycle.put(reg, CALLER, KEY, NAME, TWO_STAY)
    return folder


TWO_STAY = """
{"rules": [{"rulePriority": 1, "action": {"type": "expire"}, "selection": {
    "tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 2}}]}
"""
"""The policy of the repository: its oldest image goes when it is applied."""

MANY = ("write", "pwrite64")
"""Calls of which every fifth is tried where not all are."""

NUMBER = {"push": 9, "tag": 0, "delete": 1, "collect": 0, "sweep": 0, "lifecycle": 0}


def states(operation: str) -> tuple[dict[str, str], dict[str, str]]:
    """The tags before the operation and after it."""
    named = {number: digests.of(manifest(number)) for number in (0, 1, 2, 9)}
    old = {"v0": named[0], "v1": named[1], "latest": named[1], "v2": named[2]}
    new = {
        "push": {**old, "v9": named[9]},
        "tag": {**old, "latest": named[0]},
        "delete": {"v0": named[0], "v2": named[2]},
        "lifecycle": {"v1": named[1], "latest": named[1], "v2": named[2]},
    }
    return old, new.get(operation, old)


def kill_at(
    before: Path, folder: Path, forge: Forge, operation: str, inject: str, old: dict[str, str], new: dict[str, str]
) -> bool:
    """Kill an operation where `inject` says and look at what is left; whether it came to that."""
    shutil.copytree(before, folder)
    outcome = forge.run(folder, operation, NUMBER[operation], inject)
    with registry(folder) as reg:
        found = seen(reg)
        if found not in ((new,) if "ok" in outcome.said else (old, new)):
            raise Violation(f"killed at {inject} of {operation}, after {outcome.said}: {found}")
        if found == old or operation != "delete":
            DO[operation](reg, NUMBER[operation])
        if seen(reg) != new:
            raise Violation(f"done again after a kill at {inject}: {seen(reg)}")
        settled(reg, folder)
    shutil.rmtree(folder)
    return outcome.killed


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("operation", list(DO))
def test_kill(before: Path, tmp_path: Path, forge: Forge, operation: str) -> None:
    """Wherever the process dies, what was there is there, and the operation is done or not, and can be done again."""
    old, new = states(operation)
    tried = 0
    for call in struck.CHANGES:
        when = 1
        while kill_at(before, tmp_path / "struck", forge, operation, f"{call}:signal=KILL:when={when}", old, new):
            tried += 1
            when += 1 if LONG or call not in MANY else 5
    assert tried > 5
    survived(FAULTS[operation], tried, f"kill -9 at every changing system call of a {operation}")
