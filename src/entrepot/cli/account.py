"""`entrepot account`: accounts, made and deleted beside a running server."""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from entrepot import app
from entrepot.cli.progress import attempt
from entrepot.config import ConfigError, load
from entrepot.registry import accounts
from entrepot.registry.accounts import NewAccount
from entrepot.registry.context import Registry

_FULL = "make room on the disk of the data folder and run it again"


def create(
    config_file: str | None, flags: Mapping[str, object], name: str, number: str | None, *, as_json: bool
) -> int:
    """Make an account and print the access key of its root, once; return 0, or 2 where it cannot be done."""
    return _do(config_file, flags, lambda registry: _key(accounts.create(registry, name, number), as_json=as_json))


def add_key(config_file: str | None, flags: Mapping[str, object], which: str, *, as_json: bool) -> int:
    """Print one more access key of an account's root, once; return 0, or 2 where it cannot be done."""
    return _do(config_file, flags, lambda registry: _key(accounts.add_root_key(registry, which), as_json=as_json))


def listing(config_file: str | None, flags: Mapping[str, object], *, as_json: bool) -> int:
    """Print every account by number; return 0, or 2 where it cannot be done."""

    def work(registry: Registry) -> str:
        lines = []
        for account, repositories in accounts.listing(registry):
            made = datetime.fromtimestamp(account.created_at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            told = {"account": account.number, "name": account.name, "created": made, "repositories": repositories}
            plain = f"{account.number}  {account.name}, since {made}, {repositories} repositories\n"
            lines.append(_json(told) if as_json else plain)
        return "".join(lines)

    return _do(config_file, flags, work)


def delete(config_file: str | None, flags: Mapping[str, object], which: str, *, as_json: bool) -> int:
    """Delete an account without repositories; return 0, or 2 where it cannot be done."""

    def work(registry: Registry) -> str:
        account = accounts.delete(registry, which)
        told = {"account": account.number, "name": account.name}
        return _json(told) if as_json else f"deleted {account.number} ({account.name})\n"

    return _do(config_file, flags, work)


def _do(config_file: str | None, flags: Mapping[str, object], work: Callable[[Registry], str]) -> int:
    def run() -> int:
        with app.operator(load(config_file, os.environ, flags)) as registry:
            try:
                sys.stdout.write(work(registry))
            except accounts.Unsuitable as error:
                raise ConfigError(str(error)) from None
        return 0

    return attempt(run, full=_FULL, interrupted="nothing was changed")


def _key(made: NewAccount, *, as_json: bool) -> str:
    told = {
        "account": made.account.number,
        "name": made.account.name,
        "accessKeyId": made.access_key_id,
        "secretAccessKey": made.secret,
    }
    if as_json:
        return _json(told)
    return (
        f"account            {made.account.number} ({made.account.name})\n"
        f"access key of root {made.access_key_id}\n"
        f"its secret         {made.secret}\n"
        "The secret is not shown again.\n"
    )


def _json(told: Mapping[str, Any]) -> str:
    return msgspec.json.encode(told).decode() + "\n"
