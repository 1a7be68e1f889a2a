"""The command line: what each command is called and takes; what it does is imported when it runs."""

from typing import Annotated

import typer

from entrepot import __version__

app = typer.Typer(
    help="Amazon ECR that anyone can run: a container registry with ECR's own API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="Settings in TOML; else ./entrepot.toml.")
]
DataDir = Annotated[str | None, typer.Option(metavar="DIR", help="Folder of database, blobs and keys.")]


@app.command("serve")
def serve_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where to answer; port 0 is any free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Worker processes.")] = None,
) -> None:
    """Start the registry in the foreground.

    \b
    Examples:
      entrepot serve
      entrepot serve --data-dir ./data --listen localhost:5000
      ENTREPOT_REGION=eu-central-1 entrepot serve --listen :5000

    SIGTERM or Ctrl-C lets requests finish; a second one does not. SIGHUP reads TLS certificates again.
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import serve  # noqa: PLC0415 - keeps `entrepot --help` fast

    flags = {"data_dir": data_dir, "listen": listen, "workers": workers}
    raise typer.Exit(serve.run(config, flags))


@app.command("env")
def env_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object instead of shell exports.")] = False,
) -> None:
    """Print what points the aws command line at the running server.

    \b
    Examples:
      eval "$(entrepot env)"
      eval "$(entrepot env --data-dir ./data)"

    Prints nothing and leaves with 1 when no server runs.
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import env  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(env.run(config, {"data_dir": data_dir}, as_json=json))


Json = Annotated[bool, typer.Option("--json", help="Print a JSON object.")]


@app.command("gc")
def gc_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    grace: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Keep what was needed so long ago; else the setting gc.grace."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be collected.")] = False,
    json: Json = False,
) -> None:
    """Collect blobs that no image names and no push may still need. The server may run, and does this by itself.

    \b
    Examples:
      entrepot gc --dry-run
      entrepot gc --grace 0
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import gc  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(gc.run(config, {"data_dir": data_dir}, grace=grace, dry_run=dry_run, as_json=json))


@app.command("fsck")
def fsck_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended; the server must not run.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Hash only files that changed since they were hashed.")
    ] = False,
    json: Json = False,
) -> None:
    """Look at every row, every file and every byte. Leaves with 1 where something is wrong.

    \b
    Examples:
      entrepot fsck
      entrepot fsck --repair
      entrepot fsck --quick --json
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import fsck  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(fsck.run(config, {"data_dir": data_dir}, repair=repair, quick=quick, as_json=json))


@app.command("backup")
def backup_command(
    place: Annotated[str, typer.Argument(metavar="DIR|FILE.tar", help="A folder to add to, or an archive to write.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Back up beside a running server: the registry as it is at one instant, with its keys.

    Into a folder, a later backup copies only blobs that are new, and one that was ended goes on.

    \b
    Examples:
      entrepot backup /mnt/backup/registry
      entrepot backup registry.tar
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import backup  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(backup.back_up(config, {"data_dir": data_dir}, place, as_json=json))


@app.command("restore")
def restore_command(
    place: Annotated[str, typer.Argument(metavar="DIR|FILE.tar", help="What `entrepot backup` made.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Restore a backup into an empty data folder; every blob is hashed on the way.

    \b
    Examples:
      entrepot restore /mnt/backup/registry --data-dir ./data
      entrepot restore registry.tar --data-dir ./data
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import backup  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(backup.restore(config, {"data_dir": data_dir}, place, as_json=json))


@app.command("version")
def version_command(
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Print the version.

    \b
    Examples:
      entrepot version
      entrepot version --json
    """  # noqa: D301 - click's mark for lines to keep
    typer.echo(f'{{"version":"{__version__}"}}' if json else f"entrepot {__version__}")
