"""Write `docs/coverage.md`: which operations of the AWS models have a handler, and why the others have none."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from entrepot.aws import ecr, iam, model, sts
from entrepot.aws.operation import OPERATIONS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
REASONS = ROOT / "src" / "entrepot" / "aws" / "not_implemented.txt"
SERVICES = ("ecr", "ecr-public", "sts", "iam")
SERVED = (ecr, iam, sts)  # importing these fills OPERATIONS

HEAD = """# Which AWS operations are there

Written by `tools/write_coverage.py` from the vendored models ({version}), the table of handlers and
`src/entrepot/aws/not_implemented.txt`; a test fails where this page is out of date. An operation that is not there
answers `UnknownOperationException` (Query: `InvalidAction`).

| service | operations | there |
|---|---|---|
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page would change")
    check = parser.parse_args().check
    text = page()
    if PAGE.exists() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{'stale' if check else 'wrote'} {PAGE.name}")
    if not check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text, "utf-8")
    return 1 if check else 0


def page() -> str:
    told = reasons()
    version = (ROOT / "src" / "entrepot" / "aws" / "models" / "VERSION").read_text("utf-8").strip()
    rows, sections = [], []
    for service in SERVICES:
        names = model.service(service).operations
        there = [name for name in names if (service, name) in OPERATIONS]
        rows.append(f"| {service} | {len(names)} | {len(there)} |\n")
        sections.append(section(service, names, told))
    return HEAD.format(version=version) + "".join(rows) + "".join(sections)


def section(service: str, names: tuple[str, ...], told: dict[tuple[str, str], str]) -> str:
    lines = [f"\n## {service}\n\n| operation | |\n|---|---|\n"]
    for name in sorted(names):
        there = (service, name) in OPERATIONS
        lines.append(f"| {name} | {'there' if there else told.get((service, name), '')} |\n")
    return "".join(lines)


def reasons() -> dict[tuple[str, str], str]:
    """The lines of not_implemented.txt: `service:Operation reason`."""
    found: dict[tuple[str, str], str] = {}
    for line in REASONS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            operation, _, reason = line.partition(" ")
            service, _, name = operation.partition(":")
            if (service, name) in found:
                raise ValueError(f"{operation} stands twice in {REASONS.name}")
            found[service, name] = reason
    return found


if __name__ == "__main__":
    sys.exit(main())
