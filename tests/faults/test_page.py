"""The page of what was survived: docs/durability.md, and the tool that writes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_fault_has_a_row() -> None:
    """Each fault was tried, or the page says why it does not apply."""
    page = (ROOT / "docs" / "durability.md").read_text()
    rows = dict(re.findall(r"^\| (F\d+) \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE))
    assert list(rows) == [f"F{number}" for number in range(1, 43)]
    assert "NOT TRIED" not in page
    assert "no violation" in page


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with the tool, a page, and two tests: of one fault, and of all that can be tried."""
    for name in ("docs", "tools", "tests/faults"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "torture.py", tmp_path / "tools")
    (tmp_path / "docs" / "durability.md").write_text("as it was")
    shutil.copy(ROOT / "tests" / "faults" / "report.py", tmp_path / "tests" / "faults")
    (tmp_path / "tests" / "faults" / "test_some.py").write_text(
        "from report import LONG, survived\n"
        "def test_one():\n    assert LONG\n    survived('F1', 7, 'of one')\n"
        "def test_all():\n    survived('F1-F42', 3, 'of all')\n"
    )
    return tmp_path


def torture(tree: Path, *words: str) -> tuple[int, str, str]:
    """Run the tool; its exit code, what it says, and the page after it."""
    command = [sys.executable, str(tree / "tools" / "torture.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tree)
    return done.returncode, done.stdout + done.stderr, (tree / "docs" / "durability.md").read_text()


def test_a_whole_run_writes_the_page(tree: Path) -> None:
    """Every fault has its counts, summed by what was tried."""
    code, said, page = torture(tree, "--processes", "0", "--remark", "On a train.")
    assert code == 0, said
    assert "| F1 | kill -9 after the POST of an upload | 3 | of all |\n|  |  | 7 | of one |\n| F2 |" in page
    assert page.count("| 3 | of all |") == 42
    assert page.endswith("no violation. On a train.\n")


def test_a_run_of_some_tests_leaves_the_page(tree: Path) -> None:
    """It shows what it tried, and says that the page stays."""
    code, said, page = torture(tree, "--processes", "0", "-k", "one")
    assert (code, page) == (0, "as it was")
    assert "durability.md stays as it is: only some tests ran" in said
    assert "| F1 | kill -9 after the POST of an upload | 7 | of one |" in said


def test_a_report_that_tells_too_little(tree: Path) -> None:
    """A page of it would say that faults were not tried, so there is none, and the tool fails."""
    (tree / "report").write_text(json.dumps({"fault": "F2-F40", "tried": 1, "what": "?"}) + "\n")
    code, said, page = torture(tree, "--report", str(tree / "report"))
    assert (code, page) == (1, "as it was")
    assert "stays as it is: not tried: F1\n" in said


def test_a_violation_leaves_the_page(tree: Path) -> None:
    """A run that fails fails the tool."""
    (tree / "tests" / "faults" / "test_some.py").write_text("def test_one():\n    assert False\n")
    code, said, page = torture(tree, "--processes", "0")
    assert (code, page) == (1, "as it was")
    assert "durability.md stays as it is: the run failed" in said
