"""The page of what is proved."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from tests.conformance.sections import CLAIMS, ORDER

from entrepot.oci.routes import ROUTES

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    """`docs/conformance.md` is what `tools/write_conformance.py` would write."""
    tool = [sys.executable, str(ROOT / "tools" / "write_conformance.py"), "--check"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_endpoint_is_proved() -> None:
    """Each endpoint that a handler names in its docstring has a test, and each section too."""
    for path in Path(__file__).parent.glob("test_*.py"):
        importlib.import_module(f"tests.conformance.{path.stem}")
    answers = [answer for rows in ROUTES.values() for row in rows.values() for answer in (row.handler, row.reader)]
    named = " ".join(answer.__doc__ or "" for answer in answers if answer is not None)
    proved = {endpoint.rstrip("ab") for claim in CLAIMS.values() for endpoint in claim.endpoints}
    for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13):
        assert f"end-{number}" in named
        assert f"end-{number}" in proved
    assert {claim.section for claim in CLAIMS.values()} == set(ORDER)
