"""Write docs/settings.md from the settings themselves; with --check, say whether it is up to date."""

import sys
from pathlib import Path

from entrepot.config import Key, keys

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

*Written by `tools/write_settings.py` from `src/entrepot/config/`.*

A setting is a key in `entrepot.toml` and a variable. They are read in this order, later ones win:

1. the file: `--config FILE`, else `ENTREPOT_CONFIG`, else `./entrepot.toml`, else `/etc/entrepot/entrepot.toml`;
2. variables;
3. flags of `entrepot serve`: `--data-dir`, `--listen`, `--workers`.

A dot in a key is a table in the file and `__` in the variable. A list in a variable is words with commas between
them or, in brackets, TOML. An unknown key or `ENTREPOT_` variable is an error: the server says what is wrong in one
line and leaves with 2.

| Key | Variable | Default | Meaning |
|---|---|---|---|
"""

EXAMPLE = """
```toml
data_dir = "/var/lib/entrepot"
listen = ":5000"
registry_host = "{account}.dkr.ecr.{region}.example.com"

[log]
format = "json"

[[listeners]]
name = "secure"
address = ":443"
tls = { certificate = "/etc/entrepot/tls.crt", key = "/etc/entrepot/tls.key" }
```

`SIGHUP` makes a running server read its certificates and keys again, for new connections.
"""


def row(key: Key) -> str:
    """One line of the table."""
    match key.default:
        case "" | () | None:
            default = ""
        case bool() as flag:
            default = f"`{str(flag).lower()}`"
        case str() | int() | float():
            default = f"`{key.default}`"
        case _:
            default = "(see right)"
    return f"| `{key.path}` | `{key.variable}` | {default} | {key.description} |"


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "\n".join(row(key) for key in keys()) + "\n" + EXAMPLE


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit("docs/settings.md is out of date: run tools/write_settings.py")
