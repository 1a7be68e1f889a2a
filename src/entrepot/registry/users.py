"""Users: create, look up, rename, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrepot.domain.errors import DeleteConflict
from entrepot.domain.iam_entities import Identity
from entrepot.domain.iam_names import USER
from entrepot.domain.principals import Caller
from entrepot.registry import boundaries, identities
from entrepot.store import access_keys, accounts, iam_tags, memberships

if TYPE_CHECKING:
    from entrepot.registry.context import Registry
    from entrepot.store.db import Tx


@dataclass(frozen=True, slots=True)
class Tagged:
    """An identity with its tags."""

    identity: Identity
    tags: Mapping[str, str]


def create(reg: Registry, caller: Caller, name: str, path: str, boundary: str, tags: Mapping[str, str]) -> Tagged:
    """A new user of the caller's account.

    Raises EntityAlreadyExists, LimitExceeded, NoSuchEntity for a permissions boundary that is not there.
    """

    def insert(tx: Tx) -> Identity:
        if boundary:
            boundaries.check(tx, caller.principal.account, boundary)
        return identities.add(tx, caller, reg.now(), USER, name, path, boundary=boundary, tags=tags)

    return Tagged(reg.db.write(insert), tags)


def get(reg: Registry, account: str, name: str) -> Tagged:
    """The user of that name with its tags. Raises NoSuchEntity."""

    def read(tx: Tx) -> Tagged:
        user = identities.find(tx, account, USER, name)
        return Tagged(user, iam_tags.of(tx, user.arn))

    return reg.db.read(read)


def rename(reg: Registry, caller: Caller, name: str, new_name: str | None, new_path: str | None) -> None:
    """Give a user another name or path. Raises NoSuchEntity, EntityAlreadyExists."""

    def update(tx: Tx) -> None:
        user = identities.find(tx, caller.principal.account, USER, name)
        identities.rename(tx, caller, reg.now(), user, new_name, new_path)

    reg.db.write(update)


def delete(reg: Registry, caller: Caller, name: str) -> None:
    """Remove a user that has nothing left. Raises NoSuchEntity, DeleteConflict. (IAM API, DeleteUser.)"""

    def remove(tx: Tx) -> None:
        user = identities.find(tx, caller.principal.account, USER, name)
        if memberships.containers(tx, user.id, limit=1):
            raise DeleteConflict("Cannot delete entity, must remove users from group first.")
        if access_keys.of_identity(tx, user.id):
            raise DeleteConflict("Cannot delete entity, must delete access keys first.")
        identities.check_no_policies(tx, user)
        identities.remove(tx, caller, reg.now(), user)

    reg.db.write(remove)


def account_created_at(reg: Registry, account: str) -> int:
    """When an account was made, microseconds UTC."""
    found = reg.db.read(lambda tx: accounts.find(tx, account))
    return found.created_at if found is not None else 0
