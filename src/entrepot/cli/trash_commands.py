"""The commands of `entrepot trash`: what each is called and takes; what it does is imported when it runs."""

from typing import Annotated

import typer

from entrepot.cli.options import Account, ConfigFile, DataDir, Json, Region

trash_app = typer.Typer(
    help="What was deleted and can still be had back.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _flags(data_dir: str | None, region: str | None, account: str | None) -> dict[str, object]:
    return {"data_dir": data_dir, "region": region, "account_id": account}


Some = Annotated[str | None, typer.Argument(metavar="[REPOSITORY]", help="Only of this one; else of all.")]


@trash_app.command("list")
def list_command(
    repository: Some = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    region: Region = None,
    account: Account = None,
    json: Json = False,
) -> None:
    """Print the images in the recycle bin, the one that was deleted first in front.

    Without REPOSITORY and --region those of all regions, each with its region where there is more than one.

    \b
    Examples:
      entrepot trash list
      entrepot trash list team/app --json
      entrepot trash list --region eu-central-1

    With --json one object on each line.
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import trash  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(trash.listing(config, _flags(data_dir, region, account), repository, as_json=json))


@trash_app.command("restore")
def restore_command(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="Where the images were.")],
    images: Annotated[list[str], typer.Argument(metavar="DIGEST|TAG", help="Which; a tag that the image had.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    region: Region = None,
    account: Account = None,
    json: Json = False,
) -> None:
    """Take images from the recycle bin, with their tags and, of an index, with the images that it names.

    A tag that another image has by now stays there.

    \b
    Examples:
      entrepot trash restore team/app v1.2
      entrepot trash restore team/app v1.2 --region eu-central-1
      entrepot trash restore team/app sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

    \b
    Exit codes:
      0  all are back, with all their tags
      1  all are back, but some tags stayed with other images
      2  an image is not in the bin or not whole any more; those named before it are back
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import trash  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(trash.restore(config, _flags(data_dir, region, account), repository, images, as_json=json))


@trash_app.command("empty")
def empty_command(
    repository: Some = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    region: Region = None,
    account: Account = None,
    json: Json = False,
) -> None:
    """Remove what is in the recycle bin for good, and collect the bytes that nothing needs then.

    \b
    Examples:
      entrepot trash empty
      entrepot trash empty team/app

    Without REPOSITORY and --region in all regions.

    A push under way may have been told that a layer is there, and not send it. Where that may be, the command waits
    until nothing was pushed or deleted for half a minute; what a push still needs then, garbage collection takes after
    it.
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import trash  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(trash.empty(config, _flags(data_dir, region, account), repository, as_json=json))
