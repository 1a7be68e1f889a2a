"""The commands of `entrepot events`: what each is called and takes; what it does is imported when it runs."""

from typing import Annotated

import typer

from entrepot.cli.options import ConfigFile, DataDir

events_app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    add_completion=False,
)


@events_app.callback(invoke_without_command=True)
def events_command(
    context: typer.Context,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only from then on: 30s, 15m, 2h, 7d, or 2026-01-31T12:00:00Z."),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Only of this detail-type or action-type; may be repeated."),
    ] = None,
    repository: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this repository; * is any run of characters.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="Only what this EventBridge pattern matches.")
    ] = None,
) -> None:
    """Print what happened, one event as EventBridge delivers it on each line, in order.

    The server may run. Events are kept for a week. With --follow and without --since only new ones are printed, until
    Ctrl-C or until nobody reads on.

    \b
    Examples:
      entrepot events --since 1h
      entrepot events --follow --type PUSH --repository "team/*"
      entrepot events --pattern '{"detail": {"action-type": ["DELETE"]}}'
      entrepot events dead --retry

    \b
    Exit codes:
      0    all was printed, or --follow was ended
      2    it cannot be done; one line says why and what to do
      130  interrupted without --follow
    """  # noqa: D301 - click's mark for lines to keep
    if context.invoked_subcommand is not None:
        context.obj = (config, data_dir)
        return
    from entrepot.cli import events  # noqa: PLC0415 - keeps `entrepot --help` fast

    asked = events.Asked(follow, since, tuple(types or ()), repository, pattern)
    raise typer.Exit(events.run(config, {"data_dir": data_dir}, asked))


@events_app.command("dead")
def dead_command(
    context: typer.Context,
    letters: Annotated[list[int] | None, typer.Argument(metavar="ID", help="Only these.")] = None,
    webhook: Annotated[str, typer.Option(metavar="NAME", help="Only those of this webhook.")] = "",
    retry: Annotated[bool, typer.Option("--retry", help="Have them sent again by the running server.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Forget them.")] = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Print the messages that webhooks could not be told, one JSON object on each line, or see to them.

    \b
    Examples:
      entrepot events dead
      entrepot events dead --webhook ci --retry
      entrepot events dead --drop 17 18

    \b
    Exit codes:
      0    done
      1    some stay, because their webhook is not configured any more
      2    it cannot be done; one line says why and what to do
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import events  # noqa: PLC0415 - keeps `entrepot --help` fast

    before = context.obj or (None, None)
    raise typer.Exit(
        events.dead(
            config or before[0],
            {"data_dir": data_dir or before[1]},
            events.Letters(frozenset(letters or ()), webhook),
            retry=retry,
            drop=drop,
        )
    )
