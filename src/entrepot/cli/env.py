"""`entrepot env`: the shell exports with which aws tools reach the running server."""

import os
import shlex
import sys
from collections.abc import Mapping

import msgspec

from entrepot.config import ConfigError, Settings, load
from entrepot.server import runtime

UNSET = ("AWS_SESSION_TOKEN", "AWS_PROFILE")
"""Variables that would win over the exported credentials, or send the call elsewhere."""


def run(config_file: str | None, flags: Mapping[str, object], *, as_json: bool) -> int:
    """Print exports for sh, bash and zsh; return 0, 1 when no server runs, 2 when the settings are wrong."""
    try:
        settings = load(config_file, os.environ, flags)
        running = runtime.find(settings.data_dir)
        if running is None:
            sys.stderr.write(
                f"entrepot: no server runs on {settings.data_dir}: start one with `entrepot serve`, "
                "or name its folder with --data-dir\n"
            )
            return 1
        values = variables(running, credentials(settings, running))
    except ConfigError as error:
        sys.stderr.write(f"entrepot: {error}\n")
        return 2
    sys.stdout.write(msgspec.json.encode(values).decode() + "\n" if as_json else exports(values))
    return 0


def credentials(settings: Settings, running: runtime.Running) -> tuple[str, str]:
    """Return access key and secret that the server knows: given, or made by the first start.

    Raises ConfigError when they were given to the server only: it keeps given ones nowhere.
    """
    if settings.access_key_id and settings.access_key_id == running.access_key_id:
        return settings.access_key_id, settings.secret_access_key
    if running.access_key_id:
        raise ConfigError(
            f"the server was started with the access key {running.access_key_id}: "
            "give ENTREPOT_ACCESS_KEY_ID and ENTREPOT_SECRET_ACCESS_KEY here as well"
        )
    from entrepot import app  # noqa: PLC0415 - most of the time of this command, and not always needed

    made = msgspec.structs.replace(settings, access_key_id="", secret_access_key="")
    return app.credentials(made)


def variables(running: runtime.Running, keys: tuple[str, str]) -> dict[str, str]:
    """Return the variables to export."""
    return {
        "AWS_ENDPOINT_URL": running.urls[0],
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        "AWS_REGION": running.region,
        "AWS_DEFAULT_REGION": running.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def exports(values: Mapping[str, str]) -> str:
    """Return lines for `eval`; every value is quoted where a shell would read it otherwise."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f"unset {' '.join(UNSET)}"]) + "\n"
