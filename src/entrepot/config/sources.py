"""Where settings are read from: a file, variables and flags, later ones winning."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from entrepot.config.problems import ConfigError, contradictions, nearest
from entrepot.config.settings import PREFIX, Key, Settings, keys

FILE_VARIABLE = "ENTREPOT_CONFIG"
SYSTEM_FILE = "/etc/entrepot/entrepot.toml"
LOCAL_FILE = "entrepot.toml"
_LISTS = frozenset({"trusted_proxies", "listeners", "limits.api_rates", "protection.tags", "events.webhooks"})


@dataclass(frozen=True, slots=True)
class _Given:
    """A value and where it came from."""

    value: object
    source: str
    is_text: bool


def load(config_file: str | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Settings:
    """Read file, variables and flags, later ones winning; a flag that is None was not given.

    Raises ConfigError naming every problem at once, and never the value of a secret.
    """
    known = {key.path: key for key in keys()}
    problems: list[str] = []
    given = _from_file(_file(config_file, environ), known, problems)
    given |= _from_environ(environ, known, problems)
    given |= {
        name: _Given(value, "--" + name.removesuffix("_id").replace("_", "-"), is_text=False)
        for name, value in flags.items()
        if value is not None
    }
    values = {path: _convert(known[path], item, problems) for path, item in given.items()}
    settings = Settings() if problems else _assemble(values)
    problems += () if problems else contradictions(settings, {path: item.source for path, item in given.items()})
    if problems:
        raise ConfigError("; ".join(problems) + ". Every setting: docs/settings.md")
    return msgspec.structs.replace(settings, data_dir=_data_dir(settings.data_dir, environ))


def _file(config_file: str | None, environ: Mapping[str, str]) -> str | None:
    chosen = config_file or environ.get(FILE_VARIABLE)
    if chosen:
        if not Path(chosen).is_file():
            raise ConfigError(f"the configuration file {chosen} does not exist: correct --config or {FILE_VARIABLE}")
        return chosen
    return next((name for name in (LOCAL_FILE, SYSTEM_FILE) if Path(name).is_file()), None)


def _from_file(name: str | None, known: Mapping[str, Key], problems: list[str]) -> dict[str, _Given]:
    if name is None:
        return {}
    try:
        document = tomllib.loads(Path(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name} cannot be read: {error}".replace("\n", " ")) from None
    return dict(_flatten(document, "", name, known, problems))


def _flatten(
    table: Mapping[str, object], prefix: str, source: str, known: Mapping[str, Key], problems: list[str]
) -> Iterator[tuple[str, _Given]]:
    for name, value in table.items():
        path = prefix + name
        if path in known:
            yield path, _Given(value, f"{source}: {path}", is_text=False)
        elif isinstance(value, dict) and any(key.startswith(path + ".") for key in known):
            yield from _flatten(value, path + ".", source, known, problems)
        else:
            problems.append(f"{source}: unknown key {path!r}{nearest(path, known)}")


def _from_environ(environ: Mapping[str, str], known: Mapping[str, Key], problems: list[str]) -> dict[str, _Given]:
    paths = {key.variable: path for path, key in known.items()}
    found = {}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name != FILE_VARIABLE:
            if name in paths:
                found[paths[name]] = _Given(environ[name], name, is_text=True)
            else:
                problems.append(f"unknown variable {name}{nearest(name, paths)}")
    return found


def _convert(key: Key, given: _Given, problems: list[str]) -> object:
    value = given.value
    try:
        if given.is_text and isinstance(value, str) and key.path in _LISTS:
            value = _list(value)
        return msgspec.convert(value, key.type, strict=not given.is_text)
    except (msgspec.ValidationError, ValueError) as error:
        problems.append(f"{given.source}: {str(error).replace('`', '')} ({key.description})")
        return None


def _list(text: str) -> object:
    """Read a list from a variable: TOML when it opens with a bracket, else words with commas between."""
    if text.lstrip().startswith("["):
        return tomllib.loads(f"x = {text}")["x"]
    return [word.strip() for word in text.split(",") if word.strip()]


def _assemble(values: Mapping[str, object]) -> Settings:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        table, _, name = path.rpartition(".")
        target = tree.setdefault(table, {}) if table else tree
        target[name] = msgspec.to_builtins(value)
    return msgspec.convert(tree, Settings)


def _data_dir(chosen: str, environ: Mapping[str, str]) -> str:
    home = environ.get("HOME") or str(Path("~").expanduser())
    if chosen:
        path = Path(home, chosen[2:]) if chosen.startswith("~/") else Path(chosen)
    else:
        path = Path(environ.get("XDG_DATA_HOME") or Path(home, ".local/share"), "entrepot")
    return str(Path.cwd() / path)
