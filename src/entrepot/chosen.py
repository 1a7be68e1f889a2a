"""What a server chose of how images are kept: commands obey it beside the server and after it, wherever they run."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from entrepot.blobs.files import sync_folder
from entrepot.config import Archive, ConfigError, Gc, Lifecycle, Oci, Protection, Quotas, Settings, Storage, Trash

_CHOSEN = "run/chosen.json"


class Chosen(Struct, frozen=True, kw_only=True):
    """What is kept in the data folder: no secret, and nothing that an environment may choose for one command."""

    storage: Storage
    gc: Gc
    lifecycle: Lifecycle
    oci: Oci
    quotas: Quotas
    archive: Archive
    trash: Trash
    protection: Protection


def keep(settings: Settings) -> None:
    """Write down durably what a server that starts has chosen; it stays when the server ends. Raises ConfigError."""
    made = Chosen(**{name: getattr(settings, name) for name in Chosen.__struct_fields__})
    target = Path(settings.data_dir, _CHOSEN)
    draft = target.with_suffix(".new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(made) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror}): see to it and start again") from error


def obeyed(settings: Settings) -> Settings:
    """The settings with what the last server of the data folder chose in place of their own; as given before the first.

    Raises ConfigError where that cannot be told: with other settings a command might delete what the server keeps.
    """
    path = Path(settings.data_dir, _CHOSEN)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Chosen)
    except FileNotFoundError:
        return settings
    except ValueError as error:  # msgspec's errors, and bytes that are no text
        raise ConfigError(
            f"{path} does not say what the server chose ({error}): start the server again, which writes it anew"
        ) from error
    return structs.replace(settings, **structs.asdict(found))
