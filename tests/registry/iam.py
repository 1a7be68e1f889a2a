"""Accounts, users and groups that tests of identities begin with."""

from __future__ import annotations

from functools import partial

from tests.factories import ACCOUNT, a_caller

from entrepot.domain.iam_entities import Identity
from entrepot.registry import groups, users
from entrepot.registry.context import Registry
from entrepot.store import accounts as table

OTHER = "999999999999"
HERE, THERE = a_caller("iam:Test"), a_caller("iam:Test", OTHER)


def accounts(reg: Registry) -> None:
    """Make both accounts."""
    for number in (ACCOUNT, OTHER):
        reg.db.write(partial(table.insert, number=number, name=f"account {number}", now=reg.now()))


def a_user(reg: Registry, name: str = "alice", path: str = "/", **tags: str) -> Identity:
    return users.create(reg, HERE, name, path, "", tags).identity


def a_group(reg: Registry, name: str = "staff", path: str = "/") -> Identity:
    return groups.create(reg, HERE, name, path)


def moves(reg: Registry) -> int:
    """How often the counter of identities has moved."""
    row = reg.db.read(lambda tx: tx.one("SELECT value FROM counters WHERE name = 'identity'"))
    return 0 if row is None else int(row[0])


def recorded(reg: Registry) -> list[tuple[str, str]]:
    """The action and the resource of every change in the audit trail."""
    return [
        (action, resource)
        for action, resource in reg.db.read(lambda tx: tx.all("SELECT action, resource FROM audit ORDER BY id"))
    ]
