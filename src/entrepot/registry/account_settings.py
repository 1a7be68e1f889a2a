"""Account settings: what is set for a whole registry."""

from __future__ import annotations

from entrepot.domain import account_settings as rules
from entrepot.domain.principals import Caller
from entrepot.domain.registries import RegistryKey
from entrepot.registry import identities
from entrepot.registry.context import Registry
from entrepot.store import account_settings as table
from entrepot.store import registries
from entrepot.store.db import Tx


def put(reg: Registry, caller: Caller, key: RegistryKey, name: str, value: str) -> None:
    """Set a setting of a registry. Raises InvalidParameter for an unknown name or value."""
    rules.check(name, value)

    def write(tx: Tx) -> None:
        now = reg.now()
        table.put(tx, registries.ensure(tx, key.account, key.region, now), name, value)
        identities.changed(tx, caller, now, "*", name=name, value=value)

    reg.db.write(write)


def get(reg: Registry, key: RegistryKey, name: str) -> str:
    """What a registry has set, or what a new one has. Raises InvalidParameter for an unknown name."""
    rules.check_name(name)
    return reg.db.read(lambda tx: value(tx, key, name))


def value(tx: Tx, key: RegistryKey, name: str) -> str:
    """What holds in a registry, where that is asked in the transaction that it decides about."""
    return table.find(tx, key.account, key.region, name) or rules.SETTINGS[name].initial
