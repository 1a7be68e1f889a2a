"""The commands of `entrepot account` and `entrepot keys`: what each takes; what it does is imported when it runs."""

from typing import Annotated

import typer

from entrepot.cli.options import ConfigFile, DataDir, Json

account_app = typer.Typer(
    help="Accounts: each with its own root, identities and registries.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(
    help="The keys that seal secrets, sessions and login tokens.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Which = Annotated[str, typer.Argument(metavar="NUMBER|NAME", help="Which account.")]


@account_app.command("create")
def create_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    number: Annotated[
        str | None, typer.Option("--number", metavar="DIGITS", help="Its 12 digits; else some are chosen.")
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Make an account and print the access key of its root, whose secret is not shown again.

    \b
    Examples:
      entrepot account create staging
      entrepot account create staging --number 210987654321 --json
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import account  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(account.create(config, {"data_dir": data_dir}, name, number, as_json=json))


@account_app.command("key")
def key_command(which: Which, config: ConfigFile = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Print one more access key of an account's root, for one that was lost.

    \b
    Examples:
      entrepot account key staging
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import account  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(account.add_key(config, {"data_dir": data_dir}, which, as_json=json))


@account_app.command("list")
def list_command(config: ConfigFile = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Print every account.

    \b
    Examples:
      entrepot account list
      entrepot account list --json

    With --json one object on each line.
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import account  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(account.listing(config, {"data_dir": data_dir}, as_json=json))


@account_app.command("delete")
def delete_command(which: Which, config: ConfigFile = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Delete an account that has no repositories, with its users, roles, keys and policies.

    \b
    Examples:
      entrepot account delete staging
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import account  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(account.delete(config, {"data_dir": data_dir}, which, as_json=json))


@keys_app.command("new")
def new_command() -> None:
    """Print a key for the setting `sealing_key`.

    \b
    Examples:
      ENTREPOT_SEALING_KEY="$(entrepot keys new)" entrepot serve
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import keys  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(keys.new())


@keys_app.command("rotate")
def rotate_command(
    config: ConfigFile = None,
    data_dir: DataDir = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Forget older keys: ends every session and login token that is out.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a new sealing key and seal every stored secret with it. The server may run.

    What the older keys sealed and clients hold - sessions, login tokens, download URLs - stays good until it ends
    by itself, or until --forget. Keys that stand in the settings are changed there, the new one in front; then this
    seals the stored secrets anew.

    \b
    Examples:
      entrepot keys rotate
      entrepot keys rotate --forget
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import keys  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(keys.rotate(config, {"data_dir": data_dir}, forget=forget, as_json=json))
