"""The alias of an account: a name instead of its number, unique in the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from entrepot.domain.errors import EntityAlreadyExists, NoSuchEntity
from entrepot.registry import identities
from entrepot.store import account_aliases as table

if TYPE_CHECKING:
    from entrepot.domain.principals import Caller
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


def put(reg: Registry, caller: Caller, alias: str) -> None:
    """Give the caller's account its alias, in the place of the one it has.

    Raises EntityAlreadyExists where any account has it, also the caller's. (IAM API, CreateAccountAlias.)
    """
    account = caller.principal.account

    def insert(tx: Tx) -> None:
        if table.of(tx, account) == alias or not table.put(tx, account, alias):
            raise EntityAlreadyExists(f"The account alias {alias} already exists.")
        identities.changed(tx, caller, reg.now(), _root(account), accountAlias=alias)

    reg.db.write(insert)


def remove(reg: Registry, caller: Caller, alias: str) -> None:
    """Take that alias off the caller's account. Raises NoSuchEntity, also for another account's."""
    account = caller.principal.account

    def delete(tx: Tx) -> None:
        if not table.remove(tx, account, alias):
            raise NoSuchEntity(f"The account alias {alias} does not exist.")
        identities.changed(tx, caller, reg.now(), _root(account), accountAlias=alias)

    reg.db.write(delete)


def of_account(reg: Registry, account: str) -> tuple[str, ...]:
    """The aliases of an account: one or none."""
    alias = reg.db.read(lambda tx: table.of(tx, account))
    return () if alias is None else (alias,)


def _root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"
