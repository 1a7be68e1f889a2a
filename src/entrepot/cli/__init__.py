"""The command line: what each command is called and takes; what it does is imported when it runs."""

from typing import Annotated

import typer

from entrepot import __version__
from entrepot.cli.access_commands import access_app
from entrepot.cli.events_commands import events_app
from entrepot.cli.identity_commands import account_app, keys_app
from entrepot.cli.options import Account, ConfigFile, DataDir, Json, Region
from entrepot.cli.trash_commands import trash_app

app = typer.Typer(
    help="Amazon ECR that anyone can run: a container registry with ECR's own API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(access_app, name="access")
app.add_typer(trash_app, name="trash")
app.add_typer(events_app, name="events")
app.add_typer(account_app, name="account")
app.add_typer(keys_app, name="keys")


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


@app.command("gc")
def gc_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    grace: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="Keep what was needed less long ago than this; else the setting gc.grace."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be collected.")] = False,
    json: Json = False,
) -> None:
    """Collect blobs that no image names and no push may still need. The server may run, and does this by itself.

    \b
    Examples:
      entrepot gc --dry-run
      entrepot gc --data-dir ./data
      entrepot gc --grace 0 --json

    \b
    Exit codes:
      0    everything that could be collected was, or would be
      1    files could not be deleted
      2    it cannot be done; one line says why and what to do
      130  interrupted; run it again for the rest
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import gc  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(gc.run(config, {"data_dir": data_dir}, grace=grace, dry_run=dry_run, as_json=json))


lifecycle_app = typer.Typer(help="Lifecycle policies.", no_args_is_help=True)
app.add_typer(lifecycle_app, name="lifecycle")


@lifecycle_app.command("run")
def lifecycle_run_command(
    repository: Annotated[
        str | None, typer.Argument(metavar="[REPOSITORY]", help="One repository; else every one that has a policy.")
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say of each image which rule would take it or keeps it, and why.")
    ] = False,
    region: Region = None,
    account: Account = None,
    json: Json = False,
) -> None:
    """Apply lifecycle policies now. The server may run, and does this by itself.

    Without REPOSITORY and --region in all regions.

    \b
    Examples:
      entrepot lifecycle run
      entrepot lifecycle run team/app --dry-run
      entrepot lifecycle run team/app --data-dir ./data --json
      entrepot lifecycle run --region eu-central-1

    \b
    Exit codes:
      0    done
      1    images changed meanwhile and were left; run it again
      2    it cannot be done; one line says why and what to do
      130  interrupted; run it again for the rest
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import lifecycle  # noqa: PLC0415 - keeps `entrepot --help` fast

    flags = {"data_dir": data_dir, "region": region, "account_id": account}
    raise typer.Exit(lifecycle.run(config, flags, repository, dry_run=dry_run, as_json=json))


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
    """Look at every row, every file and every byte. The server may run, but for --repair.

    \b
    Examples:
      entrepot fsck
      entrepot fsck --data-dir ./data --repair
      entrepot fsck --quick --json

    \b
    Exit codes:
      0    all is well, or everything was repaired
      1    something is wrong; the findings say what to do
      2    it cannot be checked; one line says why and what to do
      130  interrupted
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
      entrepot backup registry.tar --data-dir ./data

    \b
    Exit codes:
      0    everything is in the backup
      1    damaged or missing blobs were left out, and are named
      2    there is no new backup; one line says why and what to do
      130  interrupted; run it again
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

    A restore that was ended leaves nothing that a server would start on: run it again.

    \b
    Examples:
      entrepot restore /mnt/backup/registry --data-dir ./data
      entrepot restore registry.tar --data-dir ./data

    \b
    Exit codes:
      0    everything was restored
      1    restored, but the backup lacks blobs, which are named
      2    nothing was restored; one line says why and what to do
      130  interrupted; run it again
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import restore  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(restore.restore(config, {"data_dir": data_dir}, place, as_json=json))


@app.command("kubelet-credential-provider")
def kubelet_command() -> None:
    """Answer the kubelet, which runs this for an image: a CredentialProviderRequest comes on standard input.

    \b
    Examples:
      entrepot kubelet-credential-provider < request.json

    See docs/access.md for the file that tells the kubelet of it.
    """  # noqa: D301 - click's mark for lines to keep
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from entrepot.cli import kubelet  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(kubelet.run(sys.stdin.read(), os.environ))


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
