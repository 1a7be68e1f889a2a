"""Every operation has a handler or a reason, and the page says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from entrepot.aws import ecr, iam, model, sts
from entrepot.aws.operation import OPERATIONS

ROOT = Path(__file__).parents[2]
SERVED = (ecr, iam, sts)
REASONS = dict(
    line.split(" ", 1)
    for line in (ROOT / "src" / "entrepot" / "aws" / "not_implemented.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
MODELLED = [
    f"{service}:{name}" for service in ("ecr", "ecr-public", "sts", "iam") for name in model.service(service).operations
]
HANDLED = {operation.action for operation in OPERATIONS.values()}


@pytest.mark.parametrize("operation", MODELLED)
def test_an_operation_has_a_handler_or_a_reason(operation: str) -> None:
    """Exactly one of the two, so that neither list goes stale."""
    assert (operation in HANDLED) != (operation in REASONS)


def test_nothing_is_handled_or_excused_that_is_no_operation() -> None:
    """Both lists name operations of the models only."""
    assert (HANDLED | set(REASONS)) <= set(MODELLED)


def test_every_reason_says_something() -> None:
    """A reason is a sentence, not a blank."""
    assert all(len(reason.split()) > 1 for reason in REASONS.values())


def test_the_page_is_up_to_date() -> None:
    """Running the tool again would change nothing."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "write_coverage.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
