"""`entrepot access …`: what the commands are called and take."""

from typing import Annotated

import typer

from entrepot.cli.options import ConfigFile, DataDir, Json

access_app = typer.Typer(help="Who may do what, and why.", no_args_is_help=True)


@access_app.command("unlock")
def unlock_command(
    repository: Annotated[str, typer.Argument(metavar="ARN", help="The repository's ARN.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
) -> None:
    """Take away the policy of a repository that keeps everybody out, its account's root too. The server may run.

    The policy is printed, so that it can be mended and set again.

    \b
    Example:
      entrepot access unlock arn:aws:ecr:us-east-1:123456789012:repository/team/app

    \b
    Exit codes:
      0  the policy is gone
      2  it cannot be done; one line says why and what to do
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import access  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(access.unlock(config, {"data_dir": data_dir}, repository))


@access_app.command("explain")
def explain_command(
    principal: Annotated[
        str,
        typer.Option(metavar="ARN", help="The root of an account, a user, a role, a session, a provider of tokens."),
    ],
    action: Annotated[str, typer.Option(metavar="ACTION", help="As ecr:BatchGetImage, without wildcards.")],
    resource: Annotated[str, typer.Option(metavar="ARN", help="What it is done to; * where that is no single thing.")],
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A condition key, as aws:SourceIp=192.0.2.1; may be repeated."),
    ] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Say whether somebody may do something, which statement decides, and which condition keys had no value.

    \b
    Examples:
      entrepot access explain --principal arn:aws:iam::123456789012:user/ci --action ecr:PutImage \\
        --resource arn:aws:ecr:us-east-1:123456789012:repository/team/app
      entrepot access explain ... --context aws:SourceIp=192.0.2.1 --json
      entrepot access explain --principal arn:aws:iam::123456789012:user/ci --action sts:AssumeRole \\
        --resource arn:aws:iam::123456789012:role/deploy

    \b
    Exit codes:
      0  it is allowed
      1  it is not
      2  it cannot be told; one line says why and what to do
    """  # noqa: D301 - click's mark for lines to keep
    from entrepot.cli import access  # noqa: PLC0415 - keeps `entrepot --help` fast

    raise typer.Exit(
        access.explain(
            config,
            {"data_dir": data_dir},
            principal=principal,
            action=action,
            resource=resource,
            context=context or (),
            as_json=json,
        )
    )
