"""Write `src/entrepot/aws/types/`: one TypedDict per structure of the vendored models, for the handlers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from entrepot.aws import model

FOLDER = Path(__file__).parents[1] / "src" / "entrepot" / "aws" / "types"
SERVICES = {"ecr": "ecr", "ecr-public": "ecr_public", "sts": "sts", "iam": "iam"}
SCALARS = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "blob": "bytes",
    "timestamp": "float",
}
HEAD = '''"""Types of the {name} API, version {version}. Timestamps are seconds since 1970, blobs are bytes.

Written by tools/generate_aws_types.py from the vendored model. Do not edit.
"""

from typing import Literal, NotRequired, TypedDict
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    check = parser.parse_args().check
    stale = {path: text for path, text in generated().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        print(f"{'stale' if check else 'wrote'} {path.name}")
        if not check:
            path.write_text(text)
    return 1 if check and stale else 0


def generated() -> dict[Path, str]:
    """Every file of the folder, with the text that it should have."""
    files = {FOLDER / "__init__.py": '"""Generated types of the AWS APIs, one module per service."""\n'}
    for name, module in SERVICES.items():
        files[FOLDER / f"{module}.py"] = service_types(model.service(name))
    return files


def service_types(service: model.Service) -> str:
    lines: dict[str, str] = {}
    for name in service.operations:
        operation = service.operation(name)
        if operation is not None:
            for shape in (operation.input, operation.output):
                if shape.name != "Unit":
                    define(shape, lines)
    return HEAD.format(name=service.name, version=service.api_version) + "".join(lines.values())


def define(shape: model.Shape, lines: dict[str, str]) -> str:
    """The type of a shape as text; what it needs is added to `lines` before it, so nothing refers forward."""
    match shape.kind:
        case "structure":
            if shape.name not in lines:
                lines[shape.name] = structure(shape, lines)
            return shape.name
        case "list":
            return f"list[{define(shape.of(), lines)}]"
        case "map":
            return f"dict[str, {define(shape.of(), lines)}]"
        case "string" if shape.choices:
            choices = "".join(f'    "{choice}",\n' for choice in shape.choices)
            lines.setdefault(shape.name, f"\n{shape.name} = Literal[\n{choices}]\n")
            return shape.name
        case kind:
            return SCALARS[kind]


def structure(shape: model.Shape, lines: dict[str, str]) -> str:
    members = []
    for name, member in shape.members.items():
        text = define(member, lines)
        members.append(f'        "{name}": {text if name in shape.required else f"NotRequired[{text}]"},\n')
    body = f"{{\n{''.join(members)}    }}" if members else "{}"
    return f'\n{shape.name} = TypedDict(\n    "{shape.name}",\n    {body},\n)\n'


if __name__ == "__main__":
    sys.exit(main())
