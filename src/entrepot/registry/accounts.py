"""Accounts: who has one, made, listed and deleted by the operator. Nothing of one is seen from another."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from entrepot.domain import accounts as rules
from entrepot.domain.accounts import Account
from entrepot.domain.principals import Caller, service
from entrepot.registry import access_keys, identities
from entrepot.registry.known import fact
from entrepot.store import accounts as table

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Database, Tx

DEFAULT_NAME: Final = "default"
"""The name of the account that is set in the settings."""

_TRIES = 100


class Unsuitable(ValueError):
    """An account that cannot be made or deleted; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account with the access key of its root, whose secret is never shown again."""

    account: Account
    access_key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"NewAccount({self.account!r}, …)"


def settle(db: Database, number: str, now: int) -> None:
    """See that the account of the settings is there."""

    def add(tx: Tx) -> None:
        if table.find(tx, number) is None:
            names = (DEFAULT_NAME, f"{DEFAULT_NAME} {number}", f"account {number}")
            next(name for name in names if table.insert(tx, number, name, now))
            identities.touch(tx)

    if db.read(lambda tx: table.find(tx, number)) is None:
        db.write(add)


def mark(reg: Registry, number: str) -> str | None:
    """What tells an account from an earlier one of its number, None where there is no such account.

    As new as what is known of identities. The account of the settings is always the same.
    """
    if number == reg.naming.account:
        return ""
    known = reg.memory.now(reg.db)
    found = fact(known, reg.db, None, ("account", number), lambda tx: table.find(tx, number))
    return str(found.created_at) if found is not None else None


def create(reg: Registry, name: str, number: str | None) -> NewAccount:
    """A new account with an access key of its root. Raises Unsuitable where number or name are taken, or none."""
    try:
        rules.check(number or "1" * 12, name)
    except ValueError as error:
        raise Unsuitable(str(error)) from None

    def add(tx: Tx) -> NewAccount:
        if table.named(tx, name) is not None:
            raise Unsuitable(f"there is an account named {name!r} already: choose another name")
        account = _insert(tx, reg.now(), name, number)
        key, secret = access_keys.insert(tx, reg, account.number, None, reg.now())
        identities.changed(tx, _operator(reg, account.number, "CreateAccount"), reg.now(), _arn(account), name=name)
        return NewAccount(account, key.id, secret)

    return reg.db.write(add)


def _insert(tx: Tx, now: int, name: str, number: str | None) -> Account:
    for _ in range(1 if number else _TRIES):
        chosen = number or str(random.SystemRandom().randrange(10**11, 10**12))
        if table.insert(tx, chosen, name, now):
            return Account(chosen, name, now)
    raise Unsuitable(f"there is an account {number} already: choose another number, or none to have one chosen")


def add_root_key(reg: Registry, which: str) -> NewAccount:
    """One more access key of an account's root, for one that was lost. Raises Unsuitable."""

    def add(tx: Tx) -> NewAccount:
        account = _find(tx, which)
        key, secret = access_keys.insert(tx, reg, account.number, None, reg.now())
        caller = _operator(reg, account.number, "CreateAccessKey")
        identities.changed(tx, caller, reg.now(), _arn(account), accessKeyId=key.id)
        return NewAccount(account, key.id, secret)

    return reg.db.write(add)


def listing(reg: Registry) -> list[tuple[Account, int]]:
    """Every account by number, with how many repositories it has."""
    return reg.db.read(lambda tx: [(each, table.repositories(tx, each.number)) for each in table.every(tx)])


def delete(reg: Registry, which: str) -> Account:
    """Remove an account, by number or name, with its identities, keys and policies: they are refused from now on.

    Raises Unsuitable for one that is not there or has repositories, and for the one of the settings.
    """

    def remove(tx: Tx) -> Account:
        account = _find(tx, which)
        if account.number == reg.naming.account:
            raise Unsuitable(f"{account.number} is the account of the settings and stays: see account_id")
        count = table.repositories(tx, account.number)
        if count:
            raise Unsuitable(f"the account {account.number} has {count} repositories: delete them first")
        for name in table.OF_REGISTRIES:
            table.clear(tx, account.number, name)
        table.delete(tx, account.number)
        identities.changed(tx, _operator(reg, account.number, "CloseAccount"), reg.now(), _arn(account))
        return account

    return reg.db.write(remove)


def _find(tx: Tx, which: str) -> Account:
    found = table.find(tx, which) or table.named(tx, which)
    if found is None:
        raise Unsuitable(f"there is no account {which!r}: see `entrepot account list`")
    return found


def _arn(account: Account) -> str:
    return f"arn:aws:iam::{account.number}:root"


def _operator(reg: Registry, account: str, action: str) -> Caller:
    return service(account, reg.naming.region, f"account:{action}")
