"""`entrepot serve`: read the settings, run the server, say where it is and what to paste."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from entrepot import app
from entrepot.config import FILE_VARIABLE, PREFIX, Bound, ConfigError, Settings, load
from entrepot.server import parent


def run(config_file: str | None, flags: Mapping[str, object]) -> int:
    """Serve until told to stop; return the exit code."""
    try:
        settings = load(config_file, os.environ, flags)
    except ConfigError as error:
        sys.stderr.write(f"entrepot: {error}\n")
        return 2
    command = env_command(sys.argv[0], config_file, settings, os.environ)

    def announce(bound: Bound) -> None:
        sys.stdout.write(welcome(settings, bound, command))
        sys.stdout.flush()

    return parent.run(settings, prepare=app.prepare, build=app.build, jobs=app.jobs, announce=announce)


def welcome(settings: Settings, bound: Bound, command: str) -> str:
    """Return what is printed when the server is ready: where it is and the four lines to paste."""
    host = bound.registry_host.replace("{account}", settings.account_id).replace("{region}", settings.region)
    places = "\n".join(f"               {listener.url}" for listener in bound.listeners[1:])
    return f"""
Entrepot is ready.

  listens on   {bound.url}{places and chr(10) + places}
  keeps data   {settings.data_dir}
  registry     {settings.account_id} in {settings.region}

Paste this into another terminal:

  eval "$({command})"
  aws ecr create-repository --repository-name hello
  aws ecr get-login-password | docker login --username AWS --password-stdin {host}
  docker tag IMAGE {host}/hello:1 && docker push {host}/hello:1

Ctrl-C stops it.

"""


def env_command(program: str, config_file: str | None, settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the `entrepot env` that finds this server from another terminal: same program, same folder."""
    words = [sys.executable, "-m", "entrepot"] if Path(program).name == "__main__.py" else [program]
    words.append("env")
    chosen = config_file or environ.get(FILE_VARIABLE)
    if chosen:
        words += ["--config", chosen]
    elsewhere = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
    if load(chosen, elsewhere, {}).data_dir != settings.data_dir:
        folder = Path(settings.data_dir)
        near = folder.is_relative_to(Path.cwd())
        words += ["--data-dir", str(folder.relative_to(Path.cwd()) if near else folder)]
    return shlex.join(words)
