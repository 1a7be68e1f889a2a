"""`entrepot keys`: the keys that seal secrets, sessions and login tokens."""

import base64
import os
import sys
import time
from collections.abc import Mapping

import msgspec

from entrepot import app, sealing_keys
from entrepot.cli.progress import attempt
from entrepot.config import ConfigError, Settings, load
from entrepot.domain.errors import TokenRefused
from entrepot.registry import rotation, sealing

_FULL = "make room on the disk of the data folder and run it again"
_SEEN = sealing.LOOK_AGAIN + 0.5  # seconds until every process of a running server has the new key


def new() -> int:
    """Print a key for the setting `sealing_key`; return 0."""
    sys.stdout.write(base64.b64encode(sealing.fresh()).decode() + "\n")
    return 0


def rotate(config_file: str | None, flags: Mapping[str, object], *, forget: bool, as_json: bool) -> int:
    """Seal everything with a new key; return 0, or 2 where it cannot be done."""

    def work() -> int:
        settings = load(config_file, os.environ, flags)
        given = bool(settings.sealing_key or settings.sealing_key_command)
        kept = 0 if given else _put_in_front(settings)
        if given and forget:
            raise ConfigError("the keys are set where this server is configured: forget the older ones there")
        with app.operator(settings) as registry:
            try:
                count = rotation.reseal(registry)
            except TokenRefused:
                raise ConfigError("a secret was sealed with a key that is not here: bring the older key back") from None
            if forget:
                app.put_file(sealing_keys.file_of(settings), registry.keys.ring.current())
                kept = 1
            kept = kept or len(registry.keys.ring.keys)
        told = {"resealed": count, "keys": kept}
        plain = f"sealed anew: {count} secrets; {kept} {'key' if kept == 1 else 'keys'} known\n"
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n" if as_json else plain)
        return 0

    return attempt(work, full=_FULL, interrupted="run it again: secrets open with either key")


def _put_in_front(settings: Settings) -> int:
    """Make a key and keep it before the others, and wait until a running server has it; how many there are."""
    with app.operator(settings) as registry:  # also says what is wrong with the file
        keys = [sealing.fresh(), *registry.keys.ring.keys][: sealing.KEYS_MAX]
    app.put_file(sealing_keys.file_of(settings), b"".join(keys))
    time.sleep(_SEEN)
    return len(keys)
