"""Options that commands share."""

from typing import Annotated

import typer

ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Settings in TOML; else ./entrepot.toml.")
]
DataDir = Annotated[str | None, typer.Option(metavar="DIR", help="Folder of database, blobs and keys.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object.")]
