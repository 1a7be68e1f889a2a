"""Copy the service models that the AWS door speaks from the installed botocore, without their documentation."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import botocore

MODELS = {
    "ecr": "2015-09-21",
    "ecr-public": "2020-10-30",
    "sts": "2011-06-15",
    "iam": "2010-05-08",
    "cloudwatch": "2010-08-01",
}
FOLDER = Path(__file__).parents[1] / "src" / "entrepot" / "aws" / "models"
PROSE = ("documentation", "deprecatedMessage", "deprecatedSince")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    check = parser.parse_args().check
    stale = [path for path, text in vendored().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{'stale' if check else 'wrote'} {path.name}")
        if not check:
            path.write_text(vendored()[path])
    return 1 if check and stale else 0


def vendored() -> dict[Path, str]:
    """Every file of the models folder that this tool owns, with the text that it should have."""
    files = {FOLDER / "VERSION": f"botocore {botocore.__version__}\n"}
    for service, version in MODELS.items():
        model = without_prose(read_model(service, version))
        files[FOLDER / f"{service}.json"] = json.dumps(model, separators=(",", ":"), ensure_ascii=True) + "\n"
    return files


def read_model(service: str, version: str) -> Any:
    path = Path(botocore.__file__).parent / "data" / service / version / "service-2.json.gz"
    with gzip.open(path) as file:
        return json.load(file)


def without_prose(node: Any, *, named: bool = False) -> Any:
    """Drop documentation. `named` is True where the keys are names of members or shapes, which all stay."""
    if isinstance(node, list):
        return [without_prose(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value, named=not named and key in {"members", "shapes", "operations"})
        for key, value in node.items()
        if named or key not in PROSE
    }


if __name__ == "__main__":
    sys.exit(main())
