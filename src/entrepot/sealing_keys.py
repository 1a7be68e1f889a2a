"""Where the sealing keys of an installation are: in the settings, with a command, or in the data folder."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from entrepot.config import ConfigError, Settings
from entrepot.registry import sealing
from entrepot.registry.sealing import Ring


def ring(settings: Settings, keep: Callable[[Path, bytes], bytes]) -> Ring:
    """The sealing keys: as given, as a command prints them, else kept in the data folder since the first start.

    `keep` gives what a file holds, and what is given where there is none yet. Raises ConfigError.
    """
    given = settings.sealing_key or _printed(settings.sealing_key_command)
    if given:
        try:
            return Ring(sealing.parse_text(given))
        except ValueError as error:
            name = "sealing_key" if settings.sealing_key else "sealing_key_command"
            raise ConfigError(f"{name}: {error}: make one with `entrepot keys new`") from None
    path = file_of(settings)
    try:
        keys = sealing.parse_file(keep(path, sealing.fresh()))
    except ValueError:  # a short key would seal nothing
        raise ConfigError(
            f"{path} is damaged: bring it back from a backup; without it, remove the file, make every access key anew, "
            "and everybody has to log in again"
        ) from None
    return Ring(keys, partial(_reread, path))


def file_of(settings: Settings) -> Path:
    """Where the sealing keys are kept that nobody gave."""
    return Path(settings.data_dir) / "sealing.key"


def _reread(path: Path) -> tuple[bytes, ...]:
    """What the file holds now; nothing, where it cannot be read, so that those known so far stay."""
    try:
        return sealing.parse_file(path.read_bytes())
    except (OSError, ValueError):
        return ()


def _printed(command: str) -> str:
    """What a command prints. Raises ConfigError where it fails."""
    if not command:
        return ""
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ConfigError(f"sealing_key_command failed ({type(error).__name__}): correct it and start again") from None
    return done.stdout.strip() or "nothing"
