"""Options that commands share."""

from typing import Annotated

import typer

ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Settings in TOML; else ./entrepot.toml.")
]
DataDir = Annotated[str | None, typer.Option(metavar="DIR", help="Folder of database, blobs and keys.")]
Region = Annotated[
    str | None, typer.Option(metavar="REGION", help="Region of the repositories; else the setting region.")
]
Account = Annotated[
    str | None, typer.Option(metavar="ID", help="Account of the repositories; else the setting account_id.")
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object.")]
